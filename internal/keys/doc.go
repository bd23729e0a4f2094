// Package keys holds what environments sign and seal with: a ring of signing keys per environment, and secrets derived from a stored root.
//
// It owns the bucket `key`, the life of a signing key (next, active, retired), its encryption at rest, signing and verifying compact JWS,
// the JWK set, and the derivation of symmetric secrets. Keys are made at the first start and rotated on command; every change of an
// environment's keys reads and rewrites its root record, so that two processes cannot change them at once.
//
// It knows no claim: what is in a token and whether it has expired is its callers' business. Neighbours: package op/token signs,
// package op/userinfo and the reader of hints verify, package op/discovery serves the JWK set, package grant seals with derived secrets.
package keys
