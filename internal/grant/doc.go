// Package grant is what an application holds of a session between two requests: authorization codes, refresh tokens, references in access tokens.
//
// It owns the sealing of codes (nothing is written on authorize; a code carries its grant), the record of their use and of replays
// (buckets `redeemed` and `revoked`), refresh token families with rotation and reuse detection (`family`, `familyBySession`), and the
// public name of a session, `sid`. Whether a session lives is asked of the caller inside the transaction.
//
// It speaks no HTTP and signs no JWT. Neighbours: package op/authorize seals, package op/token redeems and refreshes, package op/userinfo
// opens references, package store ends the families of a session that ends.
package grant
