package directory_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil/internal/attempts"
	"vigil/internal/directory"
	"vigil/internal/password"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

const env, horse = "demo", "correct horse"

// clock is a time that the test moves.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

var engines = map[string]func(t *testing.T) kv.Store{
	"weak": func(*testing.T) kv.Store { return kvtest.NewWeak(buckets(), 7) },
	"bolt": func(t *testing.T) kv.Store {
		s, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), buckets(), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return kvtest.DoubleRun(t, s)
	},
}

func buckets() []kv.Bucket { return schema.All() }

// onEachEngine runs a promise on a directory with the cheapest passwords.
func onEachEngine(t *testing.T, promise func(t *testing.T, d *directory.Directory, now *clock)) {
	for engine, open := range engines {
		t.Run(engine, func(t *testing.T) {
			now, store := &clock{}, open(t)
			now.ms.Store(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).UnixMilli())
			c, err := attempts.New(attempts.Config{Store: store, Now: now.now, Name: attempts.NamePolicy(), Address: attempts.AddressPolicy()})
			if err != nil {
				t.Fatal(err)
			}
			promise(t, &directory.Directory{Store: store, Passwords: hasher(t, password.Cheapest()), Attempts: c, Now: now.now, Random: rand.Reader}, now)
		})
	}
}

func hasher(t *testing.T, p password.Params) *password.Hasher {
	t.Helper()
	h, err := password.New(password.Config{Params: p, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func add(t *testing.T, d *directory.Directory, u directory.User) directory.User {
	t.Helper()
	u.EnvironmentID, u.Enabled = env, true
	u, err := d.Add(t.Context(), u, horse)
	if err != nil {
		t.Fatalf("add %q: %v", u.Username, err)
	}
	return u
}

func TestAUserIsKeptAsAdded(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, now *clock) {
		u := add(t, d, directory.User{
			Username: "Ada", Email: "ada@example.com", GivenName: "Ada", FamilyName: "Lovelace", Phone: "+44 20 7946 0000",
			Groups: []string{"staff"}, Attributes: map[string]string{"desk": "7"}, MustChangePassword: true,
		})
		if len(u.ID) != 36 || u.Epoch != 1 || !u.CreatedAt.Equal(now.now()) || !u.PasswordChanged.Equal(now.now()) {
			t.Errorf("added as %+v", u)
		}
		kept, err := d.ByID(t.Context(), env, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := fmt.Sprintf("%+v", kept), fmt.Sprintf("%+v", u); a != b {
			t.Errorf("kept %s\nadded %s", a, b)
		}
		for what, id := range map[string][2]string{"elsewhere": {"other", u.ID}, "no id": {env, ""}, "another id": {env, "x"}, "part of the key": {env + "\x00" + u.ID, ""}} {
			if _, err := d.ByID(t.Context(), id[0], id[1]); !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestAUserIsFoundByNameInAnyCaseOrByAnAddressThatIsHisAlone(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		ada := add(t, d, directory.User{Username: "Ada", Email: "Ada@Example.com"})
		zoe := add(t, d, directory.User{Username: "Zo\u00eb", Email: "zoe@example.com"})
		add(t, d, directory.User{Username: "one", Email: "shared@example.com"})
		add(t, d, directory.User{Username: "two", Email: "shared@example.com"})
		for typed, want := range map[string]string{
			"ada": ada.ID, "ADA": ada.ID, "ada@example.com": ada.ID, "ADA@EXAMPLE.COM": ada.ID, "zoe\u0308": zoe.ID, "\uff21da": ada.ID,
			"shared@example.com": "", "ad": "", "adaa": "", "": "", "ada ": "", "ada@example.co": "", "ada\x00": "", "\xff": "", "zoe": "", strings.Repeat("a", 1000): "",
		} {
			u, err := d.Find(t.Context(), env, typed)
			if u.ID != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("%q found %q, %v", typed, u.Username, err)
			}
		}
		if _, err := d.Find(t.Context(), "other", "ada"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("found in another environment: %v", err)
		}
	})
}

func TestANameIsOneUsersAndNobodyElsesAddress(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		ada := add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
		grace := add(t, d, directory.User{Username: "grace@example.com", Email: "grace@example.com"})
		for what, u := range map[string]directory.User{
			"same name": {Username: "ADA"}, "same id": {ID: ada.ID, Username: "other"}, "name that is an address": {Username: "ada@example.com"},
			"address that is a name": {Username: "other", Email: "Grace@example.com"},
		} {
			u.EnvironmentID = env
			if _, err := d.Add(t.Context(), u, ""); !errors.Is(err, directory.ErrExists) {
				t.Errorf("add, %s: %v", what, err)
			}
			if u.ID != "" {
				continue
			}
			change := func(other *directory.User) { other.Username, other.Email = u.Username, u.Email }
			if what == "same name" {
				change = func(other *directory.User) { other.Username = "ADA" }
			}
			if _, err := d.Update(t.Context(), env, grace.ID, change); what != "address that is a name" && !errors.Is(err, directory.ErrExists) {
				t.Errorf("update, %s: %v", what, err)
			}
		}
		if _, err := d.Add(t.Context(), directory.User{EnvironmentID: "other", Username: "ada", Email: "ada@example.com"}, ""); err != nil {
			t.Errorf("the same name in another environment: %v", err)
		}
	})
}

func TestOfManyWhoTakeANameOneGetsIt(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		for round := range 20 {
			var added atomic.Int64
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					_, err := d.Add(t.Context(), directory.User{EnvironmentID: env, Username: fmt.Sprint("name", round)}, "")
					if err == nil {
						added.Add(1)
					} else if !errors.Is(err, directory.ErrExists) && !errors.Is(err, kv.ErrConflict) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if n := added.Load(); n != 1 {
				t.Fatalf("%d users were added as one name", n)
			}
		}
	})
}

