package keys

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// KeyManagement lists the algorithms by which others may encrypt to an environment.
//
// RFC 7518 4.1. RSA1_5 (RFC 8725 3.2), passwords, shared secrets and `dir` are not on it.
func KeyManagement() []string {
	return []string{RSAOAEP256, ECDHES, "ECDH-ES+A128KW", "ECDH-ES+A256KW"}
}

// ContentEncryption lists what the content may be encrypted with.
//
// RFC 7518 5.1: all of them authenticate it.
func ContentEncryption() []string {
	return []string{"A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"}
}

// maxEncrypted bounds what is decrypted at all.
const maxEncrypted = 32 << 10 // bytes

// ErrEncrypted: a token is not encrypted to a key of ours in a way that is accepted, or was changed. It is the same whatever is wrong.
var ErrEncrypted = errors.New("token cannot be decrypted")

// Encrypted reports whether a token has the form of a compact JWE.
//
// RFC 7516 9: five parts, where a JWS has three.
func Encrypted(token string) bool { return strings.Count(token, ".") == 4 }

// Decrypt gives the content of a compact JWE that was encrypted to a key of this ring: one that is published, or was not long ago. Whoever
// knows the published keys can make one, so the content proves nothing of itself. ErrEncrypted.
func (r *Ring) Decrypt(token string) ([]byte, error) {
	if len(token) > maxEncrypted || !Encrypted(token) {
		return nil, ErrEncrypted
	}
	kid, ok := plainHeader(token)
	if !ok {
		return nil, ErrEncrypted
	}
	parsed, err := jose.ParseEncryptedCompact(token, algorithms[jose.KeyAlgorithm](KeyManagement()), algorithms[jose.ContentEncryption](ContentEncryption()))
	if err != nil {
		return nil, ErrEncrypted
	}
	for _, k := range r.current.Load().keys {
		// RFC 8725 3.1: the key decides the algorithm. Without a key id every key that fits is tried, and there are few.
		if !k.opens() || kid != "" && k.kid != kid || (k.rsa != nil) != (parsed.Header.Algorithm == RSAOAEP256) {
			continue
		}
		var private any = k.ec
		if k.rsa != nil {
			private = k.rsa
		}
		if content, err := parsed.Decrypt(private); err == nil {
			return content, nil
		}
	}
	return nil, ErrEncrypted
}

// plainHeader gives the key id of a JWE whose header has nothing that a reader must obey beyond the usual.
//
// RFC 8725 3.6: no compression, for what is compressed tells its length. RFC 7516 4.1.13: nothing critical is understood.
func plainHeader(token string) (kid string, ok bool) {
	first, _, _ := strings.Cut(token, ".")
	header, err := encoding.DecodeString(first)
	if err != nil {
		return "", false
	}
	var h struct {
		Kid  string          `json:"kid"`
		Zip  json.RawMessage `json:"zip"`
		Crit json.RawMessage `json:"crit"`
	}
	if json.Unmarshal(header, &h) != nil || h.Zip != nil || h.Crit != nil {
		return "", false
	}
	return h.Kid, true
}

// algorithms gives names the type that a library wants.
func algorithms[T ~string](names []string) []T {
	typed := make([]T, len(names))
	for i, name := range names {
		typed[i] = T(name)
	}
	return typed
}
