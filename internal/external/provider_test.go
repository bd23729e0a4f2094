package external_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// other is a provider that says what a test wants it to say.
type other struct {
	t      *testing.T
	server *httptest.Server
	key    *ecdsa.PrivateKey

	namesItself bool
	claims      map[string]any                      // of the ID token, beside the usual ones. Nil: that one is left out
	sign        func(payload []byte) (token string) // nil: as it should
	info        map[string]any                      // of the userinfo endpoint. Nil: it has none
	refuses     string                              // the error of the token endpoint

	asked    url.Values // what the browser brought
	redeemed url.Values // what came to the token endpoint
	secret   string     // by which the client proved itself
}

func newOther(t *testing.T) *other {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := &other{t: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", o.describe)
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		o.send(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "one", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", o.token)
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) { o.send(w, o.info) })
	o.server = httptest.NewServer(mux)
	t.Cleanup(o.server.Close)
	return o
}

func (o *other) send(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		o.t.Error(err)
	}
}

func (o *other) describe(w http.ResponseWriter, _ *http.Request) {
	says := map[string]any{
		"issuer": o.server.URL, "authorization_endpoint": o.server.URL + "/authorize", "token_endpoint": o.server.URL + "/token", "jwks_uri": o.server.URL + "/jwks",
		"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"}, "authorization_response_iss_parameter_supported": o.namesItself,
	}
	if o.info != nil {
		says["userinfo_endpoint"] = o.server.URL + "/userinfo"
	}
	o.send(w, says)
}

func (o *other) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		o.t.Error(err)
	}
	o.redeemed = r.PostForm
	_, o.secret, _ = r.BasicAuth()
	if o.refuses != "" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"` + o.refuses + `","error_description":"the secret is swordfish"}`))
		return
	}
	claims := map[string]any{
		"iss": o.server.URL, "aud": "here", "sub": "42", "nonce": o.asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		"email": "grace@example.com", "email_verified": true, "preferred_username": "grace", "given_name": "Grace", "family_name": "Hopper",
	}
	for name, value := range o.claims {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		o.t.Error(err)
	}
	sign := o.sign
	if sign == nil {
		sign = func(payload []byte) string { return signed(o.t, jose.ES256, o.key, payload) }
	}
	o.send(w, map[string]any{"access_token": "access", "token_type": "Bearer", "id_token": sign(payload)})
}

// signed is a token of a key called one.
func signed(t *testing.T, algorithm jose.SignatureAlgorithm, key any, payload []byte) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: "one"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// unsigned is a token that says nobody signed it.
func unsigned(payload []byte) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

// challengeOf is the S256 challenge of a verifier.
func challengeOf(verifier string) string {
	digest := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}
