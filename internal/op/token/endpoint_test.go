package token_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
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
	"vigil/internal/clientauth"
	"vigil/internal/clientkeys"
	"vigil/internal/dpop"
	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/op/token"
	"vigil/internal/outbound"
	"vigil/internal/replay"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/subject"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

const (
	host     = "sso.example.com"
	issuer   = "https://" + host + "/as"
	callback = "https://app.example.com/callback"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	secret   = "correct horse: battery staple"
	adaID    = "1f0c6a3e-8f57-4b1c-9d43-0a8d6c1e2b3f"
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
	return oidc.Claims{Subject: adaID}, nil
}

// op is a provider with four applications, in whose session ada is signed on.
type op struct {
	t       testing.TB
	router  *web.Router
	store   kv.Store
	keys    *keys.Set
	grants  grant.Environments
	people  *people
	now     time.Time
	touched [][]byte
	apps    map[string]*tenant.Application
}

func applications() []*tenant.Application {
	base := func(id, method string) *tenant.Application {
		return &tenant.Application{
			ClientID: id, Enabled: true, TokenEndpointAuthMethod: method, PKCEEnforcement: tenant.PKCEOptional,
			GrantTypes: []string{tenant.GrantAuthorizationCode}, Scopes: []string{"openid", "profile"}, RedirectURIs: []string{callback},
		}
	}
	spa := base("spa", tenant.AuthNone)
	spa.PKCEEnforcement = tenant.PKCES256Required
	basic, post := base("basic", tenant.AuthBasic), base("post", tenant.AuthPost)
	basic.ClientSecrets, post.ClientSecrets = []string{"the old one", secret}, []string{secret}
	native := base("native", tenant.AuthNone)
	native.GrantTypes = append(native.GrantTypes, tenant.GrantRefreshToken)
	native.IDTokenSigningAlg, native.CountsAsActivity = keys.RS256, true
	return []*tenant.Application{spa, basic, post, native}
}

func newOP(t testing.TB) *op {
	t.Helper()
	o := &op{t: t, people: &people{}, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), apps: map[string]*tenant.Application{}}
	env := &tenant.Environment{ID: "env", Hosts: []string{"https://" + host, "https://login.example.org"}, Applications: applications()}
	tenants, err := tenant.New([]*tenant.Environment{env}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range env.Applications {
		o.apps[a.ClientID] = a
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
	clientKeys, err := clientkeys.New(outbound.New(), func() time.Time { return o.now })
	if err != nil {
		t.Fatal(err)
	}
	endpoint := &token.Endpoint{
		Store: store, Clients: &clientauth.Authenticator{
			Keys: clientKeys, Memory: replay.Memory{Store: store}, Now: func() time.Time { return o.now },
		},
		Proofs: &dpop.Verifier{Memory: replay.Memory{Store: store}, Secret: o.keys.Secret, Now: func() time.Time { return o.now }},
		Tokens: &accesstoken.Reader{
			Store: store, Keys: o.keys, Grants: o.grants, Liveness: o.liveness, Subjects: subject.Subjects{Secret: o.keys.Secret},
		},
		Keys: o.keys, Grants: o.grants, Liveness: o.liveness, Users: o.people,
		Touch: func(id []byte, _ time.Time) { o.touched = append(o.touched, id) },
		Now:   func() time.Time { return o.now }, Random: rand.Reader, Log: quiet,
	}
	endpoint.Mount(o.router)
	o.signOn()
	return o
}

func (o *op) liveness(id []byte) grant.Alive {
	return func(r kv.Reader, _ time.Time) (bool, error) {
		value, err := r.Get(sessions, id)
		return value != nil, err
	}
}

func (o *op) update(fn func(kv.Tx) error) {
	o.t.Helper()
	if err := o.store.Update(context.Background(), fn); err != nil {
		o.t.Fatal(err)
	}
}

func (o *op) signOn() {
	o.update(func(tx kv.Tx) error { return tx.Put(sessions, adasSession, []byte("alive")) })
}

func (o *op) signOff() {
	o.update(func(tx kv.Tx) error {
		if err := tx.Delete(sessions, adasSession); err != nil {
			return err
		}
		return grant.EndFamilies(tx, adasSession, func(string) bool { return false })
	})
}

// code is what authorize answered an application, with changes.
func (o *op) code(clientID string, changes ...func(*grant.Grant)) string {
	o.t.Helper()
	g, err := grant.New(o.now, rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(verifier))
	g.EnvironmentID, g.Issuer, g.ClientID, g.RedirectURI, g.SessionID, g.UserID = "env", issuer, clientID, callback, adasSession, adaID
	g.Scope, g.Nonce, g.AuthTime, g.ACR, g.AMR = "openid profile", "n-0S6_WzA2Mj", o.now.Add(-time.Minute), "Single_Factor", []string{"pwd"}
	g.CodeChallenge, g.CodeChallengeMethod = base64.RawURLEncoding.EncodeToString(sum[:]), oidc.ChallengeS256
	for _, change := range changes {
		change(g)
	}
	code, err := o.grants["env"].Seal(g)
	if err != nil {
		o.t.Fatal(err)
	}
	return code
}

// reply is an answer of the token endpoint.
type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (r reply) text(name string) string {
	s, _ := r.body[name].(string)
	return s
}

// post asks the token endpoint; pairs are form parameters, an empty value is left out.
func (o *op) post(authorization string, pairs ...string) reply {
	o.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			form.Add(pairs[i], pairs[i+1])
		}
	}
	return o.send(host, "application/x-www-form-urlencoded", authorization, form.Encode())
}

func (o *op) send(host, contentType, authorization, body string) reply {
	o.t.Helper()
	req := httptest.NewRequest(http.MethodPost, "https://"+host+"/as/token", strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	o.router.ServeHTTP(w, req)
	r := reply{status: w.Code, header: w.Result().Header}
	if err := json.Unmarshal(w.Body.Bytes(), &r.body); err != nil {
		o.t.Fatalf("%d %q: %v", w.Code, w.Body.String(), err)
	}
	if r.header.Get("Cache-Control") != "no-store" {
		o.t.Errorf("Cache-Control %q", r.header.Get("Cache-Control"))
	}
	return r
}

// exchange redeems a code of a public client in the proper way.
func (o *op) exchange(clientID, code string) reply {
	o.t.Helper()
	return o.post("", "grant_type", "authorization_code", "code", code, "redirect_uri", callback, "client_id", clientID, "code_verifier", verifier)
}

func (o *op) refresh(clientID, refreshToken string, more ...string) reply {
	o.t.Helper()
	return o.post("", append([]string{"grant_type", "refresh_token", "refresh_token", refreshToken, "client_id", clientID}, more...)...)
}

// claims verifies a token of the OP and gives its claims.
func (o *op) claims(tok, typ, alg string) map[string]any {
	o.t.Helper()
	v, err := o.keys.Ring("env").Verify(tok, typ)
	if err != nil || v.Alg != alg {
		o.t.Fatalf("%s: %v (%s)", typ, err, v.Alg)
	}
	var claims map[string]any
	if err := json.Unmarshal(v.Claims, &claims); err != nil {
		o.t.Fatal(err)
	}
	return claims
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}
