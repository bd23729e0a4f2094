package replay_test

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil/internal/replay"
	"vigil/internal/store"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

var until = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) kv.Store {
	t.Helper()
	s, err := bolt.Open(path, schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOfSixtyFourRacingUsesOneIsTheFirstAlsoAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s := open(t, path)
	var firsts atomic.Int32
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			first, err := replay.Memory{Store: s}.First(t.Context(), until, "env", "jti")
			if err != nil {
				t.Error(err)
			}
			if first {
				firsts.Add(1)
			}
		})
	}
	wait.Wait()
	if firsts.Load() != 1 {
		t.Fatalf("%d were the first", firsts.Load())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	defer func() { _ = s.Close() }()
	for what, want := range map[string][]string{"again": {"env", "jti"}, "another": {"env", "other"}, "other parts": {"envj", "ti"}} {
		first, err := replay.Memory{Store: s}.First(t.Context(), until, want...)
		if err != nil || first != (what != "again") {
			t.Errorf("%s: %v, %v", what, first, err)
		}
	}
}

func TestWhatTimeHasOvertakenIsForgotten(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "vigil.db"))
	defer func() { _ = s.Close() }()
	m := replay.Memory{Store: s}
	if _, err := m.First(t.Context(), until, "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Forget(t.Context(), s, until.Add(time.Minute), 100); err != nil {
		t.Fatal(err)
	}
	if first, err := m.First(t.Context(), until, "a"); err != nil || !first {
		t.Errorf("%v, %v", first, err)
	}
}
