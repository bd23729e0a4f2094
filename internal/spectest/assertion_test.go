package spectest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// holds: client-authentication-by-key
func TestAnApplicationProvesItselfWithItsKeyAtEveryEndpoint(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.apps = []app{{"robot", []string{
		"type=WORKER", "tokenEndpointAuthMethod=PRIVATE_KEY_JWT", "grantTypes=[CLIENT_CREDENTIALS]", "redirectUris=[]", "postLogoutRedirectUris=[]",
		"scopes=[read]", "jwks={keys: [{kty: OKP, crv: Ed25519, x: " + base64.RawURLEncoding.EncodeToString(public) + "}]}",
	}}}
	w.start()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: private}, nil)
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	assertion := func() string {
		number++
		claims, err := json.Marshal(map[string]any{
			"iss": "robot", "sub": "robot", "aud": "https://" + issuerHost + "/as", "jti": strconv.Itoa(number), "exp": w.clock.now().Add(time.Minute).Unix(),
		})
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign(claims)
		if err != nil {
			t.Fatal(err)
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	with := func(assertion string, form url.Values) url.Values {
		form.Set("client_assertion", assertion)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		return form
	}
	used := assertion()
	r := w.call("/as/token", with(used, url.Values{"grant_type": {"client_credentials"}}))
	if r.status != 200 || r.text("scope") != "read" {
		t.Fatalf("%d %v", r.status, r.body)
	}
	w.restart("server")
	if again := w.call("/as/token", with(used, url.Values{"grant_type": {"client_credentials"}})); again.status != 400 || again.text("error") != "invalid_client" {
		t.Errorf("an assertion is good twice, after a restart: %d %v", again.status, again.body)
	}
	token := url.Values{"token": {r.text("access_token")}}
	if said := w.call("/as/introspect", with(assertion(), token)); said.body["active"] != true {
		t.Errorf("introspect: %d %v", said.status, said.body)
	}
	if gone := w.call("/as/revoke", with(assertion(), token)); gone.status != 200 {
		t.Errorf("revoke: %d %v", gone.status, gone.body)
	}
	if said := w.call("/as/introspect", with(assertion(), token)); said.body["active"] != false {
		t.Errorf("after the revocation: %d %v", said.status, said.body)
	}
}
