package flowhost_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	"vigil/internal/flowhost"
)

func TestSecretsOfARunAreReadByThatRunAlone(t *testing.T) {
	v := flowhost.Vault{Random: rand.Reader, Secret: func(environmentID, purpose string) (s [32]byte) {
		copy(s[:], environmentID+purpose)
		return s
	}}
	secrets := []byte("otpauth://totp/ada?secret=ABC")
	sealed, err := v.Seal("home", "run", secrets)
	if err != nil || bytes.Contains(sealed, []byte("otpauth")) {
		t.Fatalf("sealed as %q, %v", sealed, err)
	}
	if got, err := v.Open("home", "run", sealed); err != nil || !bytes.Equal(got, secrets) {
		t.Errorf("opened as %q, %v", got, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, try := range map[string]struct {
		environment, run string
		sealed           []byte
	}{
		"another run": {"home", "run2", sealed}, "another environment": {"office", "run", sealed},
		"changed": {"home", "run", changed}, "cut": {"home", "run", sealed[:4]},
	} {
		if got, err := v.Open(try.environment, try.run, try.sealed); err == nil {
			t.Errorf("%s: opened as %q", name, got)
		}
	}
}
