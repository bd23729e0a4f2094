package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vigil/internal/store/kv"
)

// transactions tells the number of the last commit.
func transactions(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func leaves(t *testing.T, s *Store, b kv.Bucket) (n int) {
	t.Helper()
	err := s.db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket([]byte(b.Name)).Stats().LeafPageN
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func stored(t *testing.T, s *Store) (n int) {
	t.Helper()
	err := s.View(context.Background(), func(r kv.Reader) error {
		entries, err := r.Scan(sessions, nil, nil, kv.MaxKeys)
		n = len(entries)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// hold keeps the writer in a closure until release is called and n requests wait behind it.
func hold(t *testing.T, s *Store) (queued func(n int), release func()) {
	t.Helper()
	held, released, left := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		left <- s.Update(context.Background(), func(kv.Tx) error {
			close(held)
			<-released
			return nil
		})
	}()
	<-held
	queued = func(n int) {
		for len(s.queue) < n {
			time.Sleep(100 * time.Microsecond)
		}
	}
	return queued, func() {
		close(released)
		if err := <-left; err != nil {
			t.Error(err)
		}
	}
}

func TestWhatWaitsIsOneCommitAndEachClosureRunsOnce(t *testing.T) {
	s := openNew(t, Options{})
	before := transactions(t, s)
	queued, release := hold(t, s)
	var runs atomic.Int32
	var callers sync.WaitGroup
	for i := range 60 {
		callers.Go(func() {
			defer func() {
				if r := recover(); (r != nil) != (i%10 == 7) {
					t.Errorf("closure %d panicked with %v", i, r)
				}
			}()
			err := s.Update(context.Background(), func(tx kv.Tx) error {
				runs.Add(1)
				err := signOn(tx, fmt.Sprint(i), "ada", nil)
				switch i % 10 {
				case 3:
					return errLate
				case 7:
					panic(errLate)
				}
				return err
			})
			if (i%10 == 3) != errors.Is(err, errLate) {
				t.Errorf("closure %d: %v", i, err)
			}
		})
	}
	queued(60)
	release()
	callers.Wait()
	if n := transactions(t, s) - before; n != 1 {
		t.Errorf("%d commits", n)
	}
	if runs.Load() != 60 || stored(t, s) != 48 {
		t.Errorf("%d runs, want 60; %d sessions, want 48", runs.Load(), stored(t, s))
	}
}

func TestAGroupEndsAtFourMebibytes(t *testing.T) {
	s := openNew(t, Options{})
	before := transactions(t, s)
	queued, release := hold(t, s)
	var callers sync.WaitGroup
	for i := range 12 {
		callers.Go(func() {
			err := s.Update(context.Background(), func(tx kv.Tx) error {
				for j := range 15 {
					if err := tx.Put(sessions, []byte{byte(i), byte(j)}, make([]byte, kv.MaxValue)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	queued(12)
	release()
	callers.Wait()
	if n := transactions(t, s) - before; n != 3 || stored(t, s) != 180 {
		t.Errorf("12 updates of 0.94 MiB made %d commits, want 3, with %d keys, want 180", n, stored(t, s))
	}
}

func TestAnUpdateThatWritesNothingIsNoCommit(t *testing.T) {
	s := openNew(t, Options{})
	before := transactions(t, s)
	for _, fn := range []func(kv.Tx) error{
		func(tx kv.Tx) error { return tx.Delete(sessions, []byte("absent")) },
		func(tx kv.Tx) error { return errors.Join(signOn(tx, "1", "ada", nil), errLate) },
		func(tx kv.Tx) error { _, err := tx.Get(sessions, []byte("absent")); return err },
	} {
		if err := s.Update(context.Background(), fn); err != nil && !errors.Is(err, errLate) {
			t.Error(err)
		}
	}
	if n := transactions(t, s) - before; n != 0 || stored(t, s) != 0 {
		t.Errorf("%d commits, %d sessions", n, stored(t, s))
	}
}

func TestACallerWhoseContextEndsInTheQueueLeaves(t *testing.T) {
	s := openNew(t, Options{})
	queued, release := hold(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan error)
	go func() {
		left <- s.Update(ctx, func(tx kv.Tx) error { return tx.Put(sessions, []byte("late"), nil) })
	}()
	queued(1)
	cancel()
	select {
	case err := <-left:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("still waits while the writer is held")
	}
	release()
	if err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(sessions, []byte("next"), nil) }); err != nil {
		t.Error(err)
	}
	if n := stored(t, s); n != 1 {
		t.Errorf("%d keys, want the next caller's alone", n)
	}
}

func TestACallerWhoseContextEndsInTheClosureHearsTheOutcome(t *testing.T) {
	s := openNew(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	running, released, left := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		left <- s.Update(ctx, func(tx kv.Tx) error {
			close(running)
			<-released
			return tx.Put(sessions, []byte("k"), nil)
		})
	}()
	<-running
	cancel()
	select {
	case err := <-left:
		t.Errorf("left with %v while the closure ran", err)
		left <- nil
	case <-time.After(20 * time.Millisecond):
	}
	close(released)
	if err := <-left; err != nil || stored(t, s) != 1 {
		t.Errorf("%v, %d keys", err, stored(t, s))
	}
}

func TestAClosureThatEndsItsGoroutineEndsItsCaller(t *testing.T) {
	s := openNew(t, Options{})
	queued, release := hold(t, s)
	var answered atomic.Int32
	var callers sync.WaitGroup
	for i := range 20 {
		callers.Go(func() {
			err := s.Update(context.Background(), func(tx kv.Tx) error {
				err := signOn(tx, fmt.Sprint(i), "ada", nil)
				if i == 10 {
					runtime.Goexit() // as t.Fatal does
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			answered.Add(1)
		})
	}
	queued(20)
	release()
	callers.Wait()
	if answered.Load() != 19 || stored(t, s) != 19 {
		t.Errorf("%d answers and %d sessions, want 19 of each", answered.Load(), stored(t, s))
	}
}

func TestSlowAndPanickingClosuresAreNamedInTheLog(t *testing.T) {
	var log bytes.Buffer
	s := openNew(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 20 { // a busy machine may hold up some
		if err := s.Update(context.Background(), quickClosure); err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(log.String(), "quickClosure"); n == 20 {
		t.Error("every quick closure was logged")
	}
	if err := s.Update(context.Background(), slowClosureOfATest); err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "bolt.slowClosureOfATest") || !strings.Contains(text, "level=WARN") {
		t.Errorf("logged %s", text)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Update(context.Background(), panickingClosure)
	}()
	if text := log.String(); !strings.Contains(text, "store closure panicked") || !strings.Contains(text, "group_test.go") {
		t.Errorf("logged %s", text)
	}
}

func quickClosure(kv.Tx) error { return nil }

func slowClosureOfATest(kv.Tx) error {
	time.Sleep(2 * slowClosure)
	return nil
}

func panickingClosure(kv.Tx) error { panic("of a test") }

func TestAnAppendWakesTheReader(t *testing.T) {
	s := openNew(t, Options{})
	news := s.Wake(feed)
	for range 3 {
		if err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Append(feed, nil) }); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-news:
	default:
		t.Error("no hint after three commits")
	}
	_ = s.Update(context.Background(), func(tx kv.Tx) error { return errors.Join(tx.Append(feed, nil), errLate) })
	select {
	case <-news:
		t.Error("a hint after an update that failed")
	default:
	}
}
