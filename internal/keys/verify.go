package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
)

// Verified is a token whose signature is good. Its claims are shared: do not change them.
type Verified struct {
	Claims        []byte
	Alg, Kid, Typ string
}

// ErrToken: a token is malformed, of another type, signed by nobody we know, or the signature is wrong.
var ErrToken = errors.New("token is not good")

// maxToken bounds what is read at all.
const maxToken = 16 << 10 // bytes

// Verify checks the signature of a compact JWS of one of the given types by a key of this ring. It looks at no claim: not even expiry.
// Good tokens are remembered, so that one that comes again costs a hash. ErrToken.
func (r *Ring) Verify(token string, types ...string) (Verified, error) {
	if len(token) > maxToken {
		return Verified{}, ErrToken
	}
	s := r.current.Load()
	name := sha256.Sum256([]byte(token))
	if v, ok := r.verified.Get(name); ok {
		if s.byKid[v.Kid] == nil {
			r.verified.Remove(name)
			return Verified{}, ErrToken
		}
		return acceptType(v, types)
	}
	v, err := s.verify(token)
	if err != nil {
		return Verified{}, err
	}
	r.verified.Add(name, v)
	return acceptType(v, types)
}

// acceptType keeps tokens of one kind from passing as another.
//
// RFC 8725 3.11: explicit typing.
func acceptType(v Verified, types []string) (Verified, error) {
	if !slices.Contains(types, v.Typ) {
		return Verified{}, ErrToken
	}
	return v, nil
}

func (s *snapshot) verify(token string) (Verified, error) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return Verified{}, ErrToken
	}
	first, second, ok := strings.Cut(token[:dot], ".")
	if !ok || strings.Contains(second, ".") {
		return Verified{}, ErrToken
	}
	header, err := encoding.DecodeString(first)
	if err != nil {
		return Verified{}, ErrToken
	}
	var h struct {
		Alg  string          `json:"alg"`
		Kid  string          `json:"kid"`
		Typ  string          `json:"typ"`
		Crit json.RawMessage `json:"crit"`
	}
	if json.Unmarshal(header, &h) != nil || h.Crit != nil {
		// RFC 7515 4.1.11: critical headers that are not understood make a token invalid.
		return Verified{}, ErrToken
	}
	// RFC 8725 3.1: the key decides the algorithm, never the header; a token without a known key id has no key.
	k := s.byKid[h.Kid]
	if k == nil || h.Alg != k.alg || k.opens() {
		return Verified{}, ErrToken
	}
	signature, err := encoding.DecodeString(token[dot+1:])
	if err != nil || !k.verify([]byte(token[:dot]), signature) {
		return Verified{}, ErrToken
	}
	claims, err := encoding.DecodeString(second)
	if err != nil {
		return Verified{}, ErrToken
	}
	return Verified{Claims: claims, Alg: k.alg, Kid: k.kid, Typ: h.Typ}, nil
}

func (k *key) verify(input, signature []byte) bool {
	if k.alg == EdDSA {
		public := ed25519.PublicKey(k.ed[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
		return len(signature) == ed25519.SignatureSize && ed25519.Verify(public, input, signature)
	}
	digest := sha256.Sum256(input)
	switch k.alg {
	case RS256:
		return rsa.VerifyPKCS1v15(&k.rsa.PublicKey, crypto.SHA256, digest[:], signature) == nil
	case PS256:
		return rsa.VerifyPSS(&k.rsa.PublicKey, crypto.SHA256, digest[:], signature, &pss) == nil
	}
	if len(signature) != 64 {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return ecdsa.Verify(&k.ec.PublicKey, digest[:], r, s)
}
