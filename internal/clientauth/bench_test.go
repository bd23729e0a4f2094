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
	"path/filepath"
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
