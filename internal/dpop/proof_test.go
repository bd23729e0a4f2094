package dpop_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/dpop"
	"vigil/internal/oidc"
	"vigil/internal/replay"
	"vigil/internal/store/bolt"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

const address = "https://sso.example.com/as/token"

// bench is a verifier and a client with a key.
type bench struct {
	t        testing.TB
	verifier *dpop.Verifier
	base     tenant.Base
	now      time.Time
	key      *ecdsa.PrivateKey
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	var err error
	if b.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	tenants, err := tenant.New([]*tenant.Environment{{ID: "env", Hosts: []string{"https://sso.example.com"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.base, _, _ = tenants.Find("sso.example.com", "/as/token")
	store, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b.verifier = &dpop.Verifier{
		Memory: replay.Memory{Store: store}, Now: func() time.Time { return b.now },
		Secret: func(environmentID, purpose string) [32]byte { return sha256.Sum256([]byte(environmentID + purpose)) },
	}
	return b
}

type claims map[string]any

func (b *bench) proof(changes claims) string {
	b.t.Helper()
	return b.sign(jose.ES256, b.key, "dpop+jwt", true, changes)
}

func (b *bench) sign(alg jose.SignatureAlgorithm, key any, typ string, embed bool, changes claims) string {
	b.t.Helper()
	var id [16]byte
	_, _ = rand.Read(id[:])
	c := claims{"jti": base64.RawURLEncoding.EncodeToString(id[:]), "htm": "POST", "htu": address, "iat": b.now.Unix()}
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	o := &jose.SignerOptions{EmbedJWK: embed}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o.WithType(jose.ContentType(typ)))
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

func (b *bench) check(proof string, changes ...func(*dpop.Request)) (string, *oidc.Error) {
	q := dpop.Request{Proofs: []string{proof}, Method: "POST", URL: address}
	for _, change := range changes {
		change(&q)
	}
	return b.verifier.Check(context.Background(), b.base, q)
}

// holds: fapi2-security-profile-final-check-dpop-proof-nbf-exp, fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds
// holds: fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds
func TestAProofNamesTheKeyThatMadeIt(t *testing.T) {
	b := newBench(t)
	thumbprint, err := (&jose.JSONWebKey{Key: b.key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	want := base64.RawURLEncoding.EncodeToString(thumbprint)
	for what, changes := range map[string]claims{
		"the usual": nil, "a clock ten seconds ahead": {"iat": b.now.Add(10 * time.Second).Unix()}, "a clock ten seconds behind": {"iat": b.now.Add(-10 * time.Second).Unix()},
		"a query in htu": {"htu": address + "?a=b#c"}, "the port of the scheme": {"htu": "HTTPS://SSO.example.com:443/as/token"},
		"nbf and exp": {"nbf": b.now.Unix(), "exp": b.now.Add(time.Minute).Unix()},
	} {
		if got, fault := b.check(b.proof(changes)); fault != nil || got != want {
			t.Errorf("%s: %q, %v", what, got, fault)
		}
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := b.check(b.sign(jose.EdDSA, ed, "dpop+jwt", true, nil)); fault != nil || got == want {
		t.Errorf("EdDSA: %q, %v", got, fault)
	}
	if got, fault := b.check("", func(q *dpop.Request) { q.Proofs = nil }); got != "" || fault != nil {
		t.Errorf("without a proof: %q, %v", got, fault)
	}
}

// holds: fapi2-security-profile-final-dpop-negative-tests
func TestAProofThatIsNotMadeForThisRequestIsRefused(t *testing.T) {
	b := newBench(t)
	at := func(d time.Duration) int64 { return b.now.Add(d).Unix() }
	for what, changes := range map[string]claims{
		"no jti": {"jti": nil}, "a very long jti": {"jti": strings.Repeat("j", 300)}, "no method": {"htm": nil}, "another method": {"htm": "GET"},
		"a method in small letters": {"htm": "post"}, "no address": {"htu": nil}, "another host": {"htu": "https://evil.example.com/as/token"},
		"another path": {"htu": "https://sso.example.com/as/userinfo"}, "another scheme": {"htu": "http://sso.example.com/as/token"},
		"a user in the address": {"htu": "https://sso.example.com@evil.example.com/as/token"}, "no iat": {"iat": nil},
		"an old one": {"iat": at(-61 * time.Second)}, "one of the future": {"iat": at(time.Minute)}, "an expired one": {"exp": at(-time.Second)},
		"a foreign nonce": {"nonce": "AAAAAAAAAAAAAAAAAAAAAA"}, "an iat that is a text": {"iat": "now"},
	} {
		if _, fault := b.check(b.proof(changes)); fault == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	if _, fault := b.check(b.proof(nil), func(q *dpop.Request) { q.Proofs = append(q.Proofs, b.proof(nil)) }); fault == nil {
		t.Error("two proofs are accepted")
	}
}

func TestAProofIsSignedByThePublicKeyThatItBrings(t *testing.T) {
	b := newBench(t)
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := b.proof(nil)
	parts, other := strings.Split(good, "."), strings.Split(b.proof(nil), ".")
	header := func(h string) string { return base64.RawURLEncoding.EncodeToString([]byte(h)) }
	private, err := json.Marshal(jose.JSONWebKey{Key: b.key})
	if err != nil {
		t.Fatal(err)
	}
	for what, proof := range map[string]string{
		"another type": b.sign(jose.ES256, b.key, "JWT", true, nil), "no key": b.sign(jose.ES256, b.key, "dpop+jwt", false, nil),
		"RS256": b.sign(jose.RS256, weak, "dpop+jwt", true, nil), "ES384": b.sign(jose.ES384, p384, "dpop+jwt", true, nil),
		"HS256":                 b.sign(jose.HS256, []byte(strings.Repeat("k", 32)), "dpop+jwt", false, nil),
		"another's signature":   parts[0] + "." + parts[1] + "." + other[2],
		"other claims":          parts[0] + "." + other[1] + "." + parts[2],
		"none":                  header(`{"typ":"dpop+jwt","alg":"none"}`) + "." + parts[1] + ".",
		"a private key":         header(`{"typ":"dpop+jwt","alg":"ES256","jwk":`+string(private)+`}`) + "." + parts[1] + "." + parts[2],
		"a symmetric key":       header(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"oct","k":"AAAA"}}`) + "." + parts[1] + "." + parts[2],
		"nothing":               "",
		"a giant":               good + strings.Repeat("A", 10<<10),
		"a point off the curve": header(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}}`) + "." + parts[1] + "." + parts[2],
	} {
		if _, fault := b.check(proof); fault == nil || fault.Code != oidc.CodeInvalidDPoPProof {
			t.Errorf("%s: %v", what, fault)
		}
	}
	if _, fault := b.check(good); fault != nil {
		t.Errorf("after all that the good one is refused: %v", fault)
	}
}

func TestAProofFitsTheTokenThatItComesWith(t *testing.T) {
	b := newBench(t)
	sum := sha256.Sum256([]byte("the token"))
	hash := base64.RawURLEncoding.EncodeToString(sum[:])
	with := func(q *dpop.Request) { q.AccessToken = "the token" }
	if _, fault := b.check(b.proof(claims{"ath": hash}), with); fault != nil {
		t.Error(fault)
	}
	for what, changes := range map[string]claims{"none": nil, "another": {"ath": hash[:42] + "A"}, "half of it": {"ath": hash[:20]}} {
		if _, fault := b.check(b.proof(changes), with); fault == nil {
			t.Errorf("ath: %s is accepted", what)
		}
	}
}

func TestOfSixtyFourRacingUsesOfAProofOneWins(t *testing.T) {
	b := newBench(t)
	proof := b.proof(nil)
	var winners atomic.Int32
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			if _, fault := b.check(proof); fault == nil {
				winners.Add(1)
			}
		})
	}
	wait.Wait()
	if winners.Load() != 1 {
		t.Errorf("%d winners", winners.Load())
	}
}

func TestANonceIsAskedForAndGoodForAWhile(t *testing.T) {
	b := newBench(t)
	required := func(q *dpop.Request) { q.NonceRequired = true }
	if _, fault := b.check(b.proof(nil), required); fault == nil || fault.Code != oidc.CodeUseDPoPNonce {
		t.Fatalf("without a nonce: %v", fault)
	}
	offered := func() string {
		w := httptest.NewRecorder()
		b.verifier.Offer(w.Header(), b.base)
		return w.Header().Get("DPoP-Nonce")
	}
	nonce := offered()
	if _, fault := b.check(b.proof(claims{"nonce": nonce}), required); fault != nil {
		t.Error(fault)
	}
	b.now = b.now.Add(150 * time.Second)
	if offered() == nonce {
		t.Error("the nonce does not change")
	}
	if _, fault := b.check(b.proof(claims{"nonce": nonce}), required); fault != nil {
		t.Errorf("the last nonce: %v", fault)
	}
	b.now = b.now.Add(150 * time.Second)
	if _, fault := b.check(b.proof(claims{"nonce": nonce})); fault == nil || fault.Code != oidc.CodeUseDPoPNonce {
		t.Errorf("an old nonce: %v", fault)
	}
}

func FuzzProof(f *testing.F) {
	b := newBench(f)
	f.Add(b.proof(nil), "POST", address)
	f.Add(b.proof(claims{"iat": 1e300}), "POST", address)
	f.Add(b.proof(claims{"htu": "%zz"}), "GET", "https://sso.example.com/as/userinfo")
	f.Add("a.b.c", "", "")
	var mu sync.Mutex
	used := map[string]bool{}
	f.Fuzz(func(t *testing.T, proof, method, url string) {
		thumbprint, fault := b.verifier.Check(context.Background(), b.base, dpop.Request{Proofs: []string{proof}, Method: method, URL: url})
		if (thumbprint == "") == (fault == nil) {
			t.Fatalf("%q and %v", thumbprint, fault)
		}
		if fault != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if used[proof] {
			t.Fatal("a proof was accepted twice")
		}
		used[proof] = true
	})
}
