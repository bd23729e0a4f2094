package hint_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"vigil/internal/hint"
	"vigil/internal/keys"
	"vigil/internal/store/bolt"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

const claims = `{"iss":"https://sso.example.com/as","sub":"ada","aud":"app","sid":"s"}`

// open makes a ring, a place and a reader of hints.
func open(t testing.TB) (*keys.Ring, tenant.Base, hint.Reader) {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	set, err := keys.Open(context.Background(), store, []string{"env"}, time.Now(), keys.Options{Encryption: true})
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := tenant.New([]*tenant.Environment{{
		ID: "env", Hosts: []string{"https://sso.example.com"}, Applications: []*tenant.Application{{ClientID: "app", Enabled: true}},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	base, _ := tenants.At("env", "https://sso.example.com")
	return set.Ring("env"), base, hint.Reader{Keys: set}
}

func sign(t testing.TB, ring *keys.Ring, typ, text string) string {
	t.Helper()
	token, err := ring.Sign(keys.ES256, typ, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// RFC 8725 3.11: no other token of ours passes for an ID token; RP-Initiated Logout 2: an expired one is a good hint.
func TestOnlyAnIDTokenOfThisIssuerIsAHint(t *testing.T) {
	ring, base, reader := open(t)
	for token, good := range map[string]bool{
		sign(t, ring, keys.TypeIDToken, claims): true,
		sign(t, ring, keys.TypeIDToken, `{"iss":"https://sso.example.com/as","sub":"ada","aud":"app","exp":1}`): true,
		sign(t, ring, keys.TypeAccessToken, claims):                                                             false,
		sign(t, ring, keys.TypeLogoutToken, claims):                                                             false,
		sign(t, ring, keys.TypeIDToken, `{"iss":"https://other.example.com/as","sub":"ada","aud":"app"}`):       false,
		sign(t, ring, keys.TypeIDToken, `{"iss":"https://sso.example.com/as","sub":"ada","aud":"gone"}`):        false,
		sign(t, ring, keys.TypeIDToken, `{"iss":"https://sso.example.com/as","sub":"ada","aud":["app"]}`):       false,
	} {
		if h, err := reader.Read(base, token); (err == nil) != good || err != nil && !errors.Is(err, hint.ErrNone) {
			t.Errorf("%s: %+v %v", token, h, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	ring, base, reader := open(f)
	for _, token := range []string{
		sign(f, ring, keys.TypeIDToken, claims), sign(f, ring, keys.TypeLogoutToken, claims), sign(f, ring, keys.TypeIDToken, "[]"),
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.", "a.b.c.d.e", "....", "..",
	} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		h, err := reader.Read(base, token)
		if err != nil && !errors.Is(err, hint.ErrNone) || err == nil && (h.Subject != "ada" || h.ClientID != "app") {
			t.Errorf("%q: %+v %v", token, h, err)
		}
	})
}
