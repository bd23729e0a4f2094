package clientauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// holds: oidcc-ensure-client-assertion-with-iss-aud-succeeds
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

// holds: fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails, fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails
// holds: fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails, fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
// holds: fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails, fapi2-security-profile-final-par-test-array-as-audience-fails
// holds: fapi2-security-profile-final-par-test-par-endpoint-url-as-audience-fails, fapi2-security-profile-final-par-test-token-endpoint-url-as-audience-fails
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

// holds: no-algorithm-confusion, no-unsigned-tokens
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

// holds: fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails
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

// holds: fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint
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
