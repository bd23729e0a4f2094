package spectest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// signer is the key pair of the applications of a script, and that of a stranger.
type signer struct{ own, stranger *ecdsa.PrivateKey }

func newSigner(w *world) *signer {
	w.t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	return &signer{own, stranger}
}

// jwks are the public keys as an application registers them.
func (w *world) jwks() string {
	w.t.Helper()
	if w.signer == nil {
		w.signer = newSigner(w)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: w.signer.own.Public(), KeyID: "own", Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(set)
}

// object puts parameters into a request object: signed, by a stranger, or not at all. Words such as claim:exp=60 add claims; numbers are
// seconds from now.
func (w *world) object(how string, q url.Values, claims map[string]string) string {
	w.t.Helper()
	members := map[string]any{"iss": q.Get("client_id"), "aud": "https://" + issuerHost + "/as", "exp": w.clock.now().Add(time.Minute).Unix()}
	for name := range q {
		members[name] = q.Get(name)
	}
	typ := "oauth-authz-req+jwt"
	for name, value := range claims {
		switch seconds, err := strconv.Atoi(value); {
		case name == "typ":
			typ = value
		case value == "":
			delete(members, name)
		case err == nil && name != "max_age":
			members[name] = w.clock.now().Add(time.Duration(seconds) * time.Second).Unix()
		default:
			members[name] = value
		}
	}
	payload, err := json.Marshal(members)
	if err != nil {
		w.t.Fatal(err)
	}
	if how == "none" {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
	}
	w.jwks()
	key := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: w.signer.own, KeyID: "own"}}
	switch how {
	case "stranger":
		key.Key = jose.JSONWebKey{Key: w.signer.stranger, KeyID: "own"}
	case "HS256":
		key = jose.SigningKey{Algorithm: jose.HS256, Key: []byte("a secret of more than thirty-two bytes in all")}
	}
	with, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		w.t.Fatal(err)
	}
	signed, err := with.Sign(payload)
	if err != nil {
		w.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// enclose moves parameters into a request object where a line has the word inside=…, and leaves what OAuth wants outside.
func (w *world) enclose(q url.Values, extra []string) url.Values {
	how, claims, outside := "", map[string]string{}, url.Values{"client_id": q["client_id"], "response_type": q["response_type"], "scope": q["scope"]}
	for _, e := range extra {
		name, value, _ := strings.Cut(strings.ReplaceAll(e, "+", " "), "=")
		if name == "inside" {
			how = value
		}
		if claim, ok := strings.CutPrefix(name, "claim:"); ok {
			claims[claim] = value
		}
		if parameter, ok := strings.CutPrefix(name, "outside:"); ok {
			outside.Set(parameter, value)
		}
	}
	if how == "" {
		return q
	}
	outside.Set("request", w.object(how, q, claims))
	return outside
}

// pushedQuery names the request that was pushed last.
func (w *world) pushedQuery(app string, extra []string) url.Values {
	q := url.Values{"client_id": {app}, "request_uri": {w.current.pushed[app]}}
	for _, e := range extra {
		if name, value, ok := strings.Cut(e, "="); ok {
			q.Set(name, value)
		}
	}
	return q
}

// push sends an authorization request by the back channel.
func (w *world) push(app string, words []string) []string {
	secret, as, method, rest := "", app, http.MethodPost, []string{}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "secret":
			secret = value
		case "as":
			as = value
		case "get":
			method = http.MethodGet
		default:
			rest = append(rest, word)
		}
	}
	q := w.query(app, rest)
	address := "https://" + issuerHost + "/as/par"
	r := httptest.NewRequest(method, address, strings.NewReader(q.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if secret != "" {
		r.SetBasicAuth(as, secret)
	}
	response, body := newBrowser().visit(w, r)
	var answer struct {
		RequestURI string `json:"request_uri"`
		ExpiresIn  int    `json:"expires_in"`
		Error      string `json:"error"`
	}
	got := []string{strconv.Itoa(response.StatusCode)}
	if method != http.MethodPost {
		return got
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		w.t.Fatalf("%v in %s", err, body)
	}
	if answer.Error != "" {
		return append(got, answer.Error)
	}
	w.current.pushed[app] = answer.RequestURI
	return append(got, "for="+strconv.Itoa(answer.ExpiresIn))
}
