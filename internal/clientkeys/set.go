package clientkeys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// maxKeys bounds a set.
const maxKeys = 32

// ErrSet: a JWK set is not one that signatures can be verified with or things encrypted to.
var ErrSet = errors.New("not a usable JWK set")

// ParseSet reads a JWK set. Keys of unknown kinds are left out; private and symmetric ones make the set unusable, for they were shown
// to somebody. ErrSet.
//
// RFC 7517 5: keys that are not understood are ignored.
func ParseSet(document []byte) (*jose.JSONWebKeySet, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSet, err)
	}
	if len(raw.Keys) > maxKeys {
		return nil, fmt.Errorf("%w: more than %d keys", ErrSet, maxKeys)
	}
	set := &jose.JSONWebKeySet{}
	for _, one := range raw.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(one) != nil {
			continue
		}
		if !key.IsPublic() {
			return nil, fmt.Errorf("%w: it holds a private or symmetric key", ErrSet)
		}
		if signs(&key) || (key.Use == "" || key.Use == "enc") && opens(key.Key) {
			set.Keys = append(set.Keys, key)
		}
	}
	if len(set.Keys) == 0 {
		return nil, fmt.Errorf("%w: it holds no key to verify signatures with or to encrypt to", ErrSet)
	}
	return set, nil
}

// Strong reports whether a public key is of a kind and size that is accepted.
//
// RFC 7518 3.3, 3.4: RSA keys of at least 2048 bits; ES256 is P-256. RFC 8037 3.1: Ed25519. The upper bound keeps verification cheap.
func Strong(key any) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return k.Curve == elliptic.P256()
	case *rsa.PublicKey:
		return k.N.BitLen() >= 2048 && k.N.BitLen() <= 8192 && k.E >= 3 && k.E < 1<<31
	case ed25519.PublicKey:
		return len(k) == ed25519.PublicKeySize
	}
	return false
}

// Fits reports whether an algorithm is made for a public key.
//
// RFC 8725 3.1: the key decides the algorithm.
func Fits(key any, alg jose.SignatureAlgorithm) bool {
	switch key.(type) {
	case *ecdsa.PublicKey:
		return alg == jose.ES256
	case *rsa.PublicKey:
		return alg == jose.RS256 || alg == jose.PS256
	case ed25519.PublicKey:
		return ofEdwards(string(alg))
	}
	return false
}
