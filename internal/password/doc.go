// Package password turns passwords into argon2id strings and checks them.
//
// It owns the PHC string format ($argon2id$v=19$m=…,t=…,p=…$salt$hash), the preparation of what a person typed
// (RFC 8265 OpaqueString: NFC, other spaces become U+0020, control characters are refused) and the bound on how many
// hashes are computed at the same time: each one holds its whole memory while it runs.
//
// Verbs: Hash, Verify, VerifyNobody (the same work for a person who does not exist), Parse.
//
// It does not decide what a good password is (package directory) nor how often one may guess (package attempts),
// and it stores nothing.
package password
