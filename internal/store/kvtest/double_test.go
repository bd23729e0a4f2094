package kvtest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
)

func openBolt(t *testing.T) kv.Store {
	s, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), Buckets(), bolt.Options{})
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

// complaints is a testing.TB that keeps what DoubleRun says.
type complaints struct {
	testing.TB
	said []string
}

func (c *complaints) Errorf(format string, args ...any) {
	c.said = append(c.said, fmt.Sprintf(format, args...))
}

// Each closure breaks the rules of kv.Store in its own way.
func TestImpureClosuresAreFound(t *testing.T) {
	counter, buffer, kept := 0, []byte("buffer"), [][]byte(nil)
	for name, c := range map[string]struct {
		fn   func(kv.Tx) error
		says string
	}{
		"counts": {func(tx kv.Tx) error {
			counter++
			return tx.Put(items, []byte("k"), fmt.Append(nil, counter))
		}, "wrote"},
		"chooses a key": {func(tx kv.Tx) error {
			counter++
			return tx.Delete(items, fmt.Append(nil, counter))
		}, "wrote"},
		"appends a result": {func(tx kv.Tx) error {
			kept = append(kept, nil)
			return tx.Append(feed, fmt.Append(nil, len(kept)))
		}, "appended"},
		"fails in turns": {func(tx kv.Tx) error {
			if counter++; counter%2 == 0 {
				return errFail
			}
			return nil
		}, "returned"},
		"reuses a buffer": {func(tx kv.Tx) error {
			copy(buffer, "first ")
			err := tx.Put(items, []byte("k"), buffer)
			copy(buffer, "second")
			return err
		}, "used a buffer again"},
		"scribbles": {func(tx kv.Tx) error {
			held, err := tx.Get(items, []byte("there"))
			held[0] = '!'
			return err
		}, "wrote into bytes"},
	} {
		said := &complaints{TB: t}
		store := DoubleRun(said, openBolt(t))
		put := func(tx kv.Tx) error { return tx.Put(items, []byte("there"), []byte("value")) }
		if err := store.Update(context.Background(), put); err != nil || len(said.said) != 0 {
			t.Fatalf("a pure closure: %v, %q", err, said.said)
		}
		if err := store.Update(context.Background(), c.fn); err != nil && !errors.Is(err, errFail) {
			t.Errorf("%s: %v", name, err)
		}
		if len(said.said) == 0 || !strings.Contains(said.said[0], c.says) {
			t.Errorf("%s: said %q, want %q", name, said.said, c.says)
		}
	}
}

func TestWeakPanicsOverAnImpureClosure(t *testing.T) {
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, "appended") {
			t.Errorf("said %q", said)
		}
	}()
	n := 0
	err := openWeak(t).Update(context.Background(), func(tx kv.Tx) error {
		n++
		return tx.Append(feed, fmt.Append(nil, n))
	})
	t.Errorf("went through: %v", err)
}

func TestBytesThatWereReadDoNotLast(t *testing.T) {
	for name, store := range map[string]kv.Store{"weak": openWeak(t), "double": DoubleRun(t, openBolt(t))} {
		s := &subject{T: t, store: store}
		s.mustPut(items, "k", "value")
		var kept [2][]byte
		s.mustUpdate(func(tx kv.Tx) error {
			var err error
			kept[0], err = tx.Get(items, []byte("k"))
			return err
		})
		s.mustView(func(r kv.Reader) error {
			entries, err := r.Scan(items, nil, nil, 1)
			kept[1] = entries[0].Value
			return err
		})
		for _, bytes := range kept {
			if string(bytes) == "value" {
				t.Errorf("%s: what a closure read is still there after it", name)
			}
		}
	}
}
