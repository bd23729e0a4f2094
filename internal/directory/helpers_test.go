package directory_test

import (
	"context"
	"crypto/rand"
	"sync"
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

// busy is a hasher at whose only slot others stand in line until the test ends.
func busy(t *testing.T) *password.Hasher {
	t.Helper()
	h, err := password.New(password.Config{Params: password.Params{Memory: 64 << 10, Passes: 8, Threads: 1}, Random: rand.Reader, Slots: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var line sync.WaitGroup
	for range 3 {
		line.Go(func() {
			for ctx.Err() == nil {
				_ = h.VerifyNobody(ctx, "slow")
			}
		})
	}
	t.Cleanup(func() {
		stop()
		line.Wait()
	})
	for h.Computed() == 0 {
		time.Sleep(time.Millisecond)
	}
	return h
}
