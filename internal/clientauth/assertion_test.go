package clientauth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/clientauth"
	"vigil/internal/clientkeys"
	"vigil/internal/oidc"
	"vigil/internal/outbound"
	"vigil/internal/replay"
	"vigil/internal/store/bolt"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

const (
	issuer   = "https://sso.example.com/as"
	endpoint = "https://sso.example.com/as/token"
	secret   = "a secret of at least sixty-four bytes, as HS512 wants, and thirty-two for HS256"
)

// bench is an authenticator with one application that signs with keys and one that signs with its secret.
type bench struct {
	t             testing.TB
	authenticator *clientauth.Authenticator
	base          tenant.Base
	now           time.Time
	keyed, shared *tenant.Application
	ec            *ecdsa.PrivateKey
	rsa           *rsa.PrivateKey
	ed            ed25519.PrivateKey
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	var err error
	if b.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if b.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if _, b.ed, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	b.keyed = &tenant.Application{
		ClientID: "keyed", Enabled: true, TokenEndpointAuthMethod: tenant.AuthPrivateKey,
		JWKS: set(t, map[string]crypto.PublicKey{"ec": b.ec.Public(), "rsa": b.rsa.Public(), "ed": b.ed.Public()}),
	}
	b.shared = &tenant.Application{
		ClientID: "shared", Enabled: true, TokenEndpointAuthMethod: tenant.AuthSecretJWT, ClientSecrets: []string{"an older secret, of thirty-two bytes too", secret},
	}
	env := &tenant.Environment{ID: "env", Hosts: []string{"https://sso.example.com"}, Applications: []*tenant.Application{b.keyed, b.shared}}
	tenants, err := tenant.New([]*tenant.Environment{env}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.base, _, _ = tenants.Find("sso.example.com", "/as/token")
	store, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	now := func() time.Time { return b.now }
	keys, err := clientkeys.New(outbound.New(), now)
	if err != nil {
		t.Fatal(err)
	}
	b.authenticator = &clientauth.Authenticator{Keys: keys, Memory: replay.Memory{Store: store}, Now: now}
	return b
}

func set(t testing.TB, public map[string]crypto.PublicKey) []byte {
	t.Helper()
	var s jose.JSONWebKeySet
	for kid, key := range public {
		s.Keys = append(s.Keys, jose.JSONWebKey{Key: key, KeyID: kid, Use: "sig"})
	}
	document, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

type claims map[string]any

func (b *bench) claims(clientID string, changes claims) claims {
	var id [16]byte
	_, _ = rand.Read(id[:])
	c := claims{
		"iss": clientID, "sub": clientID, "aud": issuer, "jti": base64.RawURLEncoding.EncodeToString(id[:]),
		"iat": b.now.Unix(), "exp": b.now.Add(time.Minute).Unix(),
	}
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func (b *bench) sign(alg jose.SignatureAlgorithm, key any, kid, typ string, c claims) string {
	b.t.Helper()
	o := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	if kid != "" {
		o = o.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o)
	if err != nil {
		b.t.Fatal(err)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		b.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		b.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func (b *bench) assert(token string) (*tenant.Application, *oidc.Error) {
	return b.authenticator.Authenticate(context.Background(), b.base, endpoint, oidc.Credentials{Method: oidc.AuthAssertion, Assertion: token})
}

func (b *bench) good(changes claims) string {
	return b.sign(jose.ES256, b.ec, "ec", "JWT", b.claims("keyed", changes))
}

func TestAnApplicationProvesItselfByEveryAlgorithmThatFitsItsKeys(t *testing.T) {
	b := newBench(t)
	for what, token := range map[string]string{
		"ES256": b.good(nil), "RS256": b.sign(jose.RS256, b.rsa, "rsa", "JWT", b.claims("keyed", nil)),
		"PS256": b.sign(jose.PS256, b.rsa, "rsa", "client-authentication+jwt", b.claims("keyed", nil)), "EdDSA": b.sign(jose.EdDSA, b.ed, "ed", "JWT", b.claims("keyed", nil)),
		"no kid": b.sign(jose.ES256, b.ec, "", "JWT", b.claims("keyed", nil)),
	} {
		if app, fault := b.assert(token); fault != nil || app != b.keyed {
			t.Errorf("%s: %v", what, fault)
		}
	}
	for _, alg := range []jose.SignatureAlgorithm{jose.HS256, jose.HS512} {
		if app, fault := b.assert(b.sign(alg, []byte(secret), "", "JWT", b.claims("shared", nil))); fault != nil || app != b.shared {
			t.Errorf("%s: %v", alg, fault)
		}
	}
}

func TestAnAssertionThatIsNotMadeForThisMomentAndThisServerIsRefused(t *testing.T) {
	b := newBench(t)
	at := func(d time.Duration) int64 { return b.now.Add(d).Unix() }
	for what, changes := range map[string]claims{
		"no issuer": {"iss": nil}, "another issuer": {"iss": "shared"}, "no subject": {"sub": nil}, "no audience": {"aud": nil},
		"another server":           {"aud": "https://other.example.com/as"},
		"the endpoint by default":  {"aud": endpoint},
		"a list by default":        {"aud": []string{issuer}},
		"the issuer with a slash":  {"aud": issuer + "/"},
		"no jti":                   {"jti": nil},
		"a very long jti":          {"jti": strings.Repeat("j", 257)},
		"no expiry":                {"exp": nil},
		"an expired one":           {"exp": at(-time.Minute)},
		"one that lives too long":  {"exp": at(time.Hour)},
		"an expiry that is a text": {"exp": "soon"},
		"one of the future":        {"iat": at(time.Minute)},
		"one that is not good yet": {"nbf": at(time.Minute)},
	} {
		if _, fault := b.assert(b.good(changes)); fault == nil || fault.Code != oidc.CodeInvalidClient {
			t.Errorf("%s: %v", what, fault)
		}
	}
	for what, changes := range map[string]claims{"a clock ten seconds ahead": {"iat": at(9 * time.Second), "nbf": at(9 * time.Second)}, "no iat": {"iat": nil}} {
		if _, fault := b.assert(b.good(changes)); fault != nil {
			t.Errorf("%s: %v", what, fault)
		}
	}
}

func TestTheEndpointIsAnAudienceWhereTheApplicationSaysSo(t *testing.T) {
	b := newBench(t)
	b.keyed.ClientAssertionAudience = tenant.AudienceEndpoint
	for what, aud := range map[string]any{"the endpoint": endpoint, "a list": []string{"https://other.example.com", endpoint}, "the issuer": issuer} {
		if _, fault := b.assert(b.good(claims{"aud": aud})); fault != nil {
			t.Errorf("%s: %v", what, fault)
		}
	}
	if _, fault := b.assert(b.good(claims{"aud": "https://other.example.com/as/token"})); fault == nil {
		t.Error("another server's endpoint was accepted")
	}
}

func TestAForgedAssertionIsRefused(t *testing.T) {
	b := newBench(t)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := b.good(nil)
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	point, err := b.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for what, token := range map[string]string{
		"a stranger's key":            b.sign(jose.ES256, stranger, "ec", "JWT", b.claims("keyed", nil)),
		"alg none":                    none + "." + parts[1] + ".",
		"no signature":                parts[0] + "." + parts[1] + ".",
		"HMAC with the public key":    b.sign(jose.HS256, point, "ec", "JWT", b.claims("keyed", nil)),
		"HMAC with the published set": b.sign(jose.HS256, b.keyed.JWKS, "", "JWT", b.claims("keyed", nil)),
		"the secret of a keyed one":   b.sign(jose.HS256, []byte(secret), "", "JWT", b.claims("keyed", nil)),
		"the key of another":          b.sign(jose.ES256, b.ec, "ec", "JWT", b.claims("shared", nil)),
		"a wrong secret":              b.sign(jose.HS256, []byte(strings.Repeat("x", 40)), "", "JWT", b.claims("shared", nil)),
		"an unknown client":           b.sign(jose.ES256, b.ec, "ec", "JWT", b.claims("nobody", nil)),
		"another type of token":       b.sign(jose.ES256, b.ec, "ec", "oauth-authz-req+jwt", b.claims("keyed", nil)),
		"an unknown kid":              b.sign(jose.ES256, b.ec, "other", "JWT", b.claims("keyed", nil)),
		"no token":                    "eyJ",
		"a token of four parts":       good + ".x",
		"a token that is too long":    good + strings.Repeat("A", 20<<10),
		"a payload that is no JSON":   parts[0] + ".AAAA." + parts[2],
	} {
		if _, fault := b.assert(token); fault == nil || fault.Code != oidc.CodeInvalidClient {
			t.Errorf("%s: %v", what, fault)
		}
	}
	if _, fault := b.authenticator.Authenticate(t.Context(), b.base, endpoint, oidc.Credentials{Method: oidc.AuthAssertion, ClientID: "shared", Assertion: good}); fault == nil {
		t.Error("client_id names another client")
	}
	if _, fault := b.assert(good); fault != nil {
		t.Errorf("after all that the good one is refused: %v", fault)
	}
}

func TestAnApplicationMayNarrowTheAlgorithm(t *testing.T) {
	b := newBench(t)
	b.keyed.TokenEndpointAuthSigningAlg = "PS256"
	if _, fault := b.assert(b.sign(jose.RS256, b.rsa, "rsa", "JWT", b.claims("keyed", nil))); fault == nil {
		t.Error("RS256 was accepted")
	}
	if _, fault := b.assert(b.sign(jose.PS256, b.rsa, "rsa", "JWT", b.claims("keyed", nil))); fault != nil {
		t.Error(fault)
	}
}

func TestAnApplicationThatSignsNeedsToSign(t *testing.T) {
	b := newBench(t)
	for what, c := range map[string]oidc.Credentials{
		"nothing": {ClientID: "keyed", Method: oidc.AuthNone}, "its secret": {ClientID: "shared", Method: oidc.AuthPost, Secret: secret},
		"its secret as Basic": {ClientID: "shared", Method: oidc.AuthBasic, Secret: secret},
	} {
		if _, fault := b.authenticator.Authenticate(t.Context(), b.base, endpoint, c); fault == nil {
			t.Errorf("%s is enough", what)
		}
	}
}

func TestOfSixtyFourRacingUsesOfAnAssertionOneWins(t *testing.T) {
	b := newBench(t)
	token := b.good(nil)
	var winners atomic.Int32
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			if _, fault := b.assert(token); fault == nil {
				winners.Add(1)
			}
		})
	}
	wait.Wait()
	if winners.Load() != 1 {
		t.Errorf("%d winners", winners.Load())
	}
}

func TestKeysAreFetchedOnceAndAgainWhenAnUnknownOneAppears(t *testing.T) {
	b := newBench(t)
	next, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var fetches atomic.Int32
	var document atomic.Pointer[[]byte]
	publish := func(keys map[string]crypto.PublicKey) { d := set(t, keys); document.Store(&d) }
	publish(map[string]crypto.PublicKey{"ec": b.ec.Public()})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetches.Add(1)
		_, _ = w.Write(*document.Load())
	}))
	defer server.Close()
	b.keyed.JWKS, b.keyed.JWKSURL = nil, server.URL+"/jwks"
	accept := func(what, token string, want int32) {
		t.Helper()
		if _, fault := b.assert(token); fault != nil || fetches.Load() != want {
			t.Errorf("%s: %v, %d fetches, want %d", what, fault, fetches.Load(), want)
		}
	}
	rotated := func() string { return b.sign(jose.ES256, next, "next", "JWT", b.claims("keyed", nil)) }
	accept("the first", b.good(nil), 1)
	accept("the second", b.good(nil), 1)
	publish(map[string]crypto.PublicKey{"ec": b.ec.Public(), "next": next.Public()})
	if _, fault := b.assert(rotated()); fault == nil || fetches.Load() != 1 {
		t.Errorf("an unknown key causes a fetch at once: %v, %d fetches", fault, fetches.Load())
	}
	b.now = b.now.Add(31 * time.Second)
	accept("a new key", rotated(), 2)
	b.now = b.now.Add(11 * time.Minute)
	accept("after a while", rotated(), 3)
	server.Close()
	b.now = b.now.Add(time.Hour)
	accept("while the address does not answer", b.good(nil), 3)
	b.now = b.now.Add(24 * time.Hour)
	if _, fault := b.assert(b.good(nil)); fault == nil {
		t.Error("keys of yesterday are good although their address does not answer")
	}
}

