package kvtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"vigil/internal/store/kv"
)

// Errors that closures of the suite return.
var (
	errUsed = errors.New("used already")
	errGone = errors.New("gone")
	errTorn = errors.New("two keys of two instants")
	errFail = errors.New("fails after writing")
)

// Run holds an engine to the contract. open gives an empty store with Buckets and closes it when its t ends.
func Run(t *testing.T, open func(t *testing.T) kv.Store) {
	for _, promise := range []struct {
		name, sentence string
		check          func(s *subject)
	}{
		{"OneWinner", "of 64 callers who find a key absent one puts it", oneWinner},
		{"OneWinnerAfterDelete", "also while the key is deleted again and again", oneWinnerAfterDelete},
		{"LostUpdate", "3200 increments by 32 callers make 3200", lostUpdate},
		{"OppositeOrder", "callers who take two keys in opposite order both get through", oppositeOrder},
		{"GuardedRead", "what was read is still so when the writes commit", guardedRead},
		{"GuardKey", "a key that both sides read stops sign-ons of a user who was signed off", guardKey},
		{"TouchVersusEnding", "a touch revives no ended session", touchVersusEnding},
		{"TornError", "no error is decided from two instants", tornError},
		{"Snapshot", "a View is of one instant", snapshotView},
		{"FailInGroup", "a closure that fails leaves no trace and disturbs nobody", failInGroup},
		{"PanicInGroup", "a closure that panics does so in its caller, leaves no trace and disturbs nobody", panicInGroup},
		{"Cancelled", "a closure whose context is done does not run", cancelled},
		{"Closed", "a closed store says so", closed},
		{"OwnWrites", "a closure reads its own writes", ownWrites},
		{"Model", "random closures leave what a sorted map holds", model},
		{"Order", "keys are ordered by their bytes", order},
		{"Empty", "an empty value is not an absent one", empty},
		{"Limits", "what is beyond the limits is refused and nothing of it written", limits},
		{"Kinds", "a bucket is used as it was declared", kinds},
		{"ScanWhileDeleting", "two sweepers under sign-ons end every due session once", scanWhileDeleting},
		{"Prune", "prune deletes the first keys and no others", prune},
		{"Relaxed", "what may be lost with the power is read, scanned and deleted as everything else is", relaxed},
		{"RelaxedSnapshot", "a View is of one instant, of what may be lost with the power too", relaxedSnapshot},
		{"RelaxedBuffers", "a buffer that was put may be used again after the answer", relaxedBuffers},
		{"TailNoGap", "a reader beside 20 writers sees every entry once, in order", tailNoGap},
		{"AppendAtomic", "an update that failed appended nothing", appendAtomic},
	} {
		t.Run(promise.name+": "+promise.sentence, func(t *testing.T) {
			promise.check(&subject{T: t, store: open(t)})
		})
	}
}

// subject is the store under test with what most checks need.
type subject struct {
	*testing.T
	store kv.Store
}

// update tries again when the engine says that others were faster, as callers do.
func (s *subject) update(fn func(kv.Tx) error) error {
	for range 50 {
		if err := s.store.Update(context.Background(), fn); !errors.Is(err, kv.ErrConflict) {
			return err
		}
	}
	return kv.ErrConflict
}

func (s *subject) mustUpdate(fn func(kv.Tx) error) {
	s.Helper()
	if err := s.update(fn); err != nil {
		s.Fatal(err)
	}
}

func (s *subject) mustPut(b kv.Bucket, pairs ...string) {
	s.Helper()
	s.mustUpdate(func(tx kv.Tx) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := tx.Put(b, []byte(pairs[i]), []byte(pairs[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
}

// value gives what a key holds, "(absent)" when nothing.
func (s *subject) value(b kv.Bucket, key string) string {
	s.Helper()
	value := "(absent)"
	err := s.store.View(context.Background(), func(r kv.Reader) error {
		v, err := r.Get(b, []byte(key))
		if v != nil {
			value = string(v)
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return value
}

func (s *subject) want(b kv.Bucket, key, value string) {
	s.Helper()
	if got := s.value(b, key); got != value {
		s.Errorf("%s %q holds %q, want %q", b.Name, key, got, value)
	}
}

// pairs gives everything in a bucket, in order.
func (s *subject) pairs(b kv.Bucket) (pairs [][2]string) {
	s.Helper()
	err := s.store.View(context.Background(), func(r kv.Reader) error {
		pairs = nil
		var from []byte
		for {
			entries, err := r.Scan(b, from, nil, kv.MaxKeys)
			if err != nil || len(entries) == 0 {
				return err
			}
			for _, e := range entries {
				pairs = append(pairs, [2]string{string(e.Key), string(e.Value)})
			}
			from = []byte(pairs[len(pairs)-1][0] + "\x00")
		}
	})
	if err != nil {
		s.Fatal(err)
	}
	return pairs
}

// logged gives the values of a Log from a cursor on, asking until there are n or nothing has come for a while.
func (s *subject) logged(b kv.Bucket, after kv.Cursor, n int) (values []string) {
	s.Helper()
	for idle := 0; len(values) < n && idle < 50; idle++ {
		entries, next, err := s.store.Tail(context.Background(), b, after, kv.MaxKeys)
		if err != nil {
			s.Fatal(err)
		}
		for _, e := range entries {
			values = append(values, string(e.Value))
			idle = 0
		}
		after = next
	}
	return values
}

// together runs n callers at once and waits for them.
func together(n int, caller func(i int)) {
	var start, end sync.WaitGroup
	start.Add(1)
	for i := range n {
		end.Go(func() {
			start.Wait()
			caller(i)
		})
	}
	start.Done()
	end.Wait()
}

func numbered(prefix string, i int) []byte { return fmt.Appendf(nil, "%s%06d", prefix, i) }
