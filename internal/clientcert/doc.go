// Package clientcert knows which certificate a client showed, to the proxy in front or to this process, and which application that makes it
// (RFC 8705).
//
// It owns the header in which trusted proxies pass certificates on, in its forms; the chain to the authorities that the operator named; the
// comparison of names; and the digest that tokens are bound to. From anybody but a trusted proxy the header counts for nothing.
//
// It speaks no TLS and decides nothing about tokens. Neighbours: package server puts it in front of all requests, package clientauth asks who
// called, packages op/token and op/userinfo ask for the digest.
package clientcert
