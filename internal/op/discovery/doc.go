// Package discovery is what clients read before they begin: the metadata of the provider and its public keys.
//
// It owns GET /as/.well-known/openid-configuration, its RFC 8414 spellings, and GET /as/jwks. Every host of an environment has its own
// document, since it is its own issuer. What the document claims comes from one value that the wiring of the server makes of what it mounts.
//
// It decides nothing about what is supported. Neighbours: package keys gives the JWK set, package server the value.
package discovery
