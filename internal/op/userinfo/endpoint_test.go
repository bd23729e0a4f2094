package userinfo_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/accesstoken"
	"vigil/internal/dpop"
	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/op/userinfo"
	"vigil/internal/replay"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/subject"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

const (
	issuer = "https://sso.example.com/as"
	adaID  = "1f0c6a3e-8f57-4b1c-9d43-0a8d6c1e2b3f"
)

// sessions is where the tests keep the sessions that are alive.
var sessions = kv.Bucket{Name: "session", Kind: kv.Ordered}

var adasSession = []byte("session-of-ada-22bytes")

// people answers for ada unless she is gone.
type people struct{ gone bool }

func (p *people) UserClaims(context.Context, string, string) (oidc.Claims, error) {
	if p.gone {
		return oidc.Claims{}, grant.ErrGone
	}
	yes := true
	return oidc.Claims{Subject: adaID, Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: &yes}, nil
}

// op is a provider that has given ada's application access tokens.
type op struct {
	t       testing.TB
	router  *web.Router
	store   kv.Store
	keys    *keys.Set
	grants  grant.Environments
	people  *people
	app     *tenant.Application
	now     time.Time
	touched int
}

func newOP(t testing.TB) *op {
	t.Helper()
	o := &op{t: t, people: &people{}, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), app: &tenant.Application{ClientID: "spa", Enabled: true}}
	env := &tenant.Environment{
		ID: "env", Hosts: []string{"https://sso.example.com", "https://login.example.org"}, Applications: []*tenant.Application{o.app},
	}
	tenants, err := tenant.New([]*tenant.Environment{env}, nil)
	if err != nil {
		t.Fatal(err)
	}
	store, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	o.store = store
	if o.keys, err = keys.Open(context.Background(), store, []string{"env"}, o.now, keys.Options{}); err != nil {
		t.Fatal(err)
	}
	o.grants = grant.NewEnvironments([]string{"env"}, o.keys.Secret, rand.Reader)
	quiet := slog.New(slog.DiscardHandler)
	o.router = web.NewRouter(web.Options{Tenants: tenants, Log: quiet, Now: func() time.Time { return o.now }})
	alive := func(id []byte) grant.Alive {
		return func(r kv.Reader, _ time.Time) (bool, error) {
			value, err := r.Get(sessions, id)
			return value != nil, err
		}
	}
	(&userinfo.Endpoint{
		Tokens: &accesstoken.Reader{
			Store: store, Keys: o.keys, Grants: o.grants, Liveness: alive, Subjects: subject.Subjects{Secret: o.keys.Secret},
		},
		Proofs: &dpop.Verifier{Memory: replay.Memory{Store: store}, Secret: o.keys.Secret, Now: func() time.Time { return o.now }},
		Keys:   o.keys, Users: o.people,
		Touch: func([]byte, time.Time) { o.touched++ }, Now: func() time.Time { return o.now }, Log: quiet,
	}).Mount(o.router)
	o.update(func(tx kv.Tx) error { return tx.Put(sessions, adasSession, []byte("alive")) })
	return o
}

func (o *op) update(fn func(kv.Tx) error) {
	o.t.Helper()
	if err := o.store.Update(context.Background(), fn); err != nil {
		o.t.Fatal(err)
	}
}

