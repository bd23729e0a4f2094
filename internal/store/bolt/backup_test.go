package bolt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

func TestACopyIsOfOneInstantWhileOthersCommit(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(filepath.Join(folder, "vigil.db"), kvtest.Buckets(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	stop := make(chan struct{})
	writers.Go(func() {
		for n := range 1 << 16 {
			select {
			case <-stop:
				return
			default:
			}
			err := s.Update(t.Context(), func(tx kv.Tx) error {
				value := bytes.Repeat([]byte{byte(n), byte(n >> 8)}, 2000) // of several pages
				return errors.Join(tx.Put(kvtest.Buckets()[0], []byte("left"), value), tx.Put(kvtest.Buckets()[0], []byte("right"), value))
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for n := range 20 {
		path := filepath.Join(folder, "copy.db")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.WriteTo(file); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		c, err := Open(path, kvtest.Buckets(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = c.View(t.Context(), func(r kv.Reader) error {
			left, err := r.Get(kvtest.Buckets()[0], []byte("left"))
			right, rightErr := r.Get(kvtest.Buckets()[0], []byte("right"))
			if !bytes.Equal(left, right) {
				t.Errorf("copy %d is of two instants", n)
			}
			return errors.Join(err, rightErr)
		})
		if err := errors.Join(err, c.Close(), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	writers.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.WriteTo(&bytes.Buffer{}); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("a closed store: %v", err)
	}
}

func TestACopyHoldsWhatOnlyTheJournalHad(t *testing.T) {
	s := openNew(t, Options{Window: never})
	step(t, s, "run", 3)
	var copied bytes.Buffer
	if _, err := s.WriteTo(&copied); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, openLeft(t, copied.Bytes(), nil)); got != contents(t, s) {
		t.Errorf("the copy holds %s", got)
	}
	churnAll(t, s, 1)
	s.broken.Store(true)
	if _, err := s.WriteTo(&copied); err != nil {
		t.Errorf("of a store that takes no writes: %v", err)
	}
}
