package kvtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"vigil/internal/store/kv"
)

func failInGroup(s *subject) {
	s.faultInGroup(func(tx kv.Tx) error { return errFail }, func(update func() error) error { return update() })
}

func panicInGroup(s *subject) {
	s.faultInGroup(
		func(tx kv.Tx) error { panic(errFail) },
		func(update func() error) (err error) {
			defer func() { err, _ = recover().(error) }()
			return update()
		})
}

// faultInGroup lets 1 of 20 closures end in fault after it has written, over and under keys that were there before, while one
// more holds an engine with one writer back, so that the others form a group.
func (s *subject) faultInGroup(fault func(kv.Tx) error, caught func(update func() error) error) {
	s.mustPut(items, "shared", "before", "doomed", "before")
	var seen atomic.Int32
	for round := range 10 {
		together(21, func(i int) {
			if i == 20 {
				if err := s.update(func(kv.Tx) error { time.Sleep(3 * time.Millisecond); return nil }); err != nil {
					s.Error(err)
				}
				return
			}
			own := fmt.Sprintf("own-%d-%02d", round, i)
			if i == 7 {
				err := caught(func() error {
					return s.update(func(tx kv.Tx) error { return errors.Join(overwrite(tx), fault(tx)) })
				})
				if !errors.Is(err, errFail) {
					s.Errorf("the failing closure ended with %v", err)
				}
				return
			}
			err := s.update(func(tx kv.Tx) error {
				shared, err := tx.Get(items, []byte("shared"))
				if string(shared) != "before" {
					seen.Add(1)
				}
				return errors.Join(err, tx.Put(items, []byte(own), []byte("kept")), tx.Append(feed, []byte(own)))
			})
			if err != nil {
				s.Error(err)
			}
		})
	}
	if seen.Load() != 0 {
		s.Errorf("%d closures saw what a failing one had written", seen.Load())
	}
	s.want(items, "shared", "before")
	s.want(items, "doomed", "before")
	s.want(items, "leak", "(absent)")
	if n := len(s.pairs(items)); n != 2+10*19 {
		s.Errorf("%d items, want %d", n, 2+10*19)
	}
	if log := s.logged(feed, "", 10*19+1); len(log) != 10*19 {
		s.Errorf("%d entries in the log, want %d", len(log), 10*19)
	}
}

// overwrite does all that a closure can do to keys present and absent, more than once each.
func overwrite(tx kv.Tx) error {
	var errs []error
	for _, value := range []string{"after", "after that"} {
		errs = append(errs,
			tx.Put(items, []byte("shared"), []byte(value)),
			tx.Delete(items, []byte("doomed")),
			tx.Put(items, []byte("leak"), []byte(value)),
			tx.Put(items, []byte("leak too"), []byte(value)),
			tx.Delete(items, []byte("leak too")),
			tx.Append(feed, []byte(value)),
		)
	}
	errs = append(errs, tx.Put(items, []byte("doomed"), []byte("risen")), tx.Delete(items, []byte("shared")))
	return errors.Join(errs...)
}

func cancelled(s *subject) {
	done, cancel := context.WithCancel(context.Background())
	cancel()
	ran := false
	err := s.store.Update(done, func(tx kv.Tx) error {
		ran = true
		return tx.Put(items, []byte("late"), nil)
	})
	if ran || !errors.Is(err, context.Canceled) {
		s.Errorf("ran: %t, error %v", ran, err)
	}
	if err := s.store.View(done, func(kv.Reader) error { return nil }); !errors.Is(err, context.Canceled) {
		s.Errorf("View: %v", err)
	}
	if _, _, err := s.store.Tail(done, feed, "", 1); !errors.Is(err, context.Canceled) {
		s.Errorf("Tail: %v", err)
	}
	if _, err := s.store.Prune(done, feed, nil, 1); !errors.Is(err, context.Canceled) {
		s.Errorf("Prune: %v", err)
	}
	for i := range 20 {
		s.cancelledInside(string(numbered("inside", i)))
	}
}

// cancelledInside ends the context within the closure: the outcome may be any, but the error must tell it.
func (s *subject) cancelledInside(key string) {
	ctx, cancel := context.WithCancel(context.Background())
	err := s.store.Update(ctx, func(tx kv.Tx) error {
		cancel()
		return tx.Put(items, []byte(key), []byte("written"))
	})
	switch {
	case err == nil:
		s.want(items, key, "written")
	case errors.Is(err, context.Canceled):
		s.want(items, key, "(absent)")
	case !errors.Is(err, kv.ErrUnknownOutcome):
		s.Error(err)
	}
}

func closed(s *subject) {
	s.mustPut(items, "a", "b")
	if err := s.store.Close(); err != nil {
		s.Fatal(err)
	}
	ctx := context.Background()
	_, _, tailErr := s.store.Tail(ctx, feed, "", 1)
	_, pruneErr := s.store.Prune(ctx, feed, nil, 1)
	for name, err := range map[string]error{
		"View":   s.store.View(ctx, func(kv.Reader) error { s.Error("a View ran"); return nil }),
		"Update": s.store.Update(ctx, func(kv.Tx) error { s.Error("an Update ran"); return nil }),
		"Tail":   tailErr,
		"Prune":  pruneErr,
	} {
		if !errors.Is(err, kv.ErrClosed) {
			s.Errorf("%s after Close: %v", name, err)
		}
	}
}
