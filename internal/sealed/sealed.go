package sealed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
)

// ErrSealed: not this key, not this place, or changed.
var ErrSealed = errors.New("what was encrypted cannot be decrypted with this key at this place")

// Nonce is for one encryption. With one key no two may be alike.
type Nonce [12]byte

// NewNonce draws one.
func NewNonce(random io.Reader) (n Nonce, err error) {
	if _, err := io.ReadFull(random, n[:]); err != nil {
		return n, fmt.Errorf("draw nonce: %w", err)
	}
	return n, nil
}

// Seal encrypts for a place.
func Seal(key [32]byte, nonce Nonce, secret, place []byte) ([]byte, error) {
	aead, err := newCipher(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(bytes.Clone(nonce[:]), nonce[:], secret, place), nil
}

// Open gives back what Seal encrypted. ErrSealed.
func Open(key [32]byte, sealed, place []byte) ([]byte, error) {
	aead, err := newCipher(key)
	if err != nil {
		return nil, err
	}
	n := len(Nonce{})
	if len(sealed) < n {
		return nil, ErrSealed
	}
	secret, err := aead.Open(nil, sealed[:n], sealed[n:], place)
	if err != nil {
		return nil, ErrSealed
	}
	return secret, nil
}

func newCipher(key [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
