package flowhost_test

import (
	"encoding/base64"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vigil/internal/flowhost"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

func openKeep(t *testing.T) (flowhost.Keep, kv.Store) {
	t.Helper()
	s, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return flowhost.Keep{KV: s}, s
}

func runUntil(expires time.Time, seed byte) string {
	id := session.NewID(expires, [16]byte{seed})
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// read gives what a run keeps. It changes nothing.
func read(t *testing.T, k flowhost.Keep, run, name string) (value string) {
	t.Helper()
	if err := k.Change(t.Context(), run, name, func(kept []byte) ([]byte, error) {
		value = string(kept)
		return kept, nil
	}); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestARunKeepsByNameAndNoOtherRunSeesIt(t *testing.T) {
	k, _ := openKeep(t)
	mine, other := runUntil(time.Now().Add(time.Hour), 1), runUntil(time.Now().Add(time.Hour), 2)
	put := func([]byte) ([]byte, error) { return []byte("digest"), nil }
	if err := k.Change(t.Context(), mine, "code", put); err != nil {
		t.Fatal(err)
	}
	if read(t, k, mine, "code") != "digest" || read(t, k, mine, "cod") != "" || read(t, k, other, "code") != "" {
		t.Error("what is kept is not found, or found where it was not put")
	}
	refused := errors.New("used up")
	if err := k.Change(t.Context(), mine, "code", func([]byte) ([]byte, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("the error of a change came as %v", err)
	}
	if read(t, k, mine, "code") != "digest" {
		t.Error("a change that failed was written")
	}
	if err := k.Change(t.Context(), mine, "code", func([]byte) ([]byte, error) { return nil, nil }); err != nil || read(t, k, mine, "code") != "" {
		t.Errorf("nothing did not delete: %v", err)
	}
	for _, bad := range []struct{ run, name string }{{"no id", "code"}, {mine, ""}} {
		if err := k.Change(t.Context(), bad.run, bad.name, put); err == nil {
			t.Errorf("run %q kept something under %q", bad.run, bad.name)
		}
	}
	if err := k.Change(t.Context(), mine, "code", func([]byte) ([]byte, error) { return make([]byte, 16<<10+1), nil }); err == nil {
		t.Error("a run kept more than 16 KiB under one name")
	}
}

func TestOfManyWhoTakeWhatARunKeepsOneGetsIt(t *testing.T) {
	k, _ := openKeep(t)
	run := runUntil(time.Now().Add(time.Hour), 1)
	if err := k.Change(t.Context(), run, "code", func([]byte) ([]byte, error) { return []byte("once"), nil }); err != nil {
		t.Fatal(err)
	}
	taken := make([]bool, 16)
	var all sync.WaitGroup
	for i := range taken {
		all.Go(func() {
			var there bool
			err := k.Change(t.Context(), run, "code", func(value []byte) ([]byte, error) {
				there = value != nil
				return nil, nil
			})
			taken[i] = err == nil && there
		})
	}
	all.Wait()
	winners := 0
	for _, won := range taken {
		if won {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d of %d took it", winners, len(taken))
	}
}

func TestWhatARunKeepsIsForgottenWhenItExpires(t *testing.T) {
	k, s := openKeep(t)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	old, young := runUntil(now.Add(-time.Second), 1), runUntil(now.Add(time.Minute), 2)
	for _, run := range []string{old, young} {
		if err := k.Change(t.Context(), run, "code", func([]byte) ([]byte, error) { return []byte("x"), nil }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Forget(t.Context(), s, now, 100); err != nil {
		t.Fatal(err)
	}
	if read(t, k, old, "code") != "" || read(t, k, young, "code") != "x" {
		t.Error("the expired run's is not the one that was forgotten")
	}
}
