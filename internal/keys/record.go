package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// rootName names the root record of an environment. It holds the secret that others are derived from and guards changes of the ring.
const rootName = "root"

// ErrSealed: a stored key is encrypted and no key-encryption key, or another one, was given.
var ErrSealed = errors.New("stored key cannot be decrypted with this key-encryption key")

// record is a key as it is stored.
type record struct {
	Alg     string `json:"alg,omitempty"`   // empty: the root secret
	State   State  `json:"state,omitempty"` // empty: the root secret
	Created int64  `json:"created"`         // Unix milliseconds: when it was published
	From    int64  `json:"from,omitempty"`  // Unix milliseconds. Of a next key: when it will sign, zero on command; of an active one: since when it does
	Until   int64  `json:"until,omitempty"` // Unix milliseconds. Of a retired key: when it is forgotten
	Changes int    `json:"changes,omitempty"`
	Sealed  bool   `json:"sealed,omitempty"`
	Secret  []byte `json:"secret"` // PKCS #8 or the root secret; AES-256-GCM with its nonce in front when sealed
}

func recordKey(environmentID, name string) []byte {
	return []byte(environmentID + "\x00" + name)
}

// vault encrypts secrets at rest. A nil aead stores them in the clear. What earlier opens is read, and sealed anew.
type vault struct {
	aead, earlier cipher.AEAD
	random        io.Reader
}

// newVault derives ciphers from key-encryption keys of any length from 16 bytes. Empty: no encryption, and none before.
func newVault(kek, earlier []byte, random io.Reader) (*vault, error) {
	v := &vault{random: random}
	var err error
	if v.aead, err = newCipher(kek); err != nil {
		return nil, err
	}
	v.earlier, err = newCipher(earlier)
	return v, err
}

func newCipher(kek []byte) (cipher.AEAD, error) {
	if len(kek) == 0 {
		return nil, nil
	}
	if len(kek) < 16 {
		return nil, fmt.Errorf("key-encryption key has %d bytes, at least 16 are needed", len(kek))
	}
	derived, err := hkdf.Key(sha256.New, kek, nil, "vigil keys at rest", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal puts a secret into a record. The place in the store is authenticated, so a record cannot be moved.
func (v *vault) seal(r *record, secret, place []byte) error {
	if v.aead == nil {
		r.Sealed, r.Secret = false, secret
		return nil
	}
	nonce := make([]byte, v.aead.NonceSize())
	if _, err := io.ReadFull(v.random, nonce); err != nil {
		return fmt.Errorf("draw nonce: %w", err)
	}
	r.Sealed, r.Secret = true, v.aead.Seal(nonce, nonce, secret, place)
	return nil
}

// open gives the secret of a record. Current: it lies there as it would be stored today. ErrSealed.
func (v *vault) open(r *record, place []byte) (secret []byte, current bool, err error) {
	if !r.Sealed {
		return r.Secret, v.aead == nil, nil
	}
	for _, aead := range []cipher.AEAD{v.aead, v.earlier} {
		if aead == nil || len(r.Secret) < aead.NonceSize() {
			continue
		}
		n := aead.NonceSize()
		if secret, err := aead.Open(nil, r.Secret[:n], r.Secret[n:], place); err == nil {
			return secret, aead == v.aead, nil
		}
	}
	return nil, false, ErrSealed
}

// recordOf makes the record of a signing key.
func (v *vault) recordOf(environmentID string, k *key) (*record, error) {
	der, err := k.encode()
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	r := &record{Alg: k.alg}
	return r, v.seal(r, der, recordKey(environmentID, k.kid))
}

// keyOf reads a signing key.
func (v *vault) keyOf(environmentID, kid string, r *record) (*key, error) {
	der, _, err := v.open(r, recordKey(environmentID, kid))
	if err != nil {
		return nil, err
	}
	k := &key{alg: r.Alg, state: r.State, created: time.UnixMilli(r.Created)}
	if r.From > 0 {
		k.from = time.UnixMilli(r.From)
	}
	if r.Until > 0 {
		k.until = time.UnixMilli(r.Until)
	}
	if err := k.decode(der); err != nil {
		return nil, err
	}
	if k.kid != kid {
		return nil, errors.New("key id does not fit the key")
	}
	return k, nil
}

// stored reads all records of an environment, by name.
func stored(r kv.Reader, environmentID string) (map[string]*record, error) {
	from := recordKey(environmentID, "")
	entries, err := r.Scan(schema.Key, from, []byte(environmentID+"\x01"), kv.MaxKeys)
	if err != nil {
		return nil, err
	}
	records := make(map[string]*record, len(entries))
	for _, e := range entries {
		rec := &record{}
		if err := json.Unmarshal(e.Value, rec); err != nil {
			return nil, fmt.Errorf("decode key of environment %q: %w", environmentID, err)
		}
		records[string(e.Key[len(from):])] = rec
	}
	return records, nil
}

func put(tx kv.Tx, environmentID, name string, r *record) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	return tx.Put(schema.Key, recordKey(environmentID, name), value)
}
