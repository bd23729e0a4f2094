package directory_test

import (
	"errors"
	"sync"
	"testing"

	"vigil/internal/directory"
	"vigil/internal/store/kv"
)

func guard(t *testing.T, d *directory.Directory, u directory.User) error {
	t.Helper()
	return d.Store.View(t.Context(), func(r kv.Reader) error { return directory.Guard(r, u.EnvironmentID, u.ID, u.Epoch) })
}

func TestProofsStopCountingWhenTheUserIsDisabledOrGetsAnotherPassword(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		u := add(t, d, directory.User{Username: "ada"})
		if err := guard(t, d, u); err != nil {
			t.Fatalf("at once: %v", err)
		}
		step := func(what string, change func() (directory.User, error), counts bool) {
			t.Helper()
			now, err := change()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if err := guard(t, d, u); (err == nil) != counts || err != nil && !errors.Is(err, directory.ErrChanged) {
				t.Errorf("after %s: %v", what, err)
			}
			u = now
		}
		ctx := t.Context()
		step("a change of the profile", func() (directory.User, error) {
			return d.Update(ctx, env, u.ID, func(u *directory.User) { u.GivenName = "Ada" })
		}, true)
		step("another password", func() (directory.User, error) { return d.SetPassword(ctx, env, u.ID, "another horse", false) }, false)
		step("ending everything", func() (directory.User, error) { return d.BumpEpoch(ctx, env, u.ID) }, false)
		step("disabling", func() (directory.User, error) { return d.SetEnabled(ctx, env, u.ID, false) }, false)
		if err := guard(t, d, u); !errors.Is(err, directory.ErrChanged) {
			t.Errorf("a disabled user in his epoch: %v", err)
		}
		step("enabling", func() (directory.User, error) { return d.SetEnabled(ctx, env, u.ID, true) }, true)
		u.ID = "nobody"
		if err := guard(t, d, u); !errors.Is(err, directory.ErrChanged) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// A sign-on writes under the user's guard; whoever ends everything bumps the epoch first and looks afterwards.
func TestNoSignOnSurvivesTheEndOfEverything(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		mark := kv.Bucket{Name: "attempt", Kind: kv.Ordered} // any bucket serves for the sessions
		for range 20 {
			u := add(t, d, directory.User{Username: "ada"})
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					err := d.Store.Update(t.Context(), func(tx kv.Tx) error {
						if err := directory.Guard(tx, env, u.ID, u.Epoch); err != nil {
							return err
						}
						return tx.Put(mark, []byte{byte(i)}, nil)
					})
					if err != nil && !errors.Is(err, directory.ErrChanged) && !errors.Is(err, kv.ErrConflict) {
						t.Error(err)
					}
				})
			}
			if _, err := d.BumpEpoch(t.Context(), env, u.ID); err != nil {
				t.Fatal(err)
			}
			var seen, left int
			count := func(n *int) {
				t.Helper()
				err := d.Store.View(t.Context(), func(r kv.Reader) error {
					entries, err := r.Scan(mark, nil, nil, 100)
					*n = len(entries)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			count(&seen)
			all.Wait()
			count(&left)
			if left != seen {
				t.Fatalf("%d sign-ons after the end of everything", left-seen)
			}
			err := d.Store.Update(t.Context(), func(tx kv.Tx) error {
				for i := range 16 {
					if err := tx.Delete(mark, []byte{byte(i)}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Update(t.Context(), env, u.ID, func(x *directory.User) { x.Username = u.ID }); err != nil {
				t.Fatal(err)
			}
		}
	})
}
