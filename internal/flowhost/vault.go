package flowhost

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
)

// Vault encrypts the secrets that runs keep from page to page, by a key of their environment and bound to the run.
type Vault struct {
	// Secret derives a secret of an environment for a purpose, as package keys does.
	Secret func(environmentID, purpose string) [32]byte
	Random io.Reader
}

var errVault = errors.New("the secrets of a run are not its own")

func (v Vault) cipher(environmentID string) (cipher.AEAD, error) {
	key := v.Secret(environmentID, "secrets of runs")
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Seal implements run.Vault.
func (v Vault) Seal(environmentID, runID string, secrets []byte) ([]byte, error) {
	aead, err := v.cipher(environmentID)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(secrets)+aead.Overhead())
	if _, err := io.ReadFull(v.Random, nonce); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	return aead.Seal(nonce, nonce, secrets, []byte(runID)), nil
}

// Open implements run.Vault.
func (v Vault) Open(environmentID, runID string, sealed []byte) ([]byte, error) {
	aead, err := v.cipher(environmentID)
	if err != nil {
		return nil, err
	}
	n := aead.NonceSize()
	if len(sealed) < n {
		return nil, errVault
	}
	secrets, err := aead.Open(nil, sealed[:n], sealed[n:], []byte(runID))
	if err != nil {
		return nil, errVault
	}
	return secrets, nil
}
