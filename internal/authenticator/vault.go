package authenticator

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"time"
)

// vault encrypts the data of one person's authenticators.
type vault struct {
	place  string // environment and person
	secret [32]byte
}

var errSealed = errors.New("an authenticator cannot be decrypted with the keys of its environment")

func (s *Store) vault(environmentID, userID string) vault {
	return vault{place: string(key(environmentID, userID)), secret: s.Secret(environmentID, "authenticators")}
}

func (v vault) cipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(v.secret[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// bound is what a ciphertext is good for: this authenticator of this person, and no other.
func (v vault) bound(id, kind string) []byte { return []byte(v.place + "\x00" + id + "\x00" + kind) }

func (v vault) seal(a Authenticator, nonce [12]byte) (stored, error) {
	switch {
	case len(a.Data) > MaxData:
		return stored{}, fmt.Errorf("an authenticator of %d bytes, at most %d", len(a.Data), MaxData)
	case a.Kind == "" || len(a.Kind) > maxText || len(a.Name) > maxText:
		return stored{}, fmt.Errorf("kind and name of an authenticator have at most %d bytes, and it has a kind", maxText)
	}
	aead, err := v.cipher()
	if err != nil {
		return stored{}, err
	}
	r := stored{ID: a.ID, Kind: a.Kind, Name: a.Name, CreatedAt: a.CreatedAt.UnixMilli(), Counter: a.Counter}
	if !a.LastUsedAt.IsZero() {
		r.LastUsedAt = a.LastUsedAt.UnixMilli()
	}
	r.Sealed = aead.Seal(bytes.Clone(nonce[:]), nonce[:], a.Data, v.bound(a.ID, a.Kind))
	return r, nil
}

func (v vault) open(r *stored) (Authenticator, error) {
	aead, err := v.cipher()
	if err != nil {
		return Authenticator{}, err
	}
	n := aead.NonceSize()
	if len(r.Sealed) < n {
		return Authenticator{}, errSealed
	}
	data, err := aead.Open(nil, r.Sealed[:n], r.Sealed[n:], v.bound(r.ID, r.Kind))
	if err != nil {
		return Authenticator{}, errSealed
	}
	a := Authenticator{ID: r.ID, Kind: r.Kind, Name: r.Name, CreatedAt: time.UnixMilli(r.CreatedAt).UTC(), Counter: r.Counter, Data: data}
	if r.LastUsedAt != 0 {
		a.LastUsedAt = time.UnixMilli(r.LastUsedAt).UTC()
	}
	return a, nil
}
