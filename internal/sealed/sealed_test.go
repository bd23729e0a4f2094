package sealed_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"vigil/internal/sealed"
)

func TestWhatWasSealedOpensWithItsKeyAtItsPlaceAlone(t *testing.T) {
	key, secret, place := [32]byte{1}, []byte("a secret"), []byte("here")
	nonce, err := sealed.NewNonce(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := sealed.Seal(key, nonce, secret, place)
	if err != nil || bytes.Contains(kept, secret) {
		t.Fatalf("%q, %v", kept, err)
	}
	if got, err := sealed.Open(key, kept, place); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%q, %v", got, err)
	}
	changed := bytes.Clone(kept)
	changed[len(changed)-1]++
	for name, try := range map[string]struct {
		key         [32]byte
		kept, place []byte
	}{
		"another key": {[32]byte{2}, kept, place}, "another place": {key, kept, []byte("there")}, "changed": {key, changed, place}, "cut off": {key, kept[:5], place}, "empty": {key, nil, place},
	} {
		if got, err := sealed.Open(try.key, try.kept, try.place); !errors.Is(err, sealed.ErrSealed) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := sealed.NewNonce(bytes.NewReader(nil)); err == nil {
		t.Error("a nonce was drawn from nothing")
	}
}
