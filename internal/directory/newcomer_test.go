package directory_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil/internal/directory"
	"vigil/internal/store/kv"
)

func register(t *testing.T, d *directory.Directory, name string) (directory.User, bool) {
	t.Helper()
	u, exists, err := d.Register(t.Context(), directory.User{EnvironmentID: env, Username: name, Email: name, Enabled: true}, horse)
	if err != nil {
		t.Fatalf("register %q: %v", name, err)
	}
	return u, exists
}

func admit(t *testing.T, d *directory.Directory, u directory.User) error {
	t.Helper()
	return d.Store.Update(t.Context(), func(tx kv.Tx) error { return directory.Admit(tx, env, u.ID, u.Epoch) })
}

func TestWhoRegisteredTakesTheNameOnlyAfterProvingToBeThatUser(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		squatter, _ := register(t, d, "ada@example.com")
		owner, exists := register(t, d, "ada@example.com")
		if exists || owner.ID == squatter.ID {
			t.Fatal("a name that somebody waits for is taken already")
		}
		if r := check(t, d, "ada@example.com", horse); r.Outcome != directory.Failure {
			t.Errorf("before anything was proved the password opened the account: %s", r.Outcome)
		}
		if err := guard(t, d, owner); !errors.Is(err, directory.ErrChanged) {
			t.Errorf("guard let a newcomer pass: %v", err)
		}
		if err := admit(t, d, owner); err != nil {
			t.Fatal(err)
		}
		if r := check(t, d, "ada@example.com", horse); r.Outcome != directory.Success || r.User.ID != owner.ID {
			t.Errorf("the owner's password gives %s of %q", r.Outcome, r.User.ID)
		}
		if err := admit(t, d, squatter); !errors.Is(err, directory.ErrExists) {
			t.Errorf("the second to prove anything got the name too: %v", err)
		}
		if again, exists := register(t, d, "Ada@Example.com"); !exists || again.ID != owner.ID {
			t.Errorf("registered once more: %v, %q", exists, again.ID)
		}
		if err := admit(t, d, owner); err != nil {
			t.Errorf("the next sign-on: %v", err)
		}
	})
}

// counting counts the transactions that write.
type counting struct {
	kv.Store

	writes atomic.Int32
}

func (c *counting) Update(ctx context.Context, fn func(kv.Tx) error) error {
	c.writes.Add(1)
	return c.Store.Update(ctx, fn)
}

// A write waits for the disk, which is long enough to be measured from afar.
func TestATakenNameCostsAsManyWritesAsAFreeOne(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, clock *clock) {
		store := &counting{Store: d.Store}
		d.Store = store
		ada, _ := register(t, d, "ada@example.com")
		free := store.writes.Load()
		if err := admit(t, d, ada); err != nil {
			t.Fatal(err)
		}
		store.writes.Store(0)
		if _, exists := register(t, d, "ada@example.com"); !exists || store.writes.Load() != free {
			t.Errorf("exists %v, %d writes for a taken name and %d for a free one", exists, store.writes.Load(), free)
		}
		clock.advance(directory.NewcomersStay + time.Minute)
		if more, err := d.ForgetNewcomers(t.Context(), 100); more || err != nil {
			t.Errorf("%v %v", more, err)
		}
		if r := check(t, d, "ada@example.com", horse); r.Outcome != directory.Success {
			t.Errorf("the owner of the name: %s", r.Outcome)
		}
	})
}

func TestOfManyWhoProveTheSameNameOneIsAdmitted(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		var admitted atomic.Int32
		var all sync.WaitGroup
		newcomers := make([]directory.User, 8)
		for i := range newcomers {
			newcomers[i], _ = register(t, d, "ada@example.com")
		}
		for _, u := range newcomers {
			all.Go(func() {
				err := d.Store.Update(t.Context(), func(tx kv.Tx) error { return directory.Admit(tx, env, u.ID, u.Epoch) })
				if err == nil {
					admitted.Add(1)
				}
			})
		}
		all.Wait()
		if admitted.Load() != 1 {
			t.Errorf("%d were admitted", admitted.Load())
		}
	})
}

