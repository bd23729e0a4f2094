package registration_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"vigil/internal/oidc"
	"vigil/internal/outbound"
	"vigil/internal/registration"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

// process is one of several that share a store.
type process struct {
	*registration.Directory
	environment *tenant.Environment
}

func start(t testing.TB, store kv.Store, now func() time.Time) process {
	t.Helper()
	tenants, err := tenant.New([]*tenant.Environment{{ID: "home", Hosts: []string{"https://sso.example.com"}, Registration: &tenant.Registration{
		Limit: 1 << 30, PerHour: 1 << 30, Consent: tenant.ConsentRemembered, GrantTypes: []string{"AUTHORIZATION_CODE"}, Scopes: []string{"openid", "email"},
	}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &registration.Directory{
		Store: store, Tenants: tenants, Secret: func(string, string) [32]byte { return [32]byte{1} }, AuthMethods: []string{"none", "client_secret_basic"},
		Client: outbound.New(), Now: now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	}
	tenants.Use(d)
	return process{d, tenants.Environment("home")}
}

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func (p process) token(t testing.TB, left int) string {
	t.Helper()
	_, token, err := p.Mint(t.Context(), "home", registration.InitialToken{Name: "x", Expires: noon().Add(time.Hour), Left: left})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func body(t testing.TB, id, host string) []byte {
	t.Helper()
	m := map[string]any{"redirect_uris": []string{"https://" + host + "/cb"}, "post_logout_redirect_uris": []string{"https://" + host + "/bye"}}
	if id != "" {
		m["client_id"] = id
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (p process) knows(id, host string) (byID, byOrigin, byAddress bool) {
	app := p.environment.Application(id)
	return app != nil && app.AllowsRedirect("https://"+host+"/cb"), p.environment.AllowsOrigin("https://" + host), p.environment.AllowsPostLogoutRedirect("https://" + host + "/bye")
}

func TestWhatOneProcessChangesEveryOtherSeesAtOnce(t *testing.T) {
	store := kvtest.DoubleRun(t, kvtest.NewWeak(schema.All(), 1))
	a, b := start(t, store, noon), start(t, store, noon)
	r, err := a.Register(t.Context(), a.environment, b.token(t, -1), body(t, "", "one.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	sees := func(what, host string, want bool) {
		t.Helper()
		for i, p := range []process{a, b} {
			if byID, byOrigin, byAddress := p.knows(r.ID, host); byID != want || byOrigin != want || byAddress != want {
				t.Errorf("%s: process %d: %v %v %v", what, i, byID, byOrigin, byAddress)
			}
		}
	}
	sees("registered", "one.example.com", true)
	if _, err := b.Replace(t.Context(), b.environment, r.ID, r.Token, body(t, r.ID, "two.example.com")); err != nil {
		t.Fatal(err)
	}
	sees("changed, before", "one.example.com", false)
	sees("changed, after", "two.example.com", true)
	if before := a.environment.Application(r.ID); before != a.environment.Application(r.ID) {
		t.Error("an application that nobody changed is made anew")
	}
	if first := a.environment.Application(r.ID); !first.HasSecret(r.Secret) || !b.environment.Application(r.ID).HasSecret(r.Secret) {
		t.Error("its secret is not good everywhere")
	}
	if err := a.Delete(t.Context(), "home", r.ID, r.Token); err != nil {
		t.Fatal(err)
	}
	sees("deleted", "two.example.com", false)
}

func TestATokenForThreeLetsThreeInHoweverManyRace(t *testing.T) {
	for seed := range uint64(3) {
		store := kvtest.NewWeak(schema.All(), seed)
		a, b := start(t, store, noon), start(t, store, noon)
		token := a.token(t, 3)
		var wait sync.WaitGroup
		var mu sync.Mutex
		won, odd := 0, 0
		for i := range 24 {
			wait.Go(func() {
				p := []process{a, b}[i%2]
				_, err := p.Register(t.Context(), p.environment, token, body(t, "", fmt.Sprintf("h%d.example.com", i)))
				for errors.Is(err, kv.ErrConflict) {
					_, err = p.Register(t.Context(), p.environment, token, body(t, "", fmt.Sprintf("h%d.example.com", i)))
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, registration.ErrToken) {
					odd++
				}
			})
		}
		wait.Wait()
		list, _, err := a.List(t.Context(), "home", "", 100)
		if won != 3 || odd != 0 || len(list) != 3 || err != nil {
			t.Errorf("seed %d: %d let in, %d odd refusals, %d registered, %v", seed, won, odd, len(list), err)
		}
	}
}

// FuzzMetadata: whatever a client sends, it is either refused in the protocol's words or makes an application with addresses of its own alone.
func FuzzMetadata(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"redirect_uris":["https://a.example.com/"]}`, `{"redirect_uris":null}`, `{"redirect_uris":[null]}`, `{"redirect_uris":["http://[::1]:1/cb"],"application_type":"native"}`,
		`{"redirect_uris":["https://a.example.com/"],"jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]},"token_endpoint_auth_method":"none"}`,
		`{"redirect_uris":["https://sso.example.com/"],"client_name":"${SECRET}"}`, `{"redirect_uris":["https://a.example.com/"],"scope":"openid \u0000","response_types":["code id_token",""]}`,
	} {
		f.Add([]byte(seed))
	}
	store := kvtest.NewWeak(schema.All(), 1)
	p := start(f, store, noon)
	token := p.token(f, -1)
	f.Fuzz(func(t *testing.T, sent []byte) {
		r, err := p.Register(t.Context(), p.environment, token, sent)
		var fault *oidc.Error
		switch {
		case errors.Is(err, kv.ErrConflict):
			return
		case errors.As(err, &fault):
			if fault.Description == "" || fault.HTTPStatus() != 400 {
				t.Errorf("%s: %v", sent, err)
			}
			return
		case err != nil:
			t.Fatalf("%s: %v", sent, err)
		}
		app := p.environment.Application(r.ID)
		if app == nil || app.AllowsRedirect("https://sso.example.com/") || len(app.RedirectURIs) == 0 || !app.Enabled {
			t.Errorf("%s: %+v", sent, app)
		}
		if err := p.Delete(t.Context(), "home", r.ID, r.Token); err != nil && !errors.Is(err, kv.ErrConflict) {
			t.Error(err)
		}
	})
}
