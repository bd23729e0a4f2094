package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// The typ of the tokens we sign.
const (
	TypeIDToken     = "JWT"
	TypeAccessToken = "at+jwt"     // RFC 9068 2.1
	TypeLogoutToken = "logout+jwt" // OIDC Back-Channel Logout 2.4
)

var encoding = base64.RawURLEncoding.Strict()

// Sign makes a compact JWS over claims with the active key of an algorithm.
//
// RFC 7515 3.1, 5.1.
func (r *Ring) Sign(alg, typ string, claims []byte) (string, error) {
	k := r.current.Load().active[alg]
	if k == nil {
		return "", fmt.Errorf("sign: no active %s key", alg)
	}
	header := k.header(typ)
	signature := 64
	if k.rsa != nil {
		signature = k.rsa.Size()
	}
	token := make([]byte, 0, len(header)+encoding.EncodedLen(len(claims))+1+encoding.EncodedLen(signature))
	token = append(token, header...)
	token = encoding.AppendEncode(token, claims)
	digest := sha256.Sum256(token)
	token = append(token, '.')
	token, err := k.appendSignature(token, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", alg, err)
	}
	return string(token), nil
}

func (k *key) appendSignature(token, digest []byte) ([]byte, error) {
	if k.rsa != nil {
		signature, err := rsa.SignPKCS1v15(rand.Reader, k.rsa, crypto.SHA256, digest)
		if err != nil {
			return nil, err
		}
		return encoding.AppendEncode(token, signature), nil
	}
	der, err := ecdsa.SignASN1(rand.Reader, k.ec, digest)
	if err != nil {
		return nil, err
	}
	signature, err := flatten(der)
	if err != nil {
		return nil, err
	}
	return encoding.AppendEncode(token, signature[:]), nil
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
