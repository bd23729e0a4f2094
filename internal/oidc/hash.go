package oidc

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
)

// HalfHash is the value of at_hash and c_hash for an ID token signed with alg. Empty for an empty value.
//
// OIDC Core 3.1.3.6, 3.3.2.11: base64url of the left half of the hash that the algorithm uses; RFC 8032 5.1: Ed25519 hashes with SHA-512.
func HalfHash(alg, value string) string {
	if value == "" {
		return ""
	}
	if alg == "EdDSA" {
		sum := sha512.Sum512([]byte(value))
		return base64.RawURLEncoding.EncodeToString(sum[:sha512.Size/2])
	}
	sum := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:sha256.Size/2])
}
