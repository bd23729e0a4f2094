// Package clientauth finds out which application calls, and refuses those that did not prove it.
//
// It owns the authentication of clients for every endpoint that they call directly: nothing, a secret, an assertion signed with a secret
// or with a key pair, a certificate; and how such endpoints read forms and answer refusals. An assertion is good once, for a short while, for us.
//
// It decides nothing else about applications. Neighbours: packages op/token, op/revoke, op/introspect and op/device call it, package
// clientkeys verifies signatures, package replay remembers assertions.
package clientauth
