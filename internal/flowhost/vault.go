package flowhost

import (
	"io"

	"vigil/internal/sealed"
)

// Vault encrypts the secrets that runs keep from page to page, by a key of their environment and bound to the run.
type Vault struct {
	// Secret derives a secret of an environment for a purpose, as package keys does.
	Secret func(environmentID, purpose string) [32]byte
	Random io.Reader
}

const vaultPurpose = "secrets of runs"

// Seal implements run.Vault.
func (v Vault) Seal(environmentID, runID string, secrets []byte) ([]byte, error) {
	nonce, err := sealed.NewNonce(v.Random)
	if err != nil {
		return nil, err
	}
	return sealed.Seal(v.Secret(environmentID, vaultPurpose), nonce, secrets, []byte(runID))
}

// Open implements run.Vault.
func (v Vault) Open(environmentID, runID string, secrets []byte) ([]byte, error) {
	return sealed.Open(v.Secret(environmentID, vaultPurpose), secrets, []byte(runID))
}
