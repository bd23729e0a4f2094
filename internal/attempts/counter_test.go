package attempts_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil/internal/attempts"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

var home = netip.MustParseAddr("192.0.2.7")

// clock is a time that the test moves.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

func openBolt(t *testing.T, path string) kv.Store {
	t.Helper()
	s, err := bolt.Open(path, schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func counter(t *testing.T, c attempts.Config) *attempts.Counter {
	t.Helper()
	n, err := attempts.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// onEachEngine runs a promise with the default policies on every engine.
func onEachEngine(t *testing.T, promise func(t *testing.T, c *attempts.Counter, now *clock)) {
	for engine, open := range engines {
		t.Run(engine, func(t *testing.T) {
			now := newClock()
			promise(t, counter(t, attempts.Config{Store: open(t), Now: now.now, Name: attempts.NamePolicy(), Address: attempts.AddressPolicy()}), now)
		})
	}
}

var engines = map[string]func(t *testing.T) kv.Store{
	"weak": func(t *testing.T) kv.Store { return kvtest.NewWeak(schema.All(), 7) },
	"bolt": func(t *testing.T) kv.Store {
		return kvtest.DoubleRun(t, openBolt(t, filepath.Join(t.TempDir(), "vigil.db")))
	},
}

func guess(name string, from netip.Addr) attempts.Guess {
	return attempts.Guess{Environment: "demo", Name: name, From: from}
}

// locked says whether nobody may guess now, and takes back the place that it took to find out.
func locked(t *testing.T, c *attempts.Counter, g attempts.Guess) (until time.Time, is bool) {
	t.Helper()
	ticket, err := c.Reserve(t.Context(), g)
	if l := (*attempts.LockedError)(nil); errors.As(err, &l) {
		return l.Until, true
	}
	if err == nil {
		err = c.Release(t.Context(), ticket)
	}
	if err != nil {
		t.Fatal(err)
	}
	return time.Time{}, false
}

func fail(t *testing.T, c *attempts.Counter, g attempts.Guess) {
	t.Helper()
	settle(t, c, g, c.Failed)
}

func settle(t *testing.T, c *attempts.Counter, g attempts.Guess, outcome func(context.Context, attempts.Ticket) error) {
	t.Helper()
	ticket, err := c.Reserve(t.Context(), g)
	if err != nil {
		t.Fatalf("reserve for %q: %v", g.Name, err)
	}
	if err := outcome(t.Context(), ticket); err != nil {
		t.Fatal(err)
	}
}

func TestTheTenthFailureLocksTheNameForAMinute(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		for i := range 10 {
			if _, is := locked(t, c, guess("ada", home)); is {
				t.Fatalf("locked after %d failures", i)
			}
			fail(t, c, guess("ada", home))
		}
		until, is := locked(t, c, guess("ada", home))
		if want := now.now().Add(time.Minute); !is || !until.Equal(want) {
			t.Fatalf("locked %v until %v, want %v", is, until, want)
		}
		if _, is := locked(t, c, guess("grace", home)); is {
			t.Error("somebody else is locked")
		}
		if _, is := locked(t, c, attempts.Guess{Environment: "other", Name: "ada", From: home}); is {
			t.Error("the name is locked in another environment")
		}
		now.advance(time.Minute)
		if _, is := locked(t, c, guess("ada", home)); is {
			t.Error("still locked after the minute")
		}
	})
}

func TestLocksDoubleToAnHourAndAreForgivenAfterAQuietHour(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		for range 9 {
			fail(t, c, guess("ada", home))
		}
		for _, minutes := range []int{1, 2, 4, 8, 16, 32, 60, 60, 60} {
			fail(t, c, guess("ada", home))
			until, is := locked(t, c, guess("ada", home))
			if want := now.now().Add(time.Duration(minutes) * time.Minute); !is || !until.Equal(want) {
				t.Fatalf("locked %v until %v, want %d minutes", is, until, minutes)
			}
			now.advance(time.Duration(minutes) * time.Minute)
		}
		now.advance(time.Hour)
		for range 9 {
			fail(t, c, guess("ada", home))
		}
		if _, is := locked(t, c, guess("ada", home)); is {
			t.Error("nine failures lock after a quiet hour")
		}
	})
}

func TestFailuresCountForFifteenMinutes(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		for range 30 {
			fail(t, c, guess("ada", home))
			now.advance(101 * time.Second) // at most nine within any fifteen minutes
		}
		if _, is := locked(t, c, guess("ada", home)); is {
			t.Error("old failures lock")
		}
	})
}

