package kvtest

import (
	"errors"
	"strconv"
	"sync/atomic"

	"vigil/internal/store/kv"
)

// claim puts value under an absent key, as the redemption of a code does.
func claim(key, value []byte) func(kv.Tx) error {
	return func(tx kv.Tx) error {
		held, err := tx.Get(items, key)
		if err != nil {
			return err
		}
		if held != nil {
			return errUsed
		}
		return tx.Put(items, key, value)
	}
}

func oneWinner(s *subject) {
	for round := range 100 {
		key := numbered("code", round)
		var won, used atomic.Int32
		var winner atomic.Value
		together(64, func(i int) {
			switch err := s.update(claim(key, numbered("caller", i))); {
			case err == nil:
				won.Add(1)
				winner.Store(string(numbered("caller", i)))
			case errors.Is(err, errUsed):
				used.Add(1)
			default:
				s.Error(err)
			}
		})
		if won.Load() != 1 || used.Load() != 63 {
			s.Fatalf("round %d: %d won, %d found it used", round, won.Load(), used.Load())
		}
		s.want(items, string(key), winner.Load().(string))
	}
}

// An engine that compares less than a version that is never used again takes a deleted and recreated key for the old one.
// The log, in commit order, tells: between two claims there is always a deletion.
func oneWinnerAfterDelete(s *subject) {
	key := []byte("code")
	together(16, func(i int) {
		for range 40 {
			err := s.update(func(tx kv.Tx) error {
				held, err := tx.Get(items, key)
				if err != nil {
					return err
				}
				if held == nil {
					return errors.Join(tx.Put(items, key, []byte("same")), tx.Append(feed, []byte("claimed")))
				}
				if i%4 != 0 {
					return errUsed
				}
				return errors.Join(tx.Delete(items, key), tx.Append(feed, []byte("deleted")))
			})
			if err != nil && !errors.Is(err, errUsed) {
				s.Error(err)
			}
		}
	})
	log := s.logged(feed, "", 16*40)
	if len(log) < 10 {
		s.Fatalf("only %d changes: nothing was tried", len(log))
	}
	for i, what := range log {
		if want := []string{"claimed", "deleted"}[i%2]; what != want {
			s.Fatalf("change %d was %q, want %q", i, what, want)
		}
	}
}

func lostUpdate(s *subject) {
	s.mustPut(items, "counter", "0")
	together(32, func(int) {
		for range 100 {
			if err := s.update(increment("counter")); err != nil {
				s.Error(err)
			}
		}
	})
	s.want(items, "counter", "3200")
}

func increment(keys ...string) func(kv.Tx) error {
	return func(tx kv.Tx) error {
		for _, key := range keys {
			held, err := tx.Get(items, []byte(key))
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(string(held))
			if err != nil {
				return err
			}
			if err := tx.Put(items, []byte(key), strconv.AppendInt(nil, int64(n+1), 10)); err != nil {
				return err
			}
		}
		return nil
	}
}

func oppositeOrder(s *subject) {
	const rounds = 1000
	s.mustPut(items, "x", "0", "y", "0")
	together(2, func(i int) {
		keys := [][]string{{"x", "y"}, {"y", "x"}}[i]
		for range rounds {
			if err := s.update(increment(keys...)); err != nil {
				s.Error(err)
			}
		}
	})
	s.want(items, "x", strconv.Itoa(2*rounds))
	s.want(items, "y", strconv.Itoa(2*rounds))
}
