package bolt

import (
	"path/filepath"
	"testing"

	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

func TestBoltKeepsTheContract(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store { return openNew(t, Options{}) })
}

func openNew(t testing.TB, opts Options) *Store {
	return openAt(t, filepath.Join(t.TempDir(), "vigil.db"), opts)
}

func openAt(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(path, kvtest.Buckets(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
