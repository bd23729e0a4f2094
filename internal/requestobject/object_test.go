package requestobject_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/clientkeys"
	"vigil/internal/keys"
	"vigil/internal/outbound"
	"vigil/internal/requestobject"
	"vigil/internal/store/bolt"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

// party is an application, a reader of its objects, and what it takes to make some.
type party struct {
	reader  *requestobject.Reader
	base    tenant.Base
	app     *tenant.Application
	private *ecdsa.PrivateKey
	to      jose.JSONWebKey
}

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func newParty(t testing.TB) *party {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "own", Use: "sig"}}})
	must(t, err)
	p := &party{private: private, app: &tenant.Application{ClientID: "app", Enabled: true, JWKS: set}}
	tenants, err := tenant.New([]*tenant.Environment{{ID: "env", Hosts: []string{"https://sso.example.com"}, Applications: []*tenant.Application{p.app}}}, nil)
	must(t, err)
	p.base, _ = tenants.At("env", "https://sso.example.com")
	store, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	own, err := keys.Open(context.Background(), store, []string{"env"}, now, keys.Options{Encryption: true})
	must(t, err)
	clock := func() time.Time { return now }
	recipients, err := clientkeys.New(outbound.New(), clock)
	must(t, err)
	p.reader = &requestobject.Reader{Keys: recipients, Own: own, Now: clock}
	var published jose.JSONWebKeySet
	body, _ := own.Ring("env").JWKS()
	must(t, json.Unmarshal(body, &published))
	for _, key := range published.Keys {
		if _, curved := key.Key.(*ecdsa.PublicKey); curved && key.Use == "enc" {
			p.to = key
		}
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *party) sign(t testing.TB, payload string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.private}, nil)
	must(t, err)
	made, err := signer.Sign([]byte(payload))
	must(t, err)
	token, err := made.CompactSerialize()
	must(t, err)
	return token
}

func (p *party) encrypt(t testing.TB, content string) string {
	t.Helper()
	encrypter, err := jose.NewEncrypter(jose.A128GCM, jose.Recipient{Algorithm: jose.ECDH_ES, Key: p.to.Key, KeyID: p.to.KeyID}, nil)
	must(t, err)
	made, err := encrypter.Encrypt([]byte(content))
	must(t, err)
	token, err := made.CompactSerialize()
	must(t, err)
	return token
}

// An object that proves to be the application's has no parameter but those that the application put there, whatever was done to the token.
func FuzzRead(f *testing.F) {
	p := newParty(f)
	const payload = `{"client_id":"app","aud":"https://sso.example.com/as","response_type":"code","scope":"openid","nonce":"only-ours"}`
	plain := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + "."
	for _, token := range []string{
		p.sign(f, payload), plain, p.encrypt(f, p.sign(f, payload)), p.encrypt(f, plain), p.encrypt(f, payload), p.encrypt(f, p.encrypt(f, plain)),
		p.sign(f, `{"client_id":"app","exp":1e300,"nbf":-1,"aud":["x"]}`), p.sign(f, `{"max_age":1.5,"claims":{"a":[]},"request":"x"}`), p.sign(f, "[]"), "..", "....", "{}",
	} {
		f.Add(token, true)
		f.Add(token, false)
	}
	lax := *p.app
	lax.SupportUnsignedRequestObject = true
	f.Fuzz(func(t *testing.T, token string, strict bool) {
		app := &lax
		if strict {
			app = p.app
		}
		object, fault := p.reader.Read(context.Background(), p.base, app, token)
		switch {
		case fault != nil && fault.HTTPStatus() >= 500:
			t.Errorf("a fault of the reader: %v", fault)
		case fault != nil:
		case object.Parameters.Get("client_id") != "app":
			t.Errorf("parameters of %q", object.Parameters.Get("client_id"))
		case strict && !object.Signed, object.Signed && object.Parameters.Get("nonce") != "only-ours":
			t.Errorf("taken for signed: %v", object)
		}
	})
}
