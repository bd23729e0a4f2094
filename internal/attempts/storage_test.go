package attempts_test

import (
	"fmt"
	"testing"
	"time"

	"vigil/internal/attempts"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// entries counts what the bucket holds.
func entries(t *testing.T, s kv.Store) (n int) {
	t.Helper()
	err := s.View(t.Context(), func(r kv.Reader) error {
		all, err := r.Scan(schema.Attempt, nil, nil, kv.MaxKeys)
		n = len(all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNothingIsLeftOfThoseWhoSignOn(t *testing.T) {
	for engine, open := range engines {
		t.Run(engine, func(t *testing.T) {
			s, now := open(t), newClock()
			c := counter(t, attempts.Config{Store: s, Now: now.now, Name: attempts.NamePolicy(), Address: attempts.AddressPolicy()})
			fail(t, c, guess("ada", home))
			if n := entries(t, s); n != 2 {
				t.Fatalf("%d entries of a failure, want the name and the address", n)
			}
			settle(t, c, guess("ada", home), c.Succeeded)
			settle(t, c, guess("grace", home), c.Release)
			if n := entries(t, s); n != 1 {
				t.Errorf("%d entries, want the address", n)
			}
			now.advance(16 * time.Minute)
			settle(t, c, guess("ada", home), c.Succeeded)
			if n := entries(t, s); n != 0 {
				t.Errorf("%d entries after the failure no longer counts", n)
			}
		})
	}
}

func TestEverythingIsPrunedWithinFourHoursAndNothingThatMatters(t *testing.T) {
	for engine, open := range engines {
		t.Run(engine, func(t *testing.T) {
			for offset := time.Duration(0); offset < 2*time.Hour; offset += 37 * time.Minute {
				s, now := open(t), newClock()
				now.advance(offset)
				c := counter(t, attempts.Config{Store: s, Now: now.now, Name: attempts.NamePolicy()})
				for i := range 5 {
					fail(t, c, guess(fmt.Sprint("name", i), home))
				}
				for range 9 {
					fail(t, c, guess("ada", home))
				}
				lock := time.Minute
				for range 7 { // the next time the lock lasts an hour
					fail(t, c, guess("ada", home))
					now.advance(lock)
					lock = min(2*lock, time.Hour)
				}
				fail(t, c, guess("ada", home))
				for range 12 {
					if _, is := locked(t, c, guess("ada", home)); !is {
						t.Fatalf("begun %v after the hour: the lock was lost", offset)
					}
					now.advance(5 * time.Minute)
					if _, err := c.Prune(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if _, is := locked(t, c, guess("ada", home)); is {
					t.Fatal("locked for more than an hour")
				}
				now.advance(4 * time.Hour)
				if _, err := c.Prune(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n := entries(t, s); n != 0 {
					t.Errorf("begun %v after the hour: %d entries are left", offset, n)
				}
			}
		})
	}
}

func TestCountingGoesOnOverTheEndOfAKeysSpan(t *testing.T) {
	for engine, open := range engines {
		t.Run(engine, func(t *testing.T) {
			s, now := open(t), newClock()
			now.advance(2*time.Hour - time.Duration(now.now().UnixMilli())*time.Millisecond%(2*time.Hour) - 5*time.Second)
			behind := newClock()
			behind.ms.Store(now.ms.Load())
			c := counter(t, attempts.Config{Store: s, Now: now.now, Name: attempts.NamePolicy()})
			slow := counter(t, attempts.Config{Store: s, Now: behind.now, Name: attempts.NamePolicy()})
			for i := range 10 {
				if _, is := locked(t, c, guess("ada", home)); is {
					t.Fatalf("locked after %d failures", i)
				}
				if i%2 == 0 {
					fail(t, c, guess("ada", home))
				} else {
					fail(t, slow, guess("ada", home)) // another node, whose clock stands before the end of the span
				}
				now.advance(time.Second)
				if n := entries(t, s); n != 1 {
					t.Fatalf("%d entries of one name", n)
				}
			}
			for who, c := range map[string]*attempts.Counter{"the node": c, "the node behind": slow} {
				if _, is := locked(t, c, guess("ada", home)); !is {
					t.Errorf("%s lost failures over the end of the span", who)
				}
			}
		})
	}
}

func TestPoliciesThatCannotBeKeptAreRefused(t *testing.T) {
	good := attempts.NamePolicy()
	for what, change := range map[string]func(*attempts.Policy){
		"no limit": func(p *attempts.Policy) { p.Limit = 0 }, "huge limit": func(p *attempts.Policy) { p.Limit = 1001 },
		"no window": func(p *attempts.Policy) { p.Window = 0 }, "long window": func(p *attempts.Policy) { p.Window = 2 * time.Hour },
		"long lock": func(p *attempts.Policy) { p.LongestLock = 2 * time.Hour }, "no lock": func(p *attempts.Policy) { p.FirstLock = 0 },
		"first beyond longest": func(p *attempts.Policy) { p.LongestLock = time.Second }, "no retry": func(p *attempts.Policy) { p.Retry = 0 },
		"retry beyond limit": func(p *attempts.Policy) { p.Retry = p.Limit + 1 },
	} {
		p := good
		change(&p)
		if _, err := attempts.New(attempts.Config{Name: p}); err == nil {
			t.Errorf("by name, %s: accepted", what)
		}
		if _, err := attempts.New(attempts.Config{Address: p}); err == nil {
			t.Errorf("by address, %s: accepted", what)
		}
	}
}

func TestWithoutPoliciesNothingIsStored(t *testing.T) {
	s, now := engines["bolt"](t), newClock()
	c := counter(t, attempts.Config{Store: s, Now: now.now})
	for range 200 {
		fail(t, c, guess("ada", home))
	}
	if n := entries(t, s); n != 0 {
		t.Errorf("%d entries", n)
	}
}
