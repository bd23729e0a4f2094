package grant

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
)

// Sealer makes self-contained codes and references of one environment. Safe for concurrent use when its source of chance is.
type Sealer struct {
	environmentID string
	keys          []sealingKey // the first one seals, all of them open
	random        io.Reader
}

type sealingKey struct {
	cipher *extended
	mark   byte // first byte of the SHA-256 of the key: saves trying the others
}

// maxCode bounds what is decoded at all, in characters. Codes are about 600 unless a nonce, a redirect URI or claims are long.
const maxCode = 64 << 10

// What is sealed is bound to its kind, so that a reference is never a code.
const (
	kindCode      = 'c'
	kindReference = 'r'
	kindAccess    = 'a'
)

var encoding = base64.RawURLEncoding.Strict()

// NewSealer makes a sealer that seals with current and also opens what was sealed with previous keys.
func NewSealer(environmentID string, random io.Reader, current [32]byte, previous ...[32]byte) *Sealer {
	s := &Sealer{environmentID: environmentID, random: random}
	for _, key := range append([][32]byte{current}, previous...) {
		mark := sha256.Sum256(key[:])
		s.keys = append(s.keys, sealingKey{cipher: newExtended(key), mark: mark[0]})
	}
	return s
}

// Seal makes the authorization code of a grant. Nothing is stored.
//
// RFC 6749 10.10: nobody can guess it, for it is authenticated with 128 bits.
func (s *Sealer) Seal(g *Grant) (string, error) {
	if g.EnvironmentID != s.environmentID {
		return "", fmt.Errorf("seal code: grant of environment %q", g.EnvironmentID)
	}
	return s.seal(kindCode, encode(g))
}

// Open reads a code. Its expiry and its use are not looked at. ErrInvalid.
func (s *Sealer) Open(code string) (*Grant, error) {
	plain, err := s.open(kindCode, code)
	if err != nil {
		return nil, err
	}
	g, err := decode(plain)
	if err != nil {
		return nil, err
	}
	g.EnvironmentID = s.environmentID
	return g, nil
}

// bound is what a sealed text is tied to beside its key.
func (s *Sealer) bound(kind byte) []byte {
	return append(append(make([]byte, 0, 1+len(s.environmentID)), kind), s.environmentID...)
}

// seal gives base64url of mark, nonce and sealed text.
func (s *Sealer) seal(kind byte, plain []byte) (string, error) {
	k := s.keys[0]
	out := make([]byte, 1+nonceSize, 1+nonceSize+len(plain)+16)
	out[0] = k.mark
	if _, err := io.ReadFull(s.random, out[1:]); err != nil {
		return "", fmt.Errorf("draw nonce: %w", err)
	}
	out, err := k.cipher.seal(out, out[1:1+nonceSize], plain, s.bound(kind))
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return encoding.EncodeToString(out), nil
}

func (s *Sealer) open(kind byte, text string) ([]byte, error) {
	if len(text) > maxCode {
		return nil, ErrInvalid
	}
	raw, err := encoding.DecodeString(text)
	if err != nil || len(raw) < 1+nonceSize {
		return nil, ErrInvalid
	}
	for _, k := range s.keys {
		if k.mark != raw[0] {
			continue
		}
		plain, err := k.cipher.open(raw[1:1+nonceSize], raw[1+nonceSize:], s.bound(kind))
		if err == nil {
			return plain, nil
		}
	}
	return nil, ErrInvalid
}
