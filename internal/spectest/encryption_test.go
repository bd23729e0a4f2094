package spectest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// recipients are the key pairs that things are encrypted to, made once: one of each kind.
var recipients = sync.OnceValue(func() []jose.JSONWebKey {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	factors, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return []jose.JSONWebKey{{Key: curve, KeyID: "curve", Use: "enc"}, {Key: factors, KeyID: "factors", Use: "enc", Algorithm: "RSA-OAEP-256"}}
})

// ownSet is what an application registers: a key for its signatures and two to encrypt to.
func (w *world) ownSet() string {
	w.t.Helper()
	w.jwks()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: w.signer.own.Public(), KeyID: "own", Algorithm: "ES256", Use: "sig"}}}
	for _, key := range recipients() {
		set.Keys = append(set.Keys, key.Public())
	}
	text, err := json.Marshal(set)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// decrypted opens what only the application can open, and holds how it was encrypted.
func (w *world) decrypted(token, alg, enc, contentType string) string {
	w.t.Helper()
	parsed, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.KeyAlgorithm(alg)}, []jose.ContentEncryption{jose.ContentEncryption(enc)})
	if err != nil {
		w.t.Fatalf("%v in %s", err, token)
	}
	if got, _ := parsed.Header.ExtraHeaders[jose.HeaderContentType].(string); got != contentType {
		w.t.Errorf("content type %q, want %q", got, contentType)
	}
	for _, key := range recipients() {
		if key.KeyID == parsed.Header.KeyID {
			text, err := parsed.Decrypt(key.Key)
			if err != nil {
				w.t.Fatal(err)
			}
			return string(text)
		}
	}
	w.t.Fatalf("no key %q", parsed.Header.KeyID)
	return ""
}

// tokens redeems the code that an application got, and gives the whole answer.
func (w *world) tokens(app string) map[string]any {
	w.t.Helper()
	_, body := w.post("https://"+issuerHost+"/as/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {w.current.codes[app]}, "client_id": {app},
		"redirect_uri": {originOf(app) + "/callback"}, "code_verifier": {w.current.verifiers[app]},
	}, "Origin", originOf(app))
	var answer map[string]any
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer["id_token"] == nil {
		w.t.Fatalf("%v in %s", err, body)
	}
	return answer
}

// OIDC Core 2, 10.2: signed first, then encrypted to a key that the application published for it.
func TestAnIDTokenIsEncryptedToTheApplicationInEveryWayThatDiscoveryNames(t *testing.T) {
	w := newWorld(t)
	ways := map[string][2]string{}
	for name, way := range map[string][2]string{
		"one": {"RSA-OAEP-256", "A128CBC-HS256"}, "two": {"ECDH-ES", "A256GCM"}, "three": {"ECDH-ES+A128KW", "A128GCM"}, "four": {"ECDH-ES+A256KW", "A256CBC-HS512"},
	} {
		ways[name] = way
		w.apps = append(w.apps, app{name, []string{"idTokenEncryptedResponseAlg=" + way[0], "idTokenEncryptedResponseEnc=" + way[1], "jwks=" + w.ownSet()}})
	}
	w.start()
	said := strings.Join(w.discovery(), " ")
	for name, way := range ways {
		w.signOn("ada", name, nil)
		token, _ := w.tokens(name)["id_token"].(string)
		if claims := w.claims(w.decrypted(token, way[0], way[1], "JWT")); claims["aud"] != name {
			t.Errorf("%s: %v", name, claims)
		}
		if !strings.Contains(said, way[0]) || !strings.Contains(said, way[1]) {
			t.Errorf("discovery does not name %v: %s", way, said)
		}
	}
}

