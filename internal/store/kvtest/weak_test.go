package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"vigil/internal/store/kv"
)

func TestWeakKeepsTheContract(t *testing.T) {
	t.Parallel()
	Run(t, func(t *testing.T) kv.Store { return openWeak(t) })
}

func TestTheContractHoldsWhenEachClosureRunsTwice(t *testing.T) {
	t.Parallel()
	Run(t, func(t *testing.T) kv.Store { return DoubleRun(t, openWeak(t)) })
}

func openWeak(t *testing.T) *Weak {
	w := NewWeak(Buckets(), 1)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// "Scan my sessions, add one if there is none" leans on a range that the contract does not protect.
func TestWeakLetsPhantomsThrough(t *testing.T) {
	s := &subject{T: t, store: openWeak(t)}
	broken := 0
	for round := range 100 {
		user := string(numbered("user", round))
		together(2, func(i int) {
			err := s.update(func(tx kv.Tx) error {
				found, err := tx.Scan(byUser, []byte(user), []byte(user+"\x01"), 1)
				if err != nil || len(found) > 0 {
					return err
				}
				return tx.Put(byUser, fmt.Appendf(nil, "%s\x00%d", user, i), nil)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	perUser := map[string]int{}
	for _, pair := range s.pairs(byUser) {
		user, _, _ := strings.Cut(pair[0], "\x00")
		if perUser[user]++; perUser[user] == 2 {
			broken++
		}
	}
	if broken == 0 {
		t.Error("100 rounds of two callers and never two sessions: the engine is stronger than the contract")
	}
}

// Two callers who each put their own key because the other's is absent.
func TestWeakLetsWriteSkewThrough(t *testing.T) {
	s := &subject{T: t, store: openWeak(t)}
	for round := range 100 {
		keys := [2][]byte{numbered("left", round), numbered("right", round)}
		together(2, func(i int) {
			err := s.update(func(tx kv.Tx) error {
				other, err := tx.Get(items, keys[1-i])
				if err != nil || other != nil {
					return err
				}
				return tx.Put(items, keys[i], nil)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	if n := len(s.pairs(items)); n == 100 {
		t.Error("100 rounds and never two keys: the engine is stronger than the contract")
	}
}

func TestWeakReadsKeysAtDifferentInstants(t *testing.T) {
	s := &subject{T: t, store: openWeak(t)}
	var torn atomic.Int32
	s.movingToken(func() error {
		return s.update(func(tx kv.Tx) error {
			if err := lookForToken(tx); errors.Is(err, errTorn) {
				torn.Add(1)
			}
			return nil
		})
	})
	if torn.Load() == 0 {
		t.Error("no run ever saw two instants")
	}
}

func TestWeakRunsAClosureAgainForNoReason(t *testing.T) {
	s := &subject{T: t, store: openWeak(t)}
	runs := 0
	for i := range 100 {
		s.mustUpdate(func(tx kv.Tx) error {
			runs++
			return tx.Put(items, numbered("k", i), nil)
		})
	}
	if runs <= 2*100 {
		t.Errorf("%d runs of 100 closures", runs)
	}
}

func TestWeakShowsEntriesLate(t *testing.T) {
	s := &subject{T: t, store: openWeak(t)}
	late := 0
	for range 100 {
		s.mustUpdate(func(tx kv.Tx) error { return tx.Append(feed, nil) })
		entries, _, err := s.store.Tail(context.Background(), feed, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		late += 1 - len(entries)
	}
	if late == 0 || late == 100 {
		t.Errorf("%d of 100 were late", late)
	}
}

func TestOtherCallersExhaustAClosure(t *testing.T) {
	w := openWeak(t)
	err := w.Update(context.Background(), func(tx kv.Tx) error {
		held, err := tx.Get(items, []byte("k"))
		if err != nil {
			return err
		}
		other := w.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(items, []byte("k"), nil) })
		return errors.Join(other, tx.Put(items, []byte("k"), append(held, 1)))
	})
	if !errors.Is(err, kv.ErrConflict) {
		t.Errorf("after eight lost runs: %v", err)
	}
}
