package grant_test

import (
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"vigil/internal/grant"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// aliveIn asks the bucket of the tests for a session.
func aliveIn(sessionID []byte) grant.Alive {
	return func(r kv.Reader, _ time.Time) (bool, error) {
		value, err := r.Get(sessions, sessionID)
		return value != nil, err
	}
}

func update(t testing.TB, store kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	err := kv.ErrConflict
	for n := 0; errors.Is(err, kv.ErrConflict) && n < 50; n++ {
		err = store.Update(ctx, fn)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func putSession(t testing.TB, store kv.Store, id []byte) {
	t.Helper()
	update(t, store, func(tx kv.Tx) error { return tx.Put(sessions, id, []byte("alive")) })
}

// endSession ends a session as package store does.
func endSession(t testing.TB, store kv.Store, id []byte, keep func(string) bool) {
	t.Helper()
	update(t, store, func(tx kv.Tx) error {
		value, err := tx.Get(sessions, id)
		if err != nil || value == nil {
			return err
		}
		if err := tx.Delete(sessions, id); err != nil {
			return err
		}
		return grant.EndFamilies(tx, id, keep)
	})
}

func none(string) bool { return false }

func redemption(g *grant.Grant) grant.Redemption {
	return grant.Redemption{Grant: g, Now: start.Add(time.Second), Until: start.Add(time.Hour), Alive: aliveIn(g.SessionID)}
}

// redeem repeats what lost against others, as a client would that was told to come back.
func redeem(store kv.Store, r grant.Redemption) error {
	err := kv.ErrConflict
	for n := 0; errors.Is(err, kv.ErrConflict) && n < 50; n++ {
		err = grant.Redeem(ctx, store, r)
	}
	return err
}

func isRevoked(t testing.TB, store kv.Store, h grant.Handle) bool {
	t.Helper()
	var revoked bool
	err := store.View(ctx, func(r kv.Reader) (err error) {
		revoked, err = grant.IsRevoked(r, h)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return revoked
}

func TestOfSixtyFourRacingRedemptionsOneWins(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		for range 5 {
			g := newGrant(t)
			putSession(t, store, g.SessionID)
			outcomes := make([]error, 64)
			var wait sync.WaitGroup
			for i := range outcomes {
				wait.Add(1)
				go func() {
					defer wait.Done()
					outcomes[i] = redeem(store, redemption(g))
				}()
			}
			wait.Wait()
			won := 0
			for _, err := range outcomes {
				switch {
				case err == nil:
					won++
				case !errors.Is(err, grant.ErrReplayed):
					t.Fatal(err)
				}
			}
			if won != 1 {
				t.Errorf("%d won", won)
			}
			if !isRevoked(t, store, grant.NewHandle(g.ID, start.Add(time.Hour))) {
				t.Error("the replays revoked nothing")
			}
		}
	})
}

func TestAReplayRevokesWhatTheFirstUseGave(t *testing.T) {
	for name, late := range map[string]time.Duration{"at once": 2 * time.Second, "after the code has expired": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, store kv.Store) {
				g := newGrant(t)
				putSession(t, store, g.SessionID)
				r, token := withFamily(t, g)
				if err := redeem(store, r); err != nil {
					t.Fatal(err)
				}
				if isRevoked(t, store, r.Family.Handle) {
					t.Fatal("revoked before any replay")
				}
				again := redemption(g)
				again.Now = start.Add(late)
				if err := redeem(store, again); !errors.Is(err, grant.ErrReplayed) {
					t.Fatalf("replay: %v", err)
				}
				if !isRevoked(t, store, r.Family.Handle) {
					t.Error("the access tokens live on")
				}
				if _, _, err := rotate(store, use(token, again.Now)); !errors.Is(err, grant.ErrInvalid) {
					t.Errorf("the refresh token lives on: %v", err)
				}
			})
		})
	}
}

func TestACodeIsGoodForAMinuteAndOnlyWhileItsSessionLives(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		g := newGrant(t)
		r := redemption(g)
		if err := redeem(store, r); !errors.Is(err, grant.ErrSessionEnded) {
			t.Errorf("without a session: %v", err)
		}
		putSession(t, store, g.SessionID)
		r.Now = g.Expires
		if err := redeem(store, r); !errors.Is(err, grant.ErrExpired) {
			t.Errorf("after a minute: %v", err)
		}
		r.Now = g.Expires.Add(-time.Millisecond)
		if err := redeem(store, r); err != nil {
			t.Errorf("just in time: %v", err)
		}
	})
}

func TestWhatTimeHasOvertakenIsForgotten(t *testing.T) {
	engines(t, func(t *testing.T, store kv.Store) {
		g := newGrant(t)
		putSession(t, store, g.SessionID)
		r, _ := withFamily(t, g)
		for range 2 { // a use and its replay: an entry in each bucket but family
			if err := redeem(store, r); err != nil && !errors.Is(err, grant.ErrReplayed) {
				t.Fatal(err)
			}
		}
		other := newGrant(t)
		r2, _ := withFamily(t, other)
		if err := redeem(store, r2); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			at                        time.Time
			redeemed, revoked, family int
		}{
			{start, 2, 1, 1},
			{start.Add(20 * time.Minute), 0, 1, 1},
			{r2.Family.Expires().Add(time.Millisecond), 0, 1, 0},
			{r2.Until.Add(time.Millisecond), 0, 0, 0},
		} {
			for {
				more, err := grant.Prune(ctx, store, step.at, 1)
				if err != nil {
					t.Fatal(err)
				}
				if !more {
					break
				}
			}
			b := []kv.Bucket{schema.Redeemed, schema.Revoked, schema.Family}
			for i, want := range []int{step.redeemed, step.revoked, step.family} {
				if got := size(t, store, b[i]); got != want {
					t.Errorf("%v: %d in %s, want %d", step.at, got, b[i].Name, want)
				}
			}
		}
	})
}

func size(t testing.TB, store kv.Store, b kv.Bucket) (n int) {
	t.Helper()
	err := store.View(ctx, func(r kv.Reader) error {
		entries, err := r.Scan(b, nil, nil, kv.MaxKeys)
		n = len(entries)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var refresher = &grant.Refresher{Key: key(9), Random: rand.Reader}

// withFamily is a redemption that gives a refresh token for a day.
func withFamily(t testing.TB, g *grant.Grant) (grant.Redemption, string) {
	t.Helper()
	r, f, expires := redemption(g), g.Begin(), start.Add(24*time.Hour)
	token, err := refresher.Begin(f, expires)
	if err != nil {
		t.Fatal(err)
	}
	r.Until = expires.Add(time.Hour)
	f.Handle = grant.NewHandle(g.ID, r.Until)
	r.Family = f
	return r, token
}
