package spectest

import (
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// sealer is the published key that an algorithm is for.
func (w *world) sealer(alg string) jose.JSONWebKey {
	w.t.Helper()
	_, body := w.get("https://" + issuerHost + "/as/jwks")
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(body), &set); err != nil {
		w.t.Fatal(err)
	}
	for _, key := range set.Keys {
		if _, curved := key.Key.(*ecdsa.PublicKey); key.Use == "enc" && curved == strings.HasPrefix(alg, "ECDH") {
			return key
		}
	}
	w.t.Fatalf("no key for %s is published", alg)
	return jose.JSONWebKey{}
}

// sealedTo encrypts a token to the provider.
func (w *world) sealedTo(alg, enc, content string, o *jose.EncrypterOptions) string {
	w.t.Helper()
	key := w.sealer(alg)
	encrypter, err := jose.NewEncrypter(jose.ContentEncryption(enc), jose.Recipient{Algorithm: jose.KeyAlgorithm(alg), Key: key.Key, KeyID: key.KeyID}, o)
	if err != nil {
		w.t.Fatal(err)
	}
	made, err := encrypter.Encrypt([]byte(content))
	if err != nil {
		w.t.Fatal(err)
	}
	token, err := made.CompactSerialize()
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// asked sends a request object, and gives what came of it.
func (w *world) asked(app, object string) []string {
	q := url.Values{"client_id": {app}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {originOf(app) + "/callback"}, "state": {"st"}, "request": {object}}
	response, page := w.get("https://" + issuerHost + "/as/authorize?" + q.Encode())
	return w.parts(app, response, page)
}

// RFC 9101 4, 6.1: signed, then encrypted.
func TestASignedRequestObjectMayBeEncryptedInEveryWayThatDiscoveryNames(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"requireSignedRequestObject=true", "jwks=" + w.jwks()}}}
	w.start()
	signed := w.object("ES256", w.query("spa", nil), nil)
	said := strings.Join(w.discovery(), " ")
	for _, alg := range []string{"RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"} {
		for _, enc := range []string{"A128CBC-HS256", "A256GCM"} {
			object := w.sealedTo(alg, enc, signed, (&jose.EncrypterOptions{}).WithContentType("JWT"))
			if got := w.asked("spa", object); !contains(got, "signon") {
				t.Errorf("%s %s: %v", alg, enc, got)
			}
			if response, body := w.post("https://"+issuerHost+"/as/par", url.Values{"client_id": {"spa"}, "request": {object}}); response.StatusCode != http.StatusCreated {
				t.Errorf("%s %s pushed: %d %s", alg, enc, response.StatusCode, body)
			}
		}
		if !strings.Contains(said, alg) {
			t.Errorf("discovery does not name %s", alg)
		}
	}
}

// Anybody can encrypt to a published key: what is inside must say by itself whose it is.
func TestEncryptionProvesNothingOfARequest(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{"strict", []string{"requireSignedRequestObject=true", "jwks=" + w.jwks()}}, {"plain", []string{"jwks=" + w.jwks()}}, {"lax", []string{"supportUnsignedRequestObject=true"}}}
	w.start()
	const alg, enc = "ECDH-ES", "A128GCM"
	claims := func(app string) string {
		payload := strings.Split(w.object("none", w.query(app, nil), nil), ".")[1]
		text, err := base64.RawURLEncoding.DecodeString(payload)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, c := range map[string]struct {
		app, object string
		taken       bool
	}{
		"unsigned where signatures are demanded": {"strict", w.sealedTo(alg, enc, w.object("none", w.query("strict", nil), nil), nil), false},
		"bare where signatures are demanded":     {"strict", w.sealedTo(alg, enc, claims("strict"), nil), false},
		"unsigned":                               {"plain", w.sealedTo(alg, enc, w.object("none", w.query("plain", nil), nil), nil), false},
		"bare":                                   {"plain", w.sealedTo(alg, enc, claims("plain"), nil), false},
		"signed by a stranger":                   {"plain", w.sealedTo(alg, enc, w.object("stranger", w.query("plain", nil), nil), nil), false},
		"encrypted twice":                        {"plain", w.sealedTo(alg, enc, w.sealedTo(alg, enc, w.object("ES256", w.query("plain", nil), nil), nil), nil), false},
		"compressed":                             {"plain", w.sealedTo(alg, enc, w.object("ES256", w.query("plain", nil), nil), &jose.EncrypterOptions{Compression: jose.DEFLATE}), false},
		"large":                                  {"plain", w.sealedTo(alg, enc, w.object("ES256", w.query("plain", nil), nil)+strings.Repeat(" ", 30<<10), nil), false},
		"by RSA1_5":                              {"plain", w.sealedTo("RSA1_5", enc, w.object("ES256", w.query("plain", nil), nil), nil), false},
		"signed":                                 {"plain", w.sealedTo(alg, enc, w.object("ES256", w.query("plain", nil), nil), nil), true},
		"unsigned where that is enough":          {"lax", w.sealedTo(alg, enc, w.object("none", w.query("lax", nil), nil), nil), true},
		"bare where that is enough":              {"lax", w.sealedTo(alg, enc, claims("lax"), nil), true},
	} {
		got := w.asked(c.app, c.object)
		if contains(got, "signon") != c.taken || !c.taken && !contains(got, "error=invalid_request_object") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// OIDC Core 3.1.2.1, RP-Initiated Logout 2: who got an encrypted ID token sends what was inside, as it is or encrypted to the provider, or the token
// itself, whose header says to the provider whom it names.
func TestAHintMayComeEncryptedToTheProviderOrAsTheApplicationGotIt(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"idTokenEncryptedResponseAlg=ECDH-ES", "jwks=" + w.ownSet()}}}
	w.start()
	w.signOn("ada", "spa", nil)
	own, _ := w.tokens("spa")["id_token"].(string)
	inside := w.decrypted(own, "ECDH-ES", "A128CBC-HS256", "JWT")
	again := w.sealedTo("ECDH-ES", "A128GCM", inside, (&jose.EncrypterOptions{}).WithContentType("JWT"))
	_, content, _ := strings.Cut(own, ".")
	strange := "e30." + content
	for hint, taken := range map[string]bool{inside: true, again: true, own: true, strange: false} {
		w.current.idTokens["spa"] = hint
		got := w.authorize("spa", []string{"prompt=none", "hint=spa"})
		if contains(got, "code") != taken || !taken && !contains(got, "error=invalid_request") {
			t.Errorf("authorize with a hint of %d parts: %v", strings.Count(hint, ".")+1, got)
		}
	}
	// What cannot be read is no hint: the person is asked, and client_id says which application it is.
	w.current.idTokens["spa"] = strange
	if got := w.signOff([]string{"hint=spa", "client_id=spa", "to=https://spa.example.com/bye"}); !contains(got, "question") {
		t.Errorf("sign-off with a token that nobody can read: %v", got)
	}
	w.current.idTokens["spa"] = own
	if got := w.signOff([]string{"hint=spa", "to=https://spa.example.com/bye"}); !contains(got, "to=https://spa.example.com/bye") {
		t.Errorf("sign-off: %v", got)
	}
	if response, _ := w.get("https://" + issuerHost + "/as/authorize?" + w.query("spa", []string{"prompt=none"}).Encode()); response.StatusCode != http.StatusFound || !strings.Contains(response.Header.Get("Location"), "login_required") {
		t.Errorf("the session lives on: %d", response.StatusCode)
	}
}