// token is what the token endpoint gave, with changes.
func (o *op) token(typ string, session []byte, changes ...func(*grant.AccessClaims)) (string, grant.Handle) {
	o.t.Helper()
	g, err := grant.New(o.now, rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	handle := grant.NewHandle(g.ID, o.now.Add(time.Hour))
	reference, err := o.grants["env"].SealReference(grant.Reference{Handle: handle, SessionID: session})
	if err != nil {
		o.t.Fatal(err)
	}
	c := grant.AccessClaims{
		Issuer: issuer, Subject: adaID, Audience: grant.Audience{issuer}, ClientID: "spa", Scope: "openid email", ID: "j", Grant: reference,
		IssuedAt: o.now.Unix(), Expires: o.now.Add(time.Hour).Unix(),
	}
	for _, change := range changes {
		change(&c)
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		o.t.Fatal(err)
	}
	signed, err := o.keys.Ring("env").Sign(keys.ES256, typ, encoded)
	if err != nil {
		o.t.Fatal(err)
	}
	return signed, handle
}

func (o *op) good() string {
	token, _ := o.token(keys.TypeAccessToken, adasSession)
	return token
}

func (o *op) ask(method, form string, authorization ...string) *httptest.ResponseRecorder {
	o.t.Helper()
	req := httptest.NewRequest(method, "https://sso.example.com/as/userinfo", strings.NewReader(form))
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, a := range authorization {
		req.Header.Add("Authorization", a)
	}
	w := httptest.NewRecorder()
	o.router.ServeHTTP(w, req)
	if w.Header().Get("Cache-Control") != "no-store" {
		o.t.Errorf("Cache-Control %q", w.Header().Get("Cache-Control"))
	}
	return w
}

func (o *op) get(token string) *httptest.ResponseRecorder { return o.ask("GET", "", "Bearer "+token) }

func TestTheBearerLearnsWhatItsScopeShows(t *testing.T) {
	o := newOP(t)
	token := o.good()
	for name, w := range map[string]*httptest.ResponseRecorder{
		"GET":                      o.get(token),
		"GET in small letters":     o.ask("GET", "", "bearer "+token),
		"POST with the header":     o.ask("POST", "", "Bearer "+token),
		"POST with the token":      o.ask("POST", "access_token="+token),
		"POST with another's form": o.ask("POST", "foo=bar", "Bearer "+token),
	} {
		want := `{"sub":"` + adaID + `","email":"ada@example.com","email_verified":true}`
		if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if o.touched != 0 {
		t.Error("reading kept the session from idling, though the application did not ask for that")
	}
	o.app.CountsAsActivity = true
	if o.get(token); o.touched != 1 {
		t.Error("reading did not count as activity")
	}
}

func TestATokenThatIsNotGoodHereAndNowIsRefused(t *testing.T) {
	o := newOP(t)
	with := func(change func(*grant.AccessClaims)) string {
		token, _ := o.token(keys.TypeAccessToken, adasSession, change)
		return token
	}
	idToken, _ := o.token(keys.TypeIDToken, adasSession)
	otherSession, _ := o.token(keys.TypeAccessToken, []byte("session-of-bob-22bytes"))
	for name, token := range map[string]string{
		"rubbish":                     "rubbish",
		"an ID token":                 idToken,
		"expired":                     with(func(c *grant.AccessClaims) { c.Expires = o.now.Unix() }),
		"of another issuer":           with(func(c *grant.AccessClaims) { c.Issuer = "https://login.example.org/as" }),
		"for another resource":        with(func(c *grant.AccessClaims) { c.Audience = grant.Audience{"https://api.example.com"} }),
		"of an unknown application":   with(func(c *grant.AccessClaims) { c.ClientID = "gone" }),
		"without a reference":         with(func(c *grant.AccessClaims) { c.Grant = "" }),
		"of a session that has ended": otherSession,
	} {
		w := o.get(token)
		challenge := w.Header().Get("WWW-Authenticate")
		if w.Code != 401 || !strings.HasPrefix(challenge, `Bearer realm="`+issuer+`", error="invalid_token"`) {
			t.Errorf("%s: %d %s", name, w.Code, challenge)
		}
		if strings.Contains(w.Body.String(), adaID) {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
}

func TestATokenDiesWithItsSessionItsRevocationAndItsUser(t *testing.T) {
	o := newOP(t)
	free, handle := o.token(keys.TypeAccessToken, nil)
	bound := o.good()
	status := func(token string, want int, what string) {
		t.Helper()
		if w := o.get(token); w.Code != want {
			t.Errorf("%s: %d, want %d", what, w.Code, want)
		}
	}
	status(bound, 200, "while the session lives")
	o.update(func(tx kv.Tx) error { return tx.Delete(sessions, adasSession) })
	status(bound, 401, "after the sign-off")
	status(free, 200, "after the sign-off, for an application that opted out")
	o.people.gone = true
	status(free, 401, "of a disabled user")
	o.people.gone = false
	o.update(func(tx kv.Tx) error { return grant.Revoke(tx, handle) })
	status(free, 401, "after a revocation")
}

func TestARequestWithoutATokenGetsABareChallenge(t *testing.T) {
	o := newOP(t)
	for name, w := range map[string]*httptest.ResponseRecorder{
		"nothing":                   o.ask("GET", ""),
		"another scheme":            o.ask("GET", "", "Basic YTpi"),
		"the token in the query":    o.query(),
		"the token in a GET's body": o.ask("GET", "access_token="+o.good()),
	} {
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") != `Bearer realm="`+issuer+`"` {
			t.Errorf("%s: %d %q", name, w.Code, w.Header().Get("WWW-Authenticate"))
		}
	}
}

func (o *op) query() *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "https://sso.example.com/as/userinfo?access_token="+url.QueryEscape(o.good()), nil)
	w := httptest.NewRecorder()
	o.router.ServeHTTP(w, req)
	return w
}

func TestAnUnclearRequestIsRefused(t *testing.T) {
	o := newOP(t)
	token := o.good()
	for name, w := range map[string]*httptest.ResponseRecorder{
		"two headers":     o.ask("GET", "", "Bearer "+token, "Bearer "+token),
		"header and form": o.ask("POST", "access_token="+token, "Bearer "+token),
		"two in the form": o.ask("POST", "access_token="+token+"&access_token="+token),
		"a giant form":    o.ask("POST", "x="+strings.Repeat("x", 64<<10)),
		"a broken escape": o.ask("POST", "access_token=%zz"),
	} {
		if w.Code != 400 || !strings.Contains(w.Header().Get("WWW-Authenticate"), `error="invalid_request"`) {
			t.Errorf("%s: %d %q", name, w.Code, w.Header().Get("WWW-Authenticate"))
		}
	}
}

func TestUserinfoNeedsTheScopeOpenID(t *testing.T) {
	o := newOP(t)
	token, _ := o.token(keys.TypeAccessToken, adasSession, func(c *grant.AccessClaims) { c.Scope = "email" })
	w := o.get(token)
	if w.Code != 403 || !strings.Contains(w.Header().Get("WWW-Authenticate"), `error="insufficient_scope"`) {
		t.Errorf("%d %q", w.Code, w.Header().Get("WWW-Authenticate"))
	}
}
