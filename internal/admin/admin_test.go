package admin_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/internal/admin"
	"vigil/internal/directory"
	"vigil/internal/keys"
	"vigil/internal/password"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// noAddress is not counted against anybody.
var noAddress netip.Addr

// house is a store with its operations, as a server has them.
type house struct {
	data  string
	local *admin.Local
}

func build(t *testing.T) house {
	t.Helper()
	data := t.TempDir()
	file, err := bolt.Open(filepath.Join(data, "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	hasher, err := password.New(password.Config{Params: password.Cheapest(), Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return start }
	return house{data, &admin.Local{
		Environments: []string{"one", "two"}, Now: now,
		Directory: &directory.Directory{Store: file, Passwords: hasher, Now: now, Random: rand.Reader},
		Live:      &store.Sessions{KV: file, Keep: func(string, string) bool { return false }},
	}}
}

// overSocket gives the same operations through the socket.
func (h house) overSocket(t *testing.T) admin.Operations {
	t.Helper()
	l, err := admin.Listen(h.data)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: admin.Handler(h.local)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return admin.NewClient(h.data)
}

// bothWays runs a promise on the store itself and through the socket of the process that holds it.
func bothWays(t *testing.T, promise func(t *testing.T, h house, o admin.Operations)) {
	t.Run("on the store", func(t *testing.T) {
		h := build(t)
		promise(t, h, h.local)
	})
	t.Run("through the socket", func(t *testing.T) {
		h := build(t)
		promise(t, h, h.overSocket(t))
	})
}

func code(err error) admin.Code {
	var told *admin.Error
	if errors.As(err, &told) {
		return told.Code
	}
	return ""
}

func addAda(t *testing.T, o admin.Operations) admin.User {
	t.Helper()
	u, err := o.AddUser(t.Context(), admin.NewUser{
		Environment: "one", Username: "ada", Password: "correct horse", Email: "ada@example.com",
		GivenName: "Ada", FamilyName: "Lovelace", Groups: []string{"staff"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAUserIsAddedAndListed(t *testing.T) {
	bothWays(t, func(t *testing.T, h house, o admin.Operations) {
		ada := addAda(t, o)
		page, err := o.Users(t.Context(), admin.Page{Environment: "one", Limit: 10})
		if err != nil || len(page.Users) != 1 || page.Next != "" {
			t.Fatalf("%+v %v", page, err)
		}
		if got := page.Users[0]; got.ID != ada.ID || got.Username != "ada" || got.Email != "ada@example.com" || !got.Enabled ||
			got.GivenName != "Ada" || got.FamilyName != "Lovelace" || !slices.Equal(got.Groups, []string{"staff"}) || !got.CreatedAt.Equal(start) {
			t.Errorf("%+v", got)
		}
		if page, err := o.Users(t.Context(), admin.Page{Environment: "two", Limit: 10}); err != nil || len(page.Users) != 0 {
			t.Errorf("another environment has %+v %v", page, err)
		}
		result, err := h.local.Directory.CheckPassword(t.Context(), "one", "ada", "correct horse", noAddress)
		if err != nil || result.Outcome != directory.Success {
			t.Errorf("the password is %v, %v", result.Outcome, err)
		}
	})
}

func TestAListGoesOnWhereThePageBeforeEnded(t *testing.T) {
	bothWays(t, func(t *testing.T, _ house, o admin.Operations) {
		for _, name := range []string{"cyd", "ada", "bob"} {
			if _, err := o.AddUser(t.Context(), admin.NewUser{Environment: "one", Username: name, Password: "correct horse"}); err != nil {
				t.Fatal(err)
			}
		}
		var names []string
		for after := ""; ; {
			page, err := o.Users(t.Context(), admin.Page{Environment: "one", After: after, Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range page.Users {
				names = append(names, u.Username)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if !slices.Equal(names, []string{"ada", "bob", "cyd"}) {
			t.Errorf("%v", names)
		}
	})
}

func TestMistakesAreToldApartAndHoldNoPassword(t *testing.T) {
	bothWays(t, func(t *testing.T, _ house, o admin.Operations) {
		addAda(t, o)
		add := func(n admin.NewUser) error { _, err := o.AddUser(t.Context(), n); return err }
		person := admin.Person{Environment: "one", Username: "nobody"}
		_, list := o.Users(t.Context(), admin.Page{Environment: "one"})
		_, set := o.SetPassword(t.Context(), admin.Password{Person: person, Password: "correct horse"})
		_, enable := o.SetEnabled(t.Context(), admin.Switch{Person: person, Enabled: true})
		_, end := o.EndSessions(t.Context(), person)
		_, keys := o.Keys(t.Context(), admin.Environment{Environment: "three"})
		for _, c := range []struct {
			what string
			err  error
			want admin.Code
		}{
			{"a name that is taken", add(admin.NewUser{Environment: "one", Username: "ADA", Password: "correct horse"}), admin.CodeExists},
			{"a short password", add(admin.NewUser{Environment: "one", Username: "bob", Password: "s3cret"}), admin.CodeWeak},
			{"no password", add(admin.NewUser{Environment: "one", Username: "bob"}), admin.CodeWeak},
			{"no name", add(admin.NewUser{Environment: "one", Password: "correct horse"}), admin.CodeInvalid},
			{"an address that is none", add(admin.NewUser{Environment: "one", Username: "bob", Email: "bob", Password: "correct horse"}), admin.CodeInvalid},
			{"an unknown environment", add(admin.NewUser{Environment: "three", Username: "bob", Password: "correct horse"}), admin.CodeEnvironment},
			{"a page of nothing", list, admin.CodeInvalid},
			{"a password for nobody", set, admin.CodeNotFound},
			{"nobody enabled", enable, admin.CodeNotFound},
			{"nobody's sessions", end, admin.CodeNotFound},
			{"keys of an unknown environment", keys, admin.CodeEnvironment},
		} {
			if code(c.err) != c.want {
				t.Errorf("%s: %v", c.what, c.err)
			}
			if c.err != nil && (strings.Contains(c.err.Error(), "s3cret") || strings.Contains(c.err.Error(), "horse")) {
				t.Errorf("%s: %v holds a password", c.what, c.err)
			}
		}
	})
}

// signedOn gives a user a session, as the start of one does. That of seed 2 is in a realm.
func (h house) signedOn(t *testing.T, userID string, seed byte) {
	t.Helper()
	s := &session.Session{
		ID: session.NewID(start, [16]byte{seed}), EnvironmentID: "one", Origin: "https://sso.example.com", Realm: map[byte]string{2: "/alpha"}[seed], UserID: userID,
		CreatedAt: start, LastActivity: start, IdleTimeout: time.Hour, Applications: []string{"app"},
	}
	if err := h.local.Live.KV.Update(t.Context(), func(tx kv.Tx) error { return store.PutNewSession(tx, s) }); err != nil {
		t.Fatal(err)
	}
}

func TestWhoIsDisabledOrGetsAnotherPasswordHasNoSessionLeft(t *testing.T) {
	bothWays(t, func(t *testing.T, h house, o admin.Operations) {
		ada := addAda(t, o)
		person := admin.Person{Environment: "one", Username: "ada@example.com"}
		for what, change := range map[string]func() (admin.Ended, error){
			"password": func() (admin.Ended, error) {
				return o.SetPassword(t.Context(), admin.Password{Person: person, Password: "another horse", MustChange: true})
			},
			"disable": func() (admin.Ended, error) { return o.SetEnabled(t.Context(), admin.Switch{Person: person}) },
			"end":     func() (admin.Ended, error) { return o.EndSessions(t.Context(), person) },
		} {
			h.signedOn(t, ada.ID, 1)
			h.signedOn(t, ada.ID, 2)
			before, err := h.local.Directory.ByID(t.Context(), "one", ada.ID)
			if err != nil {
				t.Fatal(err)
			}
			if list, err := o.Sessions(t.Context(), person); err != nil || len(list) != 2 || list[0].Origin != "https://sso.example.com" ||
				list[0].Realm != "" || list[1].Realm != "/alpha" || !list[0].Deadline.Equal(start.Add(time.Hour)) || !slices.Equal(list[0].Applications, []string{"app"}) {
				t.Errorf("%s: sessions before: %+v %v", what, list, err)
			}
			if ended, err := change(); err != nil || ended.Sessions != 2 {
				t.Errorf("%s: %+v %v", what, ended, err)
			}
			if list, err := o.Sessions(t.Context(), person); err != nil || len(list) != 0 {
				t.Errorf("%s: sessions afterwards: %+v %v", what, list, err)
			}
			after, err := h.local.Directory.ByID(t.Context(), "one", ada.ID)
			if err != nil || after.Epoch <= before.Epoch {
				t.Errorf("%s: a sign-on under way would still count: epoch %d, then %d, %v", what, before.Epoch, after.Epoch, err)
			}
			if _, err := o.SetEnabled(t.Context(), admin.Switch{Person: person, Enabled: true}); err != nil {
				t.Error(err)
			}
		}
		result, err := h.local.Directory.CheckPassword(t.Context(), "one", "ada", "another horse", noAddress)
		if err != nil || result.Outcome != directory.MustChange {
			t.Errorf("the new password is %v, %v", result.Outcome, err)
		}
	})
}

func TestWhoIsDeletedIsGoneAndTheTrailTellsOfThemByTheirID(t *testing.T) {
	bothWays(t, func(t *testing.T, h house, o admin.Operations) {
		ada := addAda(t, o)
		h.signedOn(t, ada.ID, 1)
		err := h.local.Live.KV.Update(t.Context(), func(tx kv.Tx) error {
			return errors.Join(
				store.PutLine(tx, store.Line{At: start.Add(-48 * time.Hour), EnvironmentID: "one", Event: "old", UserID: ada.ID}, [16]byte{1}),
				store.PutLine(tx, store.Line{At: start, EnvironmentID: "one", Event: "registered", UserID: ada.ID, Text: "so it was"}, [16]byte{2}),
				store.PutLine(tx, store.Line{At: start, EnvironmentID: "one", Event: "registered", UserID: "somebody else"}, [16]byte{3}),
				store.PutLine(tx, store.Line{At: start, EnvironmentID: "two", Event: "registered", UserID: ada.ID}, [16]byte{4}))
		})
		if err != nil {
			t.Fatal(err)
		}
		query := admin.AuditQuery{Environment: "one", Since: start.Add(-time.Hour), Username: "ada@example.com", Event: "registered"}
		trail := func(what string) {
			part, err := o.Audit(t.Context(), query)
			if err != nil || part.Next != "" || len(part.Lines) != 1 || part.Lines[0].Text != "so it was" {
				t.Errorf("%s: %+v, %v", what, part, err)
			}
		}
		trail("by address")
		if ended, err := o.DeleteUser(t.Context(), admin.Person{Environment: "one", Username: "ada"}); err != nil || ended.Sessions != 1 {
			t.Errorf("%+v, %v", ended, err)
		}
		if _, err := o.DeleteUser(t.Context(), admin.Person{Environment: "one", Username: "ada"}); code(err) != admin.CodeNotFound {
			t.Errorf("deleted again: %v", err)
		}
		query.Username = ada.ID
		trail("by id")
		if _, err := o.Audit(t.Context(), admin.AuditQuery{Environment: "three"}); code(err) != admin.CodeEnvironment {
			t.Errorf("of no environment: %v", err)
		}
	})
}

func TestKeysRotate(t *testing.T) {
	bothWays(t, func(t *testing.T, h house, o admin.Operations) {
		if _, err := o.RotateKeys(t.Context(), admin.Rotation{Environment: "one"}); code(err) != admin.CodeFailed {
			t.Errorf("keys that were not opened: %v", err)
		}
		var err error
		if h.local.Signing, err = keys.Open(t.Context(), h.local.Live.KV, []string{"one", "two"}, start, keys.Options{}); err != nil {
			t.Fatal(err)
		}
		before, err := o.Keys(t.Context(), admin.Environment{Environment: "one"})
		if err != nil || len(before) != 3 || before[0].State != "active" {
			t.Fatalf("%+v %v", before, err)
		}
		after, err := o.RotateKeys(t.Context(), admin.Rotation{Environment: "one"})
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]string{}
		for _, k := range after {
			states[k.ID] = k.State
			if k.State == "next" && !k.From.Equal(start.Add(keys.DefaultAhead)) {
				t.Errorf("%+v", k)
			}
		}
		for _, k := range before {
			if states[k.ID] != "active" {
				t.Errorf("%s is %q before anybody can know the next key", k.ID, states[k.ID])
			}
		}
		if len(after) != 6 {
			t.Errorf("%d keys: wanted active and next of three keys", len(after))
		}
		stolen, err := o.RotateKeys(t.Context(), admin.Rotation{Environment: "one", Now: true})
		if err != nil || len(stolen) != 3 {
			t.Errorf("after a theft: %d keys, %v", len(stolen), err)
		}
		for _, k := range stolen {
			if states[k.ID] != "" || k.State != "active" {
				t.Errorf("after a theft: %+v", k)
			}
		}
		if other := h.local.Signing.Ring("two").Describe(); len(other) != 3 {
			t.Errorf("the other environment has %d keys now", len(other))
		}
	})
}
