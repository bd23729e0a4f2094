// Package keys holds what environments sign, open and seal with: a ring of keys per environment, and secrets derived from a stored root.
//
// It owns the bucket `key`, the life of a key (next, active, retired) and its schedule, encryption at rest and its renewal under another
// master key, signing and verifying compact JWS, decrypting compact JWE, the JWK set, and the derivation of symmetric secrets. Keys are
// made at the first start and change on schedule or on command. What a change comes to is decided in one transaction, which reads and
// rewrites the root record of the environment, so that of many processes one decides.
//
// It knows no claim: what is in a token and whether it has expired is its callers' business. Neighbours: packages mint, notice and others
// sign, package hint and package accesstoken verify, package requestobject decrypts, package op/discovery serves the JWK set, package grant
// seals with derived secrets, package background calls Advance.
package keys
