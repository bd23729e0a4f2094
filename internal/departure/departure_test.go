package departure_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"vigil/internal/authenticator"
	"vigil/internal/departure"
	"vigil/internal/directory"
	"vigil/internal/password"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

const env = "home"

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func now() time.Time { return start }

// brittle is a store whose power goes off before one of its commits.
type brittle struct {
	kv.Store
	left int // commits until then. Negative: never
}

var errPower = errors.New("the power is off")

func (b *brittle) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if b.left == 0 {
		return errPower
	}
	b.left--
	return b.Store.Update(ctx, fn)
}

// home is a store with people in it, who have everything that people can have.
type home struct {
	t    *testing.T
	kv   kv.Store
	keys *authenticator.Store
}

func open(t *testing.T) home {
	t.Helper()
	file, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return home{t: t, kv: file, keys: &authenticator.Store{
		KV: file, Secret: func(string, string) [32]byte { return [32]byte{1} }, Guard: func(kv.Reader, string, string) error { return nil }, Now: now, Random: rand.Reader,
	}}
}

// departs takes people out of a store that may be brittle.
func (h home) departs(s kv.Store) *departure.Departure {
	h.t.Helper()
	hasher, err := password.New(password.Config{Params: password.Cheapest(), Random: rand.Reader})
	if err != nil {
		h.t.Fatal(err)
	}
	owed := func(s *session.Session) []store.Addressee {
		return []store.Addressee{{ClientID: s.Applications[0], Issuer: "https://sso.example.com"}}
	}
	sessions := &store.Sessions{KV: s, Keep: func(string, string) bool { return true }, Owed: owed}
	return departure.New(s, &directory.Directory{Store: s, Passwords: hasher, Now: now, Random: rand.Reader}, sessions, now)
}

func (h home) settle(name string) directory.User {
	h.t.Helper()
	u, err := h.departs(h.kv).Directory.Add(h.t.Context(), directory.User{EnvironmentID: env, Username: name, Email: name + "@example.com", Enabled: true}, "correct horse")
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.keys.Add(h.t.Context(), env, u.ID, authenticator.Authenticator{Kind: "totp"}); err != nil {
		h.t.Fatal(err)
	}
	err = h.kv.Update(h.t.Context(), func(tx kv.Tx) error {
		for i := range byte(3) {
			s := &session.Session{
				ID: session.NewID(start, [16]byte{i, u.ID[0], u.ID[1], u.ID[2]}), EnvironmentID: env, Origin: "https://sso.example.com", UserID: u.ID, Username: name, Gen: "gen",
				CreatedAt: start, LastActivity: start, IdleTimeout: time.Hour, Applications: []string{"app"},
			}
			if err := store.PutNewSession(tx, s); err != nil {
				return err
			}
		}
		return errors.Join(store.AddConsent(tx, env, u.ID, "app", []string{"email"}),
			store.PutAgreement(tx, env, u.ID, "terms", store.Agreement{Version: "1"}),
			tx.Put(schema.ExternalByUser, []byte(env+"\x00"+u.ID+"\x00digest"), nil), tx.Put(schema.External, []byte(env+"\x00digest"), []byte("{}")),
			store.PutHabit(tx, env, u.ID, store.Habit{SignOns: []time.Time{start}}))
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// owns lists in which buckets something of a user is left.
func (h home) owns(u directory.User) []string {
	h.t.Helper()
	prefix := []byte(env + "\x00" + u.ID)
	var buckets []string
	err := h.kv.View(h.t.Context(), func(r kv.Reader) error {
		buckets = nil
		for _, b := range []kv.Bucket{schema.User, schema.SessionByUser, schema.Consent, schema.Agreement, schema.Habit, schema.Authenticator, schema.ExternalByUser, schema.Leaver} {
			entries, err := r.Scan(b, prefix, append(append([]byte{}, prefix...), 0xff), 1)
			if err != nil {
				return err
			}
			if len(entries) > 0 {
				buckets = append(buckets, b.Name)
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return buckets
}

func (h home) notices() int {
	h.t.Helper()
	count := 0
	err := h.kv.View(h.t.Context(), func(r kv.Reader) error {
		entries, err := r.Scan(schema.Outbox, nil, nil, 100)
		count = len(entries)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return count
}

func TestNothingIsLeftOfWhoeverIsDeletedAndNobodyElseLosesAnything(t *testing.T) {
	h := open(t)
	ada, grace := h.settle("ada"), h.settle("grace")
	before := h.owns(grace)
	if len(h.owns(ada)) != 7 || len(before) != 7 {
		t.Fatalf("they begin with %v and %v", h.owns(ada), before)
	}
	ended, err := h.departs(h.kv).Delete(t.Context(), env, ada.ID)
	if err != nil || ended != 3 {
		t.Fatalf("%d sessions, %v", ended, err)
	}
	if left := h.owns(ada); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
	if left := h.owns(grace); len(left) != len(before) {
		t.Errorf("grace has %v", left)
	}
	if n := h.notices(); n != 3 {
		t.Errorf("%d applications are told", n)
	}
	if _, err := h.departs(h.kv).Delete(t.Context(), env, ada.ID); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("deleted again: %v", err)
	}
}

func TestWhereverTheCrashComesTheUserIsWhollyThereOrWhollyGoneInTheEnd(t *testing.T) {
	for commits := 0; ; commits++ {
		h := open(t)
		ada := h.settle("ada")
		_, err := h.departs(&brittle{h.kv, commits}).Delete(t.Context(), env, ada.ID)
		if err == nil {
			if commits < 6 {
				t.Errorf("a deletion takes %d commits", commits)
			}
			return
		}
		if !errors.Is(err, errPower) {
			t.Fatal(err)
		}
		again := h.departs(h.kv)
		if _, err := again.Directory.Find(t.Context(), env, "ada"); (err == nil) != (commits == 0) {
			t.Errorf("after %d commits: %v", commits, err)
		}
		if err := again.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := h.owns(ada); commits > 0 && len(left) != 0 || commits == 0 && len(left) != 7 {
			t.Errorf("after %d commits and a restart: %v", commits, left)
		}
		if n := h.notices(); commits > 0 && n != 3 {
			t.Errorf("after %d commits: %d applications are told", commits, n)
		}
	}
}