func TestARenamedUserIsFoundByTheNewNameOnly(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, now *clock) {
		ada := add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
		now.advance(time.Hour)
		u, err := d.Update(t.Context(), env, ada.ID, func(u *directory.User) {
			u.Username, u.Email = "countess", "countess@example.com"
			u.ID, u.EnvironmentID, u.Epoch, u.Enabled, u.PasswordHash = "x", "x", 99, false, ""
		})
		if err != nil {
			t.Fatal(err)
		}
		if u.ID != ada.ID || u.Epoch != 1 || !u.Enabled || u.PasswordHash != ada.PasswordHash || !u.CreatedAt.Equal(ada.CreatedAt) || !u.UpdatedAt.Equal(now.now()) {
			t.Errorf("changed more than the profile: %+v", u)
		}
		for typed, want := range map[string]bool{"ada": false, "ada@example.com": false, "countess": true, "countess@example.com": true} {
			if _, err := d.Find(t.Context(), env, typed); (err == nil) != want {
				t.Errorf("%q: %v", typed, err)
			}
		}
		if _, err := d.Update(t.Context(), env, ada.ID, func(u *directory.User) { u.Username, u.Email = "Countess", "" }); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Find(t.Context(), env, "countess@example.com"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("found by an address given up: %v", err)
		}
		add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
	})
}

func TestUsersAreListedByNameInPages(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		var want []string
		for i := range 23 {
			name := fmt.Sprintf("User%02d", (i*7)%23)
			add(t, d, directory.User{Username: name})
			want = append(want, name)
		}
		slices.Sort(want)
		if _, err := d.Add(t.Context(), directory.User{EnvironmentID: env + "2", Username: "stranger"}, ""); err != nil {
			t.Fatal(err)
		}
		for _, limit := range []int{1, 5, 23, 24, 1000} {
			var got []string
			for after := ""; ; {
				users, next, err := d.List(t.Context(), env, after, limit)
				if err != nil || len(users) > limit {
					t.Fatalf("%d users, %v", len(users), err)
				}
				for _, u := range users {
					got = append(got, u.Username)
				}
				if after = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("in pages of %d: %v", limit, got)
			}
		}
	})
}