// OIDC Core 5.3.2, 16.14.
//
// holds: oidcc-userinfo-rs256
func TestUserinfoIsSignedEncryptedOrBoth(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{
		{"both", []string{"userinfoEncryptedResponseAlg=ECDH-ES", "userinfoSignedResponseAlg=ES256", "jwks=" + w.ownSet()}},
		{"alone", []string{"userinfoEncryptedResponseAlg=RSA-OAEP-256", "jwks=" + w.ownSet()}},
		{"signed", []string{"userinfoSignedResponseAlg=RS256"}},
	}
	w.start()
	for name, way := range map[string][2]string{"both": {"ECDH-ES", "JWT"}, "alone": {"RSA-OAEP-256", ""}, "signed": {}} {
		w.signOn("ada", name, nil)
		r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/userinfo", nil)
		access, _ := w.tokens(name)["access_token"].(string)
		r.Header.Set("Authorization", "Bearer "+access)
		response, body := w.current.visit(w, r)
		if kind := response.Header.Get("Content-Type"); kind != "application/jwt" {
			t.Fatalf("%s: %d %s %s", name, response.StatusCode, kind, body)
		}
		content, claims := body, map[string]any{}
		if way[0] != "" {
			content = w.decrypted(body, way[0], "A128CBC-HS256", way[1])
		}
		if name != "alone" {
			claims = w.claims(content)
		} else if err := json.Unmarshal([]byte(content), &claims); err != nil {
			t.Fatal(err)
		}
		if claims["sub"] == nil || (claims["aud"] == name) != (name != "alone") {
			t.Errorf("%s: %v", name, claims)
		}
	}
}

// JARM 2.2, and the front channel of OIDC Core 3.2.2.5: what passes the browser is for the application's eyes.
func TestResponsesOfTheFrontChannelAreEncrypted(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{"spa", []string{
		"authorizationEncryptedResponseAlg=ECDH-ES", "authorizationSignedResponseAlg=EdDSA", "idTokenEncryptedResponseAlg=ECDH-ES", "jwks=" + w.ownSet(),
		"grantTypes=[AUTHORIZATION_CODE, IMPLICIT]", "responseTypes=[CODE, ID_TOKEN]",
	}}}
	w.start()
	w.signOn("ada", "spa", nil)
	for _, c := range []struct{ query, parameter string }{
		{"response_mode=jwt prompt=none", "response"},
		{"response_mode=fragment prompt=none response_type=id_token", "id_token"},
		{"response_mode=jwt prompt=none max_age=x", "response"},
	} {
		response, _ := w.get("https://" + issuerHost + "/as/authorize?" + w.query("spa", strings.Fields(c.query)).Encode())
		u, err := url.Parse(response.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		answer := u.Query()
		if u.Fragment != "" {
			answer, _ = url.ParseQuery(u.Fragment)
		}
		if claims := w.claims(w.decrypted(answer.Get(c.parameter), "ECDH-ES", "A128CBC-HS256", "JWT")); claims["aud"] != "spa" {
			t.Errorf("%s: %v", c.query, claims)
		}
	}
}

// RFC 9701 5, 6.
func TestIntrospectionIsEncryptedToTheResourceThatAsks(t *testing.T) {
	w := newWorld(t)
	const secret = "a-secret-that-nobody-guesses-at-all"
	w.apps = []app{{"api", []string{
		"type=WEB_APP", "tokenEndpointAuthMethod=CLIENT_SECRET_BASIC", "clientSecret=" + secret, "grantTypes=[CLIENT_CREDENTIALS]", "responseTypes=[]",
		"introspectionEncryptedResponseAlg=ECDH-ES+A256KW", "introspectionSignedResponseAlg=RS256", "jwks=" + w.ownSet(),
	}}}
	w.start()
	r := httptest.NewRequest(http.MethodPost, "https://"+issuerHost+"/as/introspect", strings.NewReader("token=unknown"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/token-introspection+jwt")
	r.SetBasicAuth("api", secret)
	_, body := newBrowser().visit(w, r)
	if claims := w.claims(w.decrypted(body, "ECDH-ES+A256KW", "A128CBC-HS256", "JWT")); claims["aud"] != "api" || claims["token_introspection"] == nil {
		t.Errorf("%v", claims)
	}
}

// What an application wants encrypted is never sent in the clear: without its key there is no token at all.
func TestWithoutTheKeyOfTheApplicationNothingIsSentInTheClear(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{"spa", []string{
		"idTokenEncryptedResponseAlg=ECDH-ES", "jwksUrl=https://keys.invalid/jwks", "grantTypes=[AUTHORIZATION_CODE, IMPLICIT]", "responseTypes=[CODE, ID_TOKEN]",
	}}}
	w.start()
	for _, query := range []string{"", "prompt=none", "prompt=none response_type=id_token"} {
		if got := w.authorize("spa", strings.Fields(query)); !contains(got, "error=temporarily_unavailable") || contains(got, "id_token") {
			t.Errorf("%s: %v", query, got)
		}
	}
}