func TestGuessingWhileLockedDoesNotLockLonger(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		for range 10 {
			fail(t, c, guess("ada", home))
		}
		for range 50 {
			now.advance(time.Second)
			if _, is := locked(t, c, guess("ada", home)); !is {
				t.Fatal("not locked")
			}
		}
		now.advance(10 * time.Second)
		if _, is := locked(t, c, guess("ada", home)); is {
			t.Error("locked longer than a minute")
		}
	})
}

func TestWhoeverGoesOnGuessingAtALockedNameLocksTheirAddress(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		for range 10 {
			fail(t, c, guess("ada", home))
		}
		for range 90 {
			if _, err := c.Reserve(t.Context(), guess("ada", home)); !isLocked(err, false) {
				t.Fatalf("%v, expected a lock of the name", err)
			}
		}
		if _, err := c.Reserve(t.Context(), guess("grace", home)); !isLocked(err, true) {
			t.Errorf("%v, expected a lock of the address after a hundred guesses", err)
		}
		if _, is := locked(t, c, guess("grace", netip.MustParseAddr("192.0.2.8"))); is {
			t.Error("the neighbour is locked")
		}
	})
}

func isLocked(err error, address bool) bool {
	l := (*attempts.LockedError)(nil)
	return errors.As(err, &l) && l.Address == address
}

func TestSuccessClearsTheNameButNotTheAddress(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		for range 5 {
			for range 9 {
				fail(t, c, guess("ada", home))
			}
			settle(t, c, guess("ada", home), c.Succeeded)
		}
		for i := range 55 { // of a hundred, 45 have been used
			if _, is := locked(t, c, guess("grace", home)); is {
				t.Fatalf("address locked after %d failures", 45+i)
			}
			fail(t, c, guess(fmt.Sprint("name", i), home))
		}
		if _, is := locked(t, c, guess("grace", home)); !is {
			t.Error("address not locked after a hundred failures, between which its owner signed on")
		}
		if _, is := locked(t, c, guess("grace", netip.MustParseAddr("192.0.2.8"))); is {
			t.Error("the neighbour is locked")
		}
	})
}

func TestAThousandSignOnsFromOneAddressLockNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				for range 50 {
					ticket, err := c.Reserve(t.Context(), guess(fmt.Sprint("name", i%3), home))
					if err != nil {
						t.Error(err)
						return
					}
					if err := c.Succeeded(t.Context(), ticket); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}

func TestAnIPv6NetworkIsOneAddress(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		for i := range 100 {
			fail(t, c, guess(fmt.Sprint("name", i), netip.MustParseAddr(fmt.Sprintf("2001:db8:0:1::%x", i+1))))
		}
		for from, want := range map[string]bool{"2001:db8:0:1:ffff::1": true, "2001:db8:0:2::1": false, "192.0.2.7": false} {
			if _, is := locked(t, c, guess("grace", netip.MustParseAddr(from))); is != want {
				t.Errorf("%s locked: %v", from, is)
			}
		}
		for i := range 100 {
			fail(t, c, guess(fmt.Sprint("name", i), netip.MustParseAddr("::ffff:192.0.2.9")))
		}
		if _, is := locked(t, c, guess("grace", netip.MustParseAddr("192.0.2.9"))); !is {
			t.Error("an address is another one when it is written as IPv6")
		}
	})
}

func TestAnOperatorUnlocks(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c *attempts.Counter, now *clock) {
		for range 10 {
			fail(t, c, guess("ada", home))
		}
		if err := c.Unlock(t.Context(), "demo", "ada"); err != nil {
			t.Fatal(err)
		}
		for i := range 9 {
			fail(t, c, guess("ada", home))
			if _, is := locked(t, c, guess("ada", home)); is {
				t.Fatalf("locked %d failures after unlocking", i+1)
			}
		}
	})
}

func TestARestartForgetsNothing(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "vigil.db"), newClock()
	open := func() (*attempts.Counter, kv.Store) {
		s := openBolt(t, path)
		return counter(t, attempts.Config{Store: s, Now: now.now, Name: attempts.NamePolicy(), Address: attempts.AddressPolicy()}), s
	}
	for i := range 10 {
		c, s := open()
		if _, is := locked(t, c, guess("ada", home)); is {
			t.Fatalf("locked after %d failures", i)
		}
		fail(t, c, guess("ada", home))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := open()
	if _, is := locked(t, c, guess("ada", home)); !is {
		t.Error("not locked: a restart forgot")
	}
}