func TestWhatCannotBeStoredIsRefusedByField(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		for what, c := range map[string]struct {
			field string
			user  directory.User
		}{
			"no name":            {"username", directory.User{}},
			"space in name":      {"username", directory.User{Username: "a da"}},
			"zero in name":       {"username", directory.User{Username: "ada\x00"}},
			"long name":          {"username", directory.User{Username: strings.Repeat("a", 256)}},
			"mixed directions":   {"username", directory.User{Username: "ada\u05d0"}},
			"address without at": {"email", directory.User{Username: "ada", Email: "ada"}},
			"address of nobody":  {"email", directory.User{Username: "ada", Email: "@example.com"}},
			"address of nowhere": {"email", directory.User{Username: "ada", Email: "ada@"}},
			"header in address":  {"email", directory.User{Username: "ada", Email: "ada@example.com\r\nBcc: x@y"}},
			"control in name":    {"givenName", directory.User{Username: "ada", GivenName: "A\x1b[2J"}},
			"long phone":         {"phone", directory.User{Username: "ada", Phone: strings.Repeat("1", 300)}},
			"zero in id":         {"user id", directory.User{Username: "ada", ID: "a\x00b"}},
			"bad hash":           {"passwordHash", directory.User{Username: "ada", PasswordHash: "correct horse"}},
			"too much":           {"user", directory.User{Username: "ada", Attributes: map[string]string{"a": strings.Repeat("x", 40<<10)}}},
		} {
			c.user.EnvironmentID = env
			_, err := d.Add(t.Context(), c.user, "")
			if invalid := (*directory.InvalidError)(nil); !errors.As(err, &invalid) || invalid.Field != c.field {
				t.Errorf("%s: %v", what, err)
			}
		}
		if users, _, err := d.List(t.Context(), env, "", 10); err != nil || len(users) != 0 {
			t.Errorf("%d users are left, %v", len(users), err)
		}
	})
}

func TestAHashLeavesTheDirectoryInNoJSONAndNoLog(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		u := add(t, d, directory.User{Username: "ada", Email: "ada@example.com"})
		asJSON, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("user", "user", u)
		if strings.Contains(string(asJSON)+log.String(), "argon2") {
			t.Errorf("the hash is in %s or %s", asJSON, &log)
		}
		if strings.Contains(log.String(), "ada") || !strings.Contains(log.String(), u.ID) {
			t.Errorf("logged as %s", &log)
		}
	})
}

func TestWeakPasswordsAreRefusedWithReasons(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		ada := add(t, d, directory.User{Username: "ada.lovelace", Email: "countess@example.com"})
		for chosen, want := range map[string]directory.Weakness{
			"": directory.TooShort, "seven77": directory.TooShort, "e\u0301e\u0301e\u0301e\u0301": directory.TooShort, "ADA.lovelace": directory.IsName, "countess@example.com": directory.IsName,
			"Countess": directory.IsName, "tabs\tare control": directory.Unusable, strings.Repeat("x", 1025): directory.Unusable, "not utf-8 \xff": directory.Unusable,
		} {
			_, err := d.SetPassword(t.Context(), env, ada.ID, chosen, false)
			weak := (*directory.WeakPasswordError)(nil)
			if !errors.As(err, &weak) || !errors.Is(err, directory.ErrWeakPassword) || !slices.Equal(weak.Reasons, []directory.Weakness{want}) {
				t.Errorf("%q: %v", chosen, err)
			}
			if err != nil && chosen != "" && strings.Contains(err.Error(), chosen) {
				t.Errorf("%q is in its own refusal", chosen)
			}
		}
		if _, err := d.SetPassword(t.Context(), env, ada.ID, "eight888", false); err != nil {
			t.Errorf("eight characters: %v", err)
		}
		if _, err := d.SetPassword(t.Context(), env, "nobody", "eight888", false); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestFoldedNamesStayFolded(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		names := map[string]bool{"\u0130stanbul": true, "stra\u00dfe": true, "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2": true, "\u1e9e": true, "\uff33am": true}
		for name := range maps.Keys(names) {
			u := add(t, d, directory.User{Username: name})
			if got, err := d.Find(t.Context(), env, name); err != nil || got.ID != u.ID {
				t.Errorf("%q is not found as it was added: %v", name, err)
			}
		}
	})
}
