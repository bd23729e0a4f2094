package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// The typ of the tokens we sign.
const (
	TypeIDToken       = "JWT"
	TypeAccessToken   = "at+jwt"                  // RFC 9068 2.1
	TypeUserinfo      = "userinfo+jwt"            // ours: no ID token, whatever it says
	TypeIntrospection = "token-introspection+jwt" // RFC 9701 5
	TypeLogoutToken   = "logout+jwt"              // OIDC Back-Channel Logout 2.4
)

var encoding = base64.RawURLEncoding.Strict()

// Sign makes a compact JWS over claims with the active key of an algorithm. The token counts as verified: most of those that come
// back, as a hint or for userinfo, were made here a short while ago.
//
// RFC 7515 3.1, 5.1.
func (r *Ring) Sign(alg, typ string, claims []byte) (string, error) {
	k := r.current.Load().active[alg]
	if k == nil || k.opens() {
		return "", fmt.Errorf("sign: no active %s key", alg)
	}
	header := k.header(typ)
	signature := 64 // ES256 and EdDSA
	if k.rsa != nil {
		signature = k.rsa.Size()
	}
	token := make([]byte, 0, len(header)+encoding.EncodedLen(len(claims))+1+encoding.EncodedLen(signature))
	token = append(token, header...)
	token = encoding.AppendEncode(token, claims)
	made, err := k.signature(token)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", alg, err)
	}
	token = encoding.AppendEncode(append(token, '.'), made)
	r.verified.Add(sha256.Sum256(token), Verified{Claims: bytes.Clone(claims), Alg: alg, Kid: k.kid, Typ: typ})
	return string(token), nil
}

// pss is how PS256 is salted.
//
// RFC 7518 3.5: the salt is as long as the hash.
var pss = rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}

// signature signs header and claims.
func (k *key) signature(input []byte) ([]byte, error) {
	if k.alg == EdDSA {
		return ed25519.Sign(k.ed, input), nil
	}
	digest := sha256.Sum256(input)
	switch k.alg {
	case RS256:
		return rsa.SignPKCS1v15(rand.Reader, k.rsa, crypto.SHA256, digest[:])
	case PS256:
		return rsa.SignPSS(rand.Reader, k.rsa, crypto.SHA256, digest[:], &pss)
	}
	der, err := ecdsa.SignASN1(rand.Reader, k.ec, digest[:])
	if err != nil {
		return nil, err
	}
	flat, err := flatten(der)
	return flat[:], err
}

var errDER = errors.New("signature is not an ASN.1 pair of integers")

// flatten turns SEQUENCE { INTEGER r, INTEGER s } of P-256 into r and s of 32 bytes each.
//
// RFC 7518 3.4: the concatenation of R and S, big endian, in full length.
func flatten(der []byte) (signature [64]byte, err error) {
	if len(der) < 2 || der[0] != 0x30 || int(der[1]) != len(der)-2 {
		return signature, errDER
	}
	rest := der[2:]
	for half := range 2 {
		if len(rest) < 2 || rest[0] != 0x02 || int(rest[1]) > len(rest)-2 {
			return signature, errDER
		}
		number := rest[2 : 2+int(rest[1])]
		rest = rest[2+int(rest[1]):]
		for len(number) > 0 && number[0] == 0 {
			number = number[1:]
		}
		if len(number) > 32 {
			return signature, errDER
		}
		copy(signature[32*(half+1)-len(number):], number)
	}
	if len(rest) > 0 {
		return signature, errDER
	}
	return signature, nil
}
