package directory_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil/internal/directory"
	"vigil/internal/password"
)

var home = netip.MustParseAddr("192.0.2.7")

func check(t *testing.T, d *directory.Directory, typed, chosen string) directory.Result {
	t.Helper()
	r, err := d.CheckPassword(t.Context(), env, typed, chosen, home)
	if err != nil {
		t.Fatalf("check %q: %v", typed, err)
	}
	return r
}

func TestOnlyTheRightPasswordOfAnEnabledUserSucceeds(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		ada := add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
		off := add(t, d, directory.User{Username: "off"})
		if _, err := d.SetEnabled(t.Context(), env, off.ID, false); err != nil {
			t.Fatal(err)
		}
		add(t, d, directory.User{Username: "new", MustChangePassword: true})
		if _, err := d.Add(t.Context(), directory.User{EnvironmentID: env, Username: "nopass", Enabled: true}, ""); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			typed, chosen string
			want          directory.Outcome
		}{
			{"ada", horse, directory.Success},
			{"Ada@Example.com", horse, directory.Success},
			{"ada", "wrong horse", directory.Failure},
			{"ada", "", directory.Failure},
			{"off", horse, directory.Failure},
			{"nobody", horse, directory.Failure},
			{"", "", directory.Failure},
			{"nopass", "", directory.Failure},
			{"nopass", horse, directory.Failure},
			{"new", horse, directory.MustChange},
			{"new", "wrong horse", directory.Failure},
			{"a\x00da", horse, directory.Failure},
			{"ada ", horse, directory.Failure},
		} {
			r := check(t, d, c.typed, c.chosen)
			if r.Outcome != c.want {
				t.Errorf("%q with %q: %s", c.typed, c.chosen, r.Outcome)
			}
			if known := r.Outcome == directory.Success || r.Outcome == directory.MustChange; known != (r.User.ID != "") {
				t.Errorf("%q with %q: told of user %q", c.typed, c.chosen, r.User.ID)
			}
		}
		if r := check(t, d, "ada", horse); r.User.ID != ada.ID || r.User.Epoch != ada.Epoch {
			t.Errorf("user %+v", r.User)
		}
		r, err := d.CheckPassword(t.Context(), "other", "ada", horse, home)
		if err != nil || r.Outcome != directory.Failure {
			t.Errorf("in another environment: %s, %v", r.Outcome, err)
		}
	})
}

func TestEveryoneCostsOneHash(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		add(t, d, directory.User{Username: "ada"})
		off := add(t, d, directory.User{Username: "off"})
		if _, err := d.SetEnabled(t.Context(), env, off.ID, false); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			check(t, d, "locked", "wrong horse")
		}
		for what, c := range map[string]struct {
			typed, chosen string
			want          directory.Outcome
		}{
			"right": {"ada", horse, directory.Success}, "wrong": {"ada", "wrong horse", directory.Failure}, "unknown": {"nobody", horse, directory.Failure},
			"disabled": {"off", horse, directory.Failure}, "locked": {"locked", horse, directory.Locked}, "no name": {"\xff", horse, directory.Failure}, "too long": {"ada", string(make([]byte, 5000)), directory.Failure},
		} {
			before := d.Passwords.Computed()
			if r := check(t, d, c.typed, c.chosen); r.Outcome != c.want {
				t.Errorf("%s: %s", what, r.Outcome)
			}
			if n := d.Passwords.Computed() - before; n != 1 {
				t.Errorf("%s: %d hashes", what, n)
			}
		}
	})
}

func TestALockedAddressCostsNoHash(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		add(t, d, directory.User{Username: "ada"})
		for range 100 {
			check(t, d, "nobody", "wrong horse")
		}
		before := d.Passwords.Computed()
		for _, typed := range []string{"ada", "nobody", "somebody else"} {
			if r := check(t, d, typed, horse); r.Outcome != directory.Locked {
				t.Errorf("%s: %s", typed, r.Outcome)
			}
		}
		if n := d.Passwords.Computed() - before; n != 0 {
			t.Errorf("%d hashes for a stranger who has been locked out", n)
		}
	})
}