func TestASetWithAPrivateWeakOrNoKeyIsNotUsed(t *testing.T) {
	b := newBench(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err == nil {
		if _, err := clientkeys.ParseSet(set(t, map[string]crypto.PublicKey{"weak": weak.Public()})); err == nil {
			t.Error("a key of 1024 bits is accepted")
		}
	}
	for what, document := range map[string]string{
		"nothing": "", "no keys": `{"keys":[]}`, "a list": `[]`, "a symmetric key": `{"keys":[{"kty":"oct","k":"AAAA"}]}`,
		"an unknown kind": `{"keys":[{"kty":"XYZ"}]}`,
	} {
		if _, err := clientkeys.ParseSet([]byte(document)); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	private, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: b.ec, KeyID: "ec"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clientkeys.ParseSet(private); err == nil {
		t.Error("a private key is accepted")
	}
}

func FuzzAssertion(f *testing.F) {
	b := newBench(f)
	f.Add(b.good(nil))
	f.Add(b.sign(jose.HS256, []byte(secret), "", "JWT", b.claims("shared", nil)))
	f.Add("eyJhbGciOiJub25lIn0.eyJzdWIiOiJrZXllZCJ9.")
	for _, seed := range []string{b.good(claims{"exp": 1e300}), b.good(claims{"exp": -1, "aud": []any{1}})} {
		f.Add(seed)
	}
	used := map[string]bool{}
	var mu sync.Mutex
	f.Fuzz(func(t *testing.T, token string) {
		app, fault := b.assert(token)
		if (app == nil) == (fault == nil) {
			t.Fatalf("%v and %v", app, fault)
		}
		if fault != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if used[token] {
			t.Fatal("an assertion was accepted twice")
		}
		used[token] = true
	})
}
