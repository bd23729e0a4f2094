// Package mint signs what applications get of a person, ID tokens and access tokens, and encrypts ID tokens to applications that want it.
//
// It owns their claims, the hashes that tie an ID token to what it travels with, and the rule that a flow can neither change nor add a claim
// that belongs to the protocol. It decides nothing: who may have which token is the business of package op/token (behind a code or a refresh
// token) and package op/authorize (on the front channel).
package mint