func TestALockTellsNothingAboutWhoExists(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, now *clock) {
		add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
		off := add(t, d, directory.User{Username: "off"})
		if _, err := d.SetEnabled(t.Context(), env, off.ID, false); err != nil {
			t.Fatal(err)
		}
		for _, gap := range []time.Duration{time.Second, time.Minute, 5 * time.Minute} {
			var transcripts []string
			for i, typed := range []string{"ada", "ADA@example.com", "off", "nobody", "no body"} {
				transcript, start := "", now.now()
				for range 14 {
					r, err := d.CheckPassword(t.Context(), env, typed, "wrong horse", netip.AddrFrom4([4]byte{10, 0, byte(gap / time.Second), byte(i)}))
					if err != nil {
						t.Fatal(err)
					}
					transcript += string(r.Outcome) + " "
					if r.Outcome == directory.Locked {
						transcript += r.Until.Sub(start).String() + " "
					}
					now.advance(gap)
				}
				transcripts = append(transcripts, transcript)
				if transcript != transcripts[0] {
					t.Errorf("%q every %v:\n%s\nunlike\n%s", typed, gap, transcript, transcripts[0])
				}
			}
			now.advance(4 * time.Hour)
		}
	})
}

func TestWhatCannotBeANameLocksNothingElse(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		add(t, d, directory.User{Username: "nobody"})
		for range 10 {
			check(t, d, "no body", "wrong horse")
		}
		for typed, want := range map[string]directory.Outcome{"no body": directory.Locked, "no  body": directory.Failure, "": directory.Failure, "nobody": directory.Success} {
			if r := check(t, d, typed, horse); r.Outcome != want {
				t.Errorf("%q: %s", typed, r.Outcome)
			}
		}
	})
}

func TestALockedUserComesInAfterTheLockOrThroughAnOperator(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, now *clock) {
		ada := add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
		lock := func(typed string) {
			t.Helper()
			for range 10 {
				check(t, d, typed, "wrong horse")
			}
			if r := check(t, d, typed, horse); r.Outcome != directory.Locked || !r.Until.Equal(now.now().Add(time.Minute)) {
				t.Fatalf("%s until %v", r.Outcome, r.Until)
			}
		}
		lock("ada")
		now.advance(time.Minute)
		if r := check(t, d, "ada", horse); r.Outcome != directory.Success {
			t.Errorf("after the lock: %s", r.Outcome)
		}
		lock("ADA")
		lock("ada@example.com")
		if err := d.Unlock(t.Context(), env, ada.ID); err != nil {
			t.Fatal(err)
		}
		for _, typed := range []string{"ada", "ada@example.com"} {
			if r := check(t, d, typed, horse); r.Outcome != directory.Success {
				t.Errorf("%s after unlocking: %s", typed, r.Outcome)
			}
		}
	})
}

func TestSixtyFourParallelGuessesAreTenGuesses(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		add(t, d, directory.User{Username: "ada"})
		d.Attempts = limited(t, d) // the address does not count here
		var failed, locked atomic.Int64
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				r, err := d.CheckPassword(t.Context(), env, "ada", fmt.Sprint("wrong horse ", i), home)
				switch {
				case err != nil:
					t.Error(err)
				case r.Outcome == directory.Failure:
					failed.Add(1)
				case r.Outcome == directory.Locked:
					locked.Add(1)
				}
			})
		}
		all.Wait()
		if failed.Load() != 10 || locked.Load() != 54 {
			t.Errorf("%d were checked and %d refused", failed.Load(), locked.Load())
		}
	})
}