func TestWhoProvesNothingIsForgotten(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, now *clock) {
		gone, _ := register(t, d, "gone@example.com")
		stays, _ := register(t, d, "stays@example.com")
		if err := admit(t, d, stays); err != nil {
			t.Fatal(err)
		}
		now.advance(directory.NewcomersStay + time.Minute)
		if more, err := d.ForgetNewcomers(t.Context(), 100); more || err != nil {
			t.Fatalf("%v, %v", more, err)
		}
		if _, err := d.ByID(t.Context(), env, gone.ID); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("the newcomer: %v", err)
		}
		if _, err := d.ByID(t.Context(), env, stays.ID); err != nil {
			t.Errorf("the admitted user: %v", err)
		}
	})
}

func TestRegisteringATakenNameCostsAndJudgesTheSame(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
		for _, name := range []string{"ada@example.com", "bob@example.com"} {
			before := d.Passwords.Computed()
			register(t, d, name)
			if n := d.Passwords.Computed() - before; n != 1 {
				t.Errorf("%s: %d hashes", name, n)
			}
			_, _, err := d.Register(t.Context(), directory.User{EnvironmentID: env, Username: name, Enabled: true}, "short")
			if !errors.Is(err, directory.ErrWeakPassword) {
				t.Errorf("%s with a weak password: %v", name, err)
			}
		}
	})
}

func TestALeaverIsGoneForEverybodyAtOnceAndLeavesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		u := add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
		if err := d.Leave(t.Context(), env, u.ID); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"ada", "ada@example.com"} {
			if _, err := d.Find(t.Context(), env, name); !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("%s still leads there: %v", name, err)
			}
		}
		if err := guard(t, d, u); !errors.Is(err, directory.ErrChanged) {
			t.Errorf("a sign-on under way: %v", err)
		}
		if _, err := d.SetEnabled(t.Context(), env, u.ID, true); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("enabled again: %v", err)
		}
		again := add(t, d, directory.User{Username: "ada"}) // the name is free
		leavers, err := d.Leavers(t.Context(), 10)
		if err != nil || len(leavers) != 1 || leavers[0].UserID != u.ID {
			t.Fatalf("leavers %v, %v", leavers, err)
		}
		for range 2 {
			if err := d.Store.Update(t.Context(), func(tx kv.Tx) error { return directory.Remove(tx, leavers[0]) }); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.ByID(t.Context(), env, u.ID); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("the record is left: %v", err)
		}
		if err := d.Store.Update(t.Context(), func(tx kv.Tx) error {
			return directory.Remove(tx, directory.Leaver{EnvironmentID: env, UserID: again.ID})
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.ByID(t.Context(), env, again.ID); err != nil {
			t.Errorf("somebody who stays was removed: %v", err)
		}
	})
}

func TestOnlyAProofOfTheSameEpochChoosesAPassword(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		u := add(t, d, directory.User{Username: "ada", MustChangePassword: true})
		if _, err := d.ChoosePassword(t.Context(), env, u.ID, u.Epoch, horse); !errors.Is(err, directory.ErrWeakPassword) {
			t.Errorf("the password to be changed was chosen again: %v", err)
		}
		changed, err := d.ChoosePassword(t.Context(), env, u.ID, u.Epoch, "another horse")
		if err != nil || changed.MustChangePassword || changed.Epoch == u.Epoch {
			t.Fatalf("%+v, %v", changed, err)
		}
		if _, err := d.ChoosePassword(t.Context(), env, u.ID, u.Epoch, "a third horse"); !errors.Is(err, directory.ErrChanged) {
			t.Errorf("an old proof: %v", err)
		}
		if r := check(t, d, "ada", "another horse"); r.Outcome != directory.Success {
			t.Errorf("the new password: %s", r.Outcome)
		}
		if _, err := d.Amend(t.Context(), env, u.ID, u.Epoch, func(u *directory.User) { u.GivenName = "Eve" }); !errors.Is(err, directory.ErrChanged) {
			t.Errorf("an old proof amended the profile: %v", err)
		}
	})
}

func TestAnAddressIsVerifiedForAsLongAsItStays(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		u := add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
		if u, err := d.ProveEmail(t.Context(), env, u.ID, "old@example.com"); err != nil || u.EmailVerified {
			t.Errorf("another address verified this one: %v", err)
		}
		if u, err := d.ProveEmail(t.Context(), env, u.ID, "ada@example.com"); err != nil || !u.EmailVerified {
			t.Errorf("not verified: %v", err)
		}
		u, err := d.Update(t.Context(), env, u.ID, func(u *directory.User) { u.Email = "new@example.com" })
		if err != nil || u.EmailVerified {
			t.Errorf("a new address is verified: %v", err)
		}
	})
}
