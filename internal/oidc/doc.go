// Package oidc is the vocabulary of the protocol: what a request says, what an answer looks like, which error it deserves.
//
// It owns the parsing of authorization and token requests and of client credentials, PKCE, scopes, the standard claims of a person,
// protocol errors with their public and their private half, and the encoding of authorization responses (query, fragment, form_post).
// Parsing knows the specifications only: whether a client exists, may use a redirect URI or a scope is decided by the endpoints.
//
// It serves nothing, stores nothing and imports nothing of ours. Neighbours: package op/authorize and package op/token call the parsers,
// package web renders errors and form_post pages.
package oidc