func TestAPasswordIsHashedAnewWhenTheCostsChange(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, now *clock) {
		ada := add(t, d, directory.User{Username: "ada"})
		d.Passwords = hasher(t, password.Params{Memory: 16, Passes: 1, Threads: 1})
		now.advance(time.Hour)
		if r := check(t, d, "ada", "wrong horse"); r.Outcome != directory.Failure {
			t.Fatal(r.Outcome)
		}
		if u, _ := d.ByID(t.Context(), env, ada.ID); u.PasswordHash != ada.PasswordHash {
			t.Error("a wrong password was hashed")
		}
		if r := check(t, d, "ada", horse); r.Outcome != directory.Success {
			t.Fatal(r.Outcome)
		}
		u, err := d.ByID(t.Context(), env, ada.ID)
		if err != nil {
			t.Fatal(err)
		}
		if parsed, err := password.Parse(u.PasswordHash); err != nil || parsed.Params.Memory != 16 {
			t.Errorf("costs are %+v, %v", parsed.Params, err)
		}
		if u.Epoch != ada.Epoch || !u.PasswordChanged.Equal(ada.PasswordChanged) {
			t.Errorf("it counts as another password: %+v", u)
		}
		before := d.Passwords.Computed()
		if r := check(t, d, "ada", horse); r.Outcome != directory.Success || d.Passwords.Computed() != before+1 {
			t.Errorf("%s with %d hashes: hashed anew again", r.Outcome, d.Passwords.Computed()-before)
		}
	})
}

// salts are random bytes; before the first are given, something else happens.
type salts struct{ before func() }

func (s *salts) Read(b []byte) (int, error) {
	if before := s.before; before != nil {
		s.before = nil
		before()
	}
	return rand.Read(b)
}

func TestHashingAnewDoesNotBringAnOldPasswordBack(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		ada := add(t, d, directory.User{Username: "ada"})
		operator := *d
		h, err := password.New(password.Config{Params: password.Params{Memory: 16, Passes: 1, Threads: 1}, Random: &salts{func() {
			if _, err := operator.SetPassword(t.Context(), env, ada.ID, "another horse", false); err != nil {
				t.Error(err)
			}
		}}})
		if err != nil {
			t.Fatal(err)
		}
		d.Passwords = h
		r := check(t, d, "ada", horse) // right when it was checked
		if r.Outcome != directory.Success {
			t.Fatal(r.Outcome)
		}
		if err := guard(t, d, r.User); !errors.Is(err, directory.ErrChanged) {
			t.Errorf("it may start a session: %v", err)
		}
		for chosen, want := range map[string]directory.Outcome{horse: directory.Failure, "another horse": directory.Success} {
			if r := check(t, d, "ada", chosen); r.Outcome != want {
				t.Errorf("%q: %s", chosen, r.Outcome)
			}
		}
	})
}

func TestAPasswordToChangeIsGoodForChangingItOnly(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		ada := add(t, d, directory.User{Username: "ada"})
		if _, err := d.SetPassword(t.Context(), env, ada.ID, "first horse", true); err != nil {
			t.Fatal(err)
		}
		if r := check(t, d, "ada", horse); r.Outcome != directory.Failure {
			t.Errorf("the old one: %s", r.Outcome)
		}
		if r := check(t, d, "ada", "first horse"); r.Outcome != directory.MustChange || r.User.ID != ada.ID {
			t.Errorf("the first one: %s", r.Outcome)
		}
		if _, err := d.SetPassword(t.Context(), env, ada.ID, "first horse", false); !errors.Is(err, directory.ErrWeakPassword) {
			t.Errorf("changed to itself: %v", err)
		}
		if _, err := d.SetPassword(t.Context(), env, ada.ID, "second horse", false); err != nil {
			t.Fatal(err)
		}
		if r := check(t, d, "ada", "second horse"); r.Outcome != directory.Success {
			t.Errorf("the second one: %s", r.Outcome)
		}
	})
}

func TestWhoGivesUpBeforeBeingCheckedHasNotGuessed(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		add(t, d, directory.User{Username: "ada"})
		d.Passwords = busy(t)
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			if _, err := d.CheckPassword(ctx, env, "ada", "wrong horse", home); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("checked: %v", err)
			}
			cancel()
		}
		d.Passwords = hasher(t, password.Cheapest())
		if r := check(t, d, "ada", horse); r.Outcome != directory.Success {
			t.Errorf("afterwards: %s", r.Outcome)
		}
	})
}
