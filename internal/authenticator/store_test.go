package authenticator_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vigil/internal/authenticator"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

var errGone = errors.New("gone")

// open gives a store in which everybody but nobody exists.
func open(t *testing.T) *authenticator.Store {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &authenticator.Store{
		KV: db, Random: rand.Reader, Now: func() time.Time { return now },
		Secret: func(environmentID, purpose string) (secret [32]byte) {
			copy(secret[:], environmentID+" "+purpose)
			return secret
		},
		Guard: func(_ kv.Reader, _, userID string) error {
			if userID == "nobody" {
				return errGone
			}
			return nil
		},
	}
}

func list(t *testing.T, s *authenticator.Store, environment, user string) []authenticator.Authenticator {
	t.Helper()
	all, err := s.List(t.Context(), environment, user)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func add(t *testing.T, s *authenticator.Store, user string, a authenticator.Authenticator) authenticator.Authenticator {
	t.Helper()
	added, err := s.Add(t.Context(), "home", user, a)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func TestWhatSomebodyRegisteredIsTheirsAlone(t *testing.T) {
	s := open(t)
	first := add(t, s, "ada", authenticator.Authenticator{Kind: "totp", Name: "Phone", Data: []byte("seed"), Counter: 7})
	second := add(t, s, "ada", authenticator.Authenticator{Kind: "passkey"})
	all := list(t, s, "home", "ada")
	if len(all) != 2 || all[0].ID != first.ID || all[1].ID != second.ID || first.ID == second.ID {
		t.Fatalf("ada has %+v", all)
	}
	if got := all[0]; got.Kind != "totp" || got.Name != "Phone" || string(got.Data) != "seed" || got.Counter != 7 || !got.CreatedAt.Equal(now) || !got.LastUsedAt.IsZero() {
		t.Errorf("registered was %+v", got)
	}
	if len(list(t, s, "home", "adas")) != 0 || len(list(t, s, "office", "ada")) != 0 {
		t.Error("somebody else has them too")
	}
	if err := s.Change(t.Context(), "home", "bob", first.ID, func(*authenticator.Authenticator) error { return nil }); !errors.Is(err, authenticator.ErrNotFound) {
		t.Errorf("bob changed ada's: %v", err)
	}
	if err := s.Remove(t.Context(), "home", "bob", first.ID); !errors.Is(err, authenticator.ErrNotFound) {
		t.Errorf("bob removed ada's: %v", err)
	}
	for _, id := range []string{first.ID, second.ID} {
		if err := s.Remove(t.Context(), "home", "ada", id); err != nil {
			t.Fatal(err)
		}
	}
	if len(list(t, s, "home", "ada")) != 0 {
		t.Error("what was removed is there")
	}
}

func TestWhatIsRememberedIsEncryptedAndBoundToItsPlace(t *testing.T) {
	s := open(t)
	add(t, s, "ada", authenticator.Authenticator{Kind: "totp", Data: []byte("a seed nobody may read")})
	ada, bob := []byte("home\x00ada"), []byte("home\x00bob")
	var raw []byte
	if err := s.KV.Update(t.Context(), func(tx kv.Tx) error {
		value, err := tx.Get(schema.Authenticator, ada)
		raw = bytes.Clone(value)
		if err != nil {
			return err
		}
		return tx.Put(schema.Authenticator, bob, raw)
	}); err != nil {
		t.Fatal(err)
	}
	if len(raw) == 0 || bytes.Contains(raw, []byte("seed")) {
		t.Error("the store holds it in the clear")
	}
	if _, err := s.List(t.Context(), "home", "bob"); err == nil {
		t.Error("a record moved to another person can be read")
	}
	other := *s
	other.Secret = func(string, string) [32]byte { return [32]byte{1} }
	if _, err := other.List(t.Context(), "home", "ada"); err == nil {
		t.Error("a record can be read with another secret")
	}
}

func TestOfManyChangesAtOnceEachSeesTheOneBefore(t *testing.T) {
	s := open(t)
	a := add(t, s, "ada", authenticator.Authenticator{Kind: "totp"})
	used := errors.New("used")
	won := make([]bool, 12)
	var all sync.WaitGroup
	for i := range won {
		all.Go(func() {
			err := s.Change(context.Background(), "home", "ada", a.ID, func(a *authenticator.Authenticator) error {
				if a.Counter >= 100 {
					return used
				}
				a.Counter, a.LastUsedAt = 100, now
				return nil
			})
			if err != nil && !errors.Is(err, used) {
				t.Errorf("a change failed: %v", err)
			}
			won[i] = err == nil
		})
	}
	all.Wait()
	winners := 0
	for _, w := range won {
		if w {
			winners++
		}
	}
	if got := list(t, s, "home", "ada")[0]; winners != 1 || got.Counter != 100 || !got.LastUsedAt.Equal(now) {
		t.Errorf("%d won, and it is %+v", winners, got)
	}
}

func TestAChangeKeepsIdKindAndTime(t *testing.T) {
	s := open(t)
	a := add(t, s, "ada", authenticator.Authenticator{Kind: "totp", Name: "old"})
	if err := s.Change(t.Context(), "home", "ada", a.ID, func(a *authenticator.Authenticator) error {
		*a = authenticator.Authenticator{ID: "x", Kind: "passkey", Name: "new", Data: []byte("d")}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := list(t, s, "home", "ada")[0]; got.ID != a.ID || got.Kind != "totp" || !got.CreatedAt.Equal(now) || got.Name != "new" || string(got.Data) != "d" {
		t.Errorf("it became %+v", got)
	}
}

func TestTheTwentyFirstIsRefusedAndSoIsOneOfNobody(t *testing.T) {
	s := open(t)
	for range authenticator.Most {
		add(t, s, "ada", authenticator.Authenticator{Kind: "passkey", Name: "key", Data: bytes.Repeat([]byte{0xff}, authenticator.MaxData)})
	}
	if _, err := s.Add(t.Context(), "home", "ada", authenticator.Authenticator{Kind: "passkey"}); !errors.Is(err, authenticator.ErrFull) {
		t.Errorf("the twenty-first: %v", err)
	}
	if _, err := s.Add(t.Context(), "home", "nobody", authenticator.Authenticator{Kind: "totp"}); !errors.Is(err, errGone) {
		t.Errorf("one of nobody: %v", err)
	}
	for name, a := range map[string]authenticator.Authenticator{
		"no kind": {}, "too much": {Kind: "totp", Data: make([]byte, authenticator.MaxData+1)},
	} {
		if _, err := s.Add(t.Context(), "home", "bob", a); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := s.KV.Update(t.Context(), func(tx kv.Tx) error { return authenticator.RemoveAll(tx, "home", "ada") }); err != nil || len(list(t, s, "home", "ada")) != 0 {
		t.Errorf("after all were removed there are some: %v", err)
	}
}
