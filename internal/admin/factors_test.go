package admin_test

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"vigil/engine/connector/builtin"
	"vigil/internal/admin"
	"vigil/internal/authenticator"
	"vigil/internal/directory"
	"vigil/internal/external"
	"vigil/internal/store/kv"
)

func TestOperatorsSeeAndTakeAwayWhatSomebodyProvesThemselvesWith(t *testing.T) {
	bothWays(t, func(t *testing.T, h house, o admin.Operations) {
		ada, now := addAda(t, o), start
		h.signedOn(t, ada.ID, 1)
		held := authenticator.Store{
			KV: h.local.Live.KV, Secret: func(string, string) [32]byte { return [32]byte{1} }, Random: rand.Reader, Now: func() time.Time { now = now.Add(time.Minute); return now },
			Guard: func(r kv.Reader, environment, id string) error {
				_, err := directory.Get(r, environment, id)
				return err
			},
		}
		for kind, name := range map[string]string{"totp": "", "passkey": "Ada's phone"} {
			if _, err := held.Add(t.Context(), "one", ada.ID, authenticator.Authenticator{Kind: kind, Name: name, Data: []byte("a secret")}); err != nil {
				t.Fatal(err)
			}
		}
		links := external.Service{KV: h.local.Live.KV}
		if err := links.Link(t.Context(), "one", ada.ID, builtin.Identity{Provider: "company", Issuer: "https://login.example.org", Subject: "42"}, start); err != nil {
			t.Fatal(err)
		}
		person := admin.Person{Environment: "one", Username: "ada"}
		kinds := func() (kinds []string, ids map[string]string) {
			list, err := o.Factors(t.Context(), person)
			if err != nil {
				t.Fatal(err)
			}
			ids = map[string]string{}
			for _, f := range list {
				kinds, ids[f.Kind] = append(kinds, f.Kind), f.ID
				if f.Kind == "external" && (f.Name != "company" || f.Subject != "42" || f.Issuer != "https://login.example.org") {
					t.Errorf("%+v", f)
				}
			}
			return kinds, ids
		}
		all, ids := kinds()
		if len(all) != 3 || all[0] != "external" {
			t.Fatalf("%v", all)
		}
		for i, kind := range []string{"external", "passkey", "totp"} {
			ended, err := o.RemoveFactor(t.Context(), admin.FactorName{Person: person, ID: ids[kind]})
			if want := map[int]int{0: 1}[i]; err != nil || ended.Sessions != want {
				t.Errorf("%s: %+v, %v", kind, ended, err)
			}
			if left, _ := kinds(); len(left) != 2-i || slices.Contains(left, kind) {
				t.Errorf("without %s: %v", kind, left)
			}
			if _, err := o.RemoveFactor(t.Context(), admin.FactorName{Person: person, ID: ids[kind]}); code(err) != admin.CodeNotFound {
				t.Errorf("%s once more: %v", kind, err)
			}
		}
		if owner, err := links.Owner(t.Context(), "one", builtin.Identity{Issuer: "https://login.example.org", Subject: "42"}); owner != nil || err != nil {
			t.Errorf("who was unlinked is still %v, %v", owner, err)
		}
		if _, err := o.Factors(t.Context(), admin.Person{Environment: "one", Username: "nobody"}); code(err) != admin.CodeNotFound {
			t.Errorf("of nobody: %v", err)
		}
	})
}
