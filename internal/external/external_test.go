package external_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/directory"
	"vigil/internal/external"
	"vigil/internal/fixture"
	"vigil/internal/flowhost"
	"vigil/internal/password"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

const sso = "https://sso.example.com"

// house is a service on a real store, whose environment knows one provider.
type house struct {
	t       *testing.T
	service *external.Service
	people  *directory.Directory
	kv      kv.Store
	base    tenant.Base
	other   *other
}

func open(t *testing.T) *house {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	hasher, err := password.New(password.Config{Params: password.Cheapest(), Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	o := newOther(t)
	environment := &tenant.Environment{ID: "home", Hosts: []string{sso}, IdentityProviders: []*tenant.IdentityProvider{{
		Name: "company", Issuer: o.server.URL, ClientID: "here", ClientSecret: "between us", Scopes: []string{"openid", "email"}, TokenEndpointAuthMethod: "client_secret_basic",
		Claims: tenant.IdentityClaims{Username: "preferred_username", Email: "email", EmailVerified: "email_verified", GivenName: "given_name", FamilyName: "family_name"},
	}}}
	tenants, err := tenant.New([]*tenant.Environment{environment}, nil)
	if err != nil {
		t.Fatal(err)
	}
	base, _ := tenants.At("home", sso)
	h := &house{t: t, kv: db, base: base, other: o, people: &directory.Directory{Store: db, Passwords: hasher, Now: func() time.Time { return now }, Random: rand.Reader}}
	h.service = &external.Service{
		Keep: flowhost.Keep{KV: db}, KV: db, Directory: h.people, Account: h.account, Tenants: tenants, Random: rand.Reader,
		Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	}
	return h
}

func (h *house) account(ctx context.Context, environmentID, userID string) (*connector.AccountValue, error) {
	u, err := h.people.ByID(ctx, environmentID, userID)
	if errors.Is(err, directory.ErrNotFound) || err == nil && !u.Enabled {
		return nil, nil
	}
	return &connector.AccountValue{ID: u.ID, Username: u.Username, Email: u.Email, Enabled: u.Enabled}, err
}

// leave leaves for the provider, and gives what it is asked.
func (h *house) leave(run string, request connector.Request) url.Values {
	h.t.Helper()
	location, err := h.service.Begin(h.t.Context(), external.Trip{Base: h.base, RunID: fixture.Run(run), Node: "page", Field: "company", Provider: "company", Request: request})
	if err != nil {
		h.t.Fatal(err)
	}
	address, err := url.Parse(location)
	if err != nil || !strings.HasPrefix(location, h.other.server.URL+"/authorize?") {
		h.t.Fatalf("the way leads to %s, %v", location, err)
	}
	h.other.asked = address.Query()
	return h.other.asked
}

// back comes back with parameters.
func (h *house) back(run string, query url.Values) (*builtin.Identity, error) {
	h.t.Helper()
	arrival, err := h.service.Returned(h.t.Context(), fixture.Run(run), "company", query)
	if err != nil {
		h.t.Fatal(err)
	}
	if arrival == nil {
		return nil, nil
	}
	return h.service.SignOn(h.t.Context(), builtin.ExternalAnswer{EnvironmentID: "home", RunID: fixture.Run(run), Answer: arrival.Answer, Now: now})
}

func TestTheProviderIsAskedAndAnsweredAsOpenIDConnectWants(t *testing.T) {
	h := open(t)
	asked := h.leave("run", connector.Request{Reauthenticate: true, Language: "de"})
	for name, want := range map[string]string{
		"client_id": "here", "response_type": "code", "scope": "openid email", "redirect_uri": sso + "/as/callback/company", "code_challenge_method": "S256",
		"prompt": "login", "max_age": "0", "ui_locales": "de",
	} {
		if asked.Get(name) != want {
			t.Errorf("%s is %q", name, asked.Get(name))
		}
	}
	if external.RunOf(asked.Get("state")) != fixture.Run("run") || len(asked.Get("nonce")) < 40 || len(asked.Get("state")) < 40 {
		t.Errorf("state %q, nonce %q", asked.Get("state"), asked.Get("nonce"))
	}
	identity, err := h.back("run", url.Values{"state": {asked.Get("state")}, "code": {"the code"}})
	want := builtin.Identity{
		Provider: "company", Issuer: h.other.server.URL, Subject: "42", Email: "grace@example.com", EmailVerified: true,
		Username: "grace", GivenName: "Grace", FamilyName: "Hopper",
	}
	if err != nil || identity == nil || *identity != want {
		t.Fatalf("%+v, %v", identity, err)
	}
	got := h.other.redeemed
	if got.Get("code") != "the code" || got.Get("redirect_uri") != asked.Get("redirect_uri") || challengeOf(got.Get("code_verifier")) != asked.Get("code_challenge") || h.other.secret != "between+us" {
		t.Errorf("redeemed with %v and the secret %q", got, h.other.secret)
	}
	if identity, err := h.back("run", url.Values{"state": {asked.Get("state")}, "code": {"the code"}}); identity != nil || err != nil {
		t.Errorf("a second time: %v, %v", identity, err)
	}
}

func TestNothingThatAProviderSaysCountsUnlessAllOfItIsRight(t *testing.T) {
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	fresh := connector.Request{MaxAge: time.Minute}
	for name, c := range map[string]struct {
		change  func(*other)
		answer  url.Values // beside state and code
		request connector.Request
		right   bool
	}{
		"all of it":                         {func(*other) {}, nil, connector.Request{}, true},
		"its own name":                      {func(o *other) { o.namesItself = true }, url.Values{"iss": {"its own"}}, connector.Request{}, true},
		"another's name":                    {func(*other) {}, url.Values{"iss": {"https://else.example.com"}}, connector.Request{}, false},
		"no name, of one that names itself": {func(o *other) { o.namesItself = true }, nil, connector.Request{}, false},
		"a refusal":                         {func(*other) {}, url.Values{"error": {"access_denied"}}, connector.Request{}, false},
		"another nonce":                     {func(o *other) { o.claims = map[string]any{"nonce": "another"} }, nil, connector.Request{}, false},
		"no nonce":                          {func(o *other) { o.claims = map[string]any{"nonce": nil} }, nil, connector.Request{}, false},
		"another audience":                  {func(o *other) { o.claims = map[string]any{"aud": "there"} }, nil, connector.Request{}, false},
		"several audiences":                 {func(o *other) { o.claims = map[string]any{"aud": []string{"here", "there"}} }, nil, connector.Request{}, false},
		"several audiences, ours asked":     {func(o *other) { o.claims = map[string]any{"aud": []string{"here", "there"}, "azp": "here"} }, nil, connector.Request{}, true},
		"another asked":                     {func(o *other) { o.claims = map[string]any{"azp": "there"} }, nil, connector.Request{}, false},
		"another issuer":                    {func(o *other) { o.claims = map[string]any{"iss": "https://else.example.com"} }, nil, connector.Request{}, false},
		"nobody":                            {func(o *other) { o.claims = map[string]any{"sub": ""} }, nil, connector.Request{}, false},
		"a token that expired":              {func(o *other) { o.claims = map[string]any{"exp": now.Add(-time.Second).Unix()} }, nil, connector.Request{}, false},
		"a token of another access token":   {func(o *other) { o.claims = map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"} }, nil, connector.Request{}, false},
		"a sign-on of long ago":             {func(o *other) { o.claims = map[string]any{"auth_time": now.Add(-time.Hour).Unix()} }, nil, fresh, false},
		"a sign-on of just now":             {func(o *other) { o.claims = map[string]any{"auth_time": now.Unix()} }, nil, fresh, true},
		"a sign-on of long ago, unasked":    {func(o *other) { o.claims = map[string]any{"auth_time": now.Add(-time.Hour).Unix()} }, nil, connector.Request{}, true},
		"an old sign-on, asked for anew":    {func(o *other) { o.claims = map[string]any{"auth_time": now.Add(-2 * time.Minute).Unix()} }, nil, connector.Request{Reauthenticate: true, MaxAge: time.Hour}, false},
		"a stranger's signature":            {func(o *other) { o.sign = func(p []byte) string { return signed(o.t, jose.ES256, stranger, p) } }, nil, connector.Request{}, false},
		"no signature":                      {func(o *other) { o.sign = unsigned }, nil, connector.Request{}, false},
		"a signature by the client's secret": {func(o *other) {
			o.sign = func(p []byte) string {
				return signed(o.t, jose.HS256, []byte("between us, and long enough for HMAC"), p)
			}
		}, nil, connector.Request{}, false},
		"no token":                     {func(o *other) { o.sign = func([]byte) string { return "" } }, nil, connector.Request{}, false},
		"a code that it does not know": {func(o *other) { o.refuses = "invalid_grant" }, nil, connector.Request{}, false},
		"somebody else at its userinfo": {func(o *other) {
			o.claims, o.info = map[string]any{"email": nil}, map[string]any{"sub": "43", "email": "x@example.com"}
		}, nil, connector.Request{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			c.change(h.other)
			asked := h.leave("run", c.request)
			query := url.Values{"state": {asked.Get("state")}, "code": {"the code"}}
			for key, value := range c.answer {
				if query[key] = value; value[0] == "its own" {
					query[key] = []string{h.other.server.URL}
				}
			}
			identity, err := h.back("run", query)
			if err != nil || (identity != nil) != c.right {
				t.Errorf("%+v, %v", identity, err)
			}
		})
	}
}

func TestAnAddressCountsAsVerifiedOnlyWhereTheProviderSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		claims, info map[string]any
		email        string
		verified     bool
	}{
		"verified":                    {nil, nil, "grace@example.com", true},
		"not verified":                {map[string]any{"email_verified": false}, nil, "grace@example.com", false},
		"not a word about it":         {map[string]any{"email_verified": nil}, nil, "grace@example.com", false},
		"a text":                      {map[string]any{"email_verified": "true"}, nil, "grace@example.com", false},
		"verified, and no address":    {map[string]any{"email": nil}, nil, "", false},
		"told at userinfo":            {map[string]any{"email": nil, "email_verified": nil}, map[string]any{"sub": "42", "email": "g@example.com", "email_verified": true}, "g@example.com", true},
		"an address without an end":   {map[string]any{"email": strings.Repeat("g", 300) + "@example.com"}, nil, "", false},
		"a list in an address' place": {map[string]any{"email": []string{"grace@example.com"}}, nil, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.other.claims, h.other.info = c.claims, c.info
			asked := h.leave("run", connector.Request{})
			identity, err := h.back("run", url.Values{"state": {asked.Get("state")}, "code": {"the code"}})
			if err != nil || identity == nil || identity.Email != c.email || identity.EmailVerified != c.verified {
				t.Errorf("%+v, %v", identity, err)
			}
		})
	}
}

func TestAProviderThatFailsIsAFaultAndItsOwnWordsStayOutOfIt(t *testing.T) {
	h := open(t)
	h.other.refuses = "invalid_client"
	asked := h.leave("run", connector.Request{})
	identity, err := h.back("run", url.Values{"state": {asked.Get("state")}, "code": {"the code"}})
	if identity != nil || err == nil || strings.Contains(err.Error(), "swordfish") || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("%v, %v", identity, err)
	}
	if _, err := h.service.Begin(t.Context(), external.Trip{Base: h.base, RunID: fixture.Run("run"), Provider: "unknown"}); !errors.Is(err, external.ErrUnknownProvider) {
		t.Errorf("an unknown provider: %v", err)
	}
}
