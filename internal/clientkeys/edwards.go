package clientkeys

import (
	"crypto/ed25519"

	"github.com/go-jose/go-jose/v4"
)

// Ed25519 is EdDSA with that curve and no other.
//
// RFC 9864 2.2: newer clients name it so; 4.1.2: EdDSA, which leaves the curve open, is deprecated.
const Ed25519 jose.SignatureAlgorithm = "Ed25519"

// Open gives the payload of a JWS if a public key signed it. It looks at no list of algorithms: give it only what was parsed with one, and
// only keys that the algorithm Fits.
func Open(parsed *jose.JSONWebSignature, key any) ([]byte, error) {
	if public, ok := key.(ed25519.PublicKey); ok {
		key = edwards(public)
	}
	return parsed.Verify(key)
}

// Same reports whether two names mean one algorithm for the keys that are accepted.
func Same(one, other string) bool { return one == other || ofEdwards(one) && ofEdwards(other) }

func ofEdwards(alg string) bool { return alg == string(jose.EdDSA) || alg == string(Ed25519) }

// edwards is a key that knows both names of its algorithm. It implements jose.OpaqueVerifier.
type edwards ed25519.PublicKey

// VerifyPayload implements jose.OpaqueVerifier.
func (e edwards) VerifyPayload(payload, signature []byte, alg jose.SignatureAlgorithm) error {
	if !ofEdwards(string(alg)) || len(e) != ed25519.PublicKeySize || !ed25519.Verify(ed25519.PublicKey(e), payload, signature) {
		return jose.ErrCryptoFailure
	}
	return nil
}
