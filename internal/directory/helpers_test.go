package directory_test

import (
	"crypto/rand"
	"testing"
	"time"

	"vigil/internal/attempts"
	"vigil/internal/directory"
	"vigil/internal/password"
)

// limited counts by name only.
func limited(t *testing.T, d *directory.Directory) *attempts.Counter {
	t.Helper()
	c, err := attempts.New(attempts.Config{Store: d.Store, Now: d.Now, Name: attempts.NamePolicy()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// busy is a hasher whose only slot is taken until the test ends.
func busy(t *testing.T) *password.Hasher {
	t.Helper()
	h, err := password.New(password.Config{Params: password.Params{Memory: 64 << 10, Passes: 8, Threads: 1}, Random: rand.Reader, Slots: 1})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.VerifyNobody(t.Context(), "slow")
	}()
	t.Cleanup(func() { <-done })
	for h.Computed() == 0 {
		time.Sleep(time.Millisecond)
	}
	return h
}
