package am_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/flows"
	"vigil/internal/config"
	"vigil/internal/fixture"
	"vigil/internal/keys"
	"vigil/internal/mail"
	"vigil/internal/password"
	"vigil/internal/server"
	"vigil/internal/tenant"
)

// rsaKeys are lent to all servers of these tests.
var rsaKeys keys.Lent

// world is a provider that speaks AM, and a browser.
type world struct {
	t       testing.TB
	server  *server.Server
	config  *config.Config
	now     time.Time
	cookies map[string]string

	mu      sync.Mutex
	letters []mail.Message
}

// Send implements mail.Sender: letters are read before they leave.
func (w *world) Send(_ context.Context, _ *tenant.Mail, letters []mail.Message) []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.letters = append(w.letters, letters...)
	return make([]error, len(letters))
}

const (
	host    = "https://sso.example.com"
	oauth   = host + "/am/oauth2/realms/root/realms/alpha"
	alpha   = host + "/am/json/realms/root/realms/alpha"
	none    = "none|org.forgerock.oauth2.core.NoneResponseTypeHandler"
	cookie  = "iPlanetDirectoryPro"
	plugins = `["code|org.forgerock.oauth2.core.AuthorizationCodeResponseTypeHandler", "` + none + `"]`
)

// twoRealms is what most promises are about.
const twoRealms = "{environmentRealm: /alpha, realms: [{name: /, responseTypePlugins: " + plugins + "}, {name: /alpha, responseTypePlugins: " + plugins + "}, {name: /beta}]}"

// newWorld starts a provider whose environment has this value of am:, and these lines more.
func newWorld(t testing.TB, am string, more ...string) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), cookies: map[string]string{}}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "flows"), 0o700); err != nil {
		t.Fatal(err)
	}
	shipped := func(name string) string {
		text, err := flows.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, text := range map[string]string{
		"sign-on.yaml": signOn(), "enrol.yaml": enrol, "sign-on-link.yaml": shipped("sign-on-link.yaml"), "confirm-link.yaml": shipped("confirm-link.yaml"),
	} {
		if err := os.WriteFile(filepath.Join(folder, "flows", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprintf(configuration, am, strings.Join(more, "\n"))
	if strings.Contains(text, "identityProviders") {
		for name, text := range map[string]string{"outside.yaml": outside, "alone.yaml": alone} {
			if err := os.WriteFile(filepath.Join(folder, "flows", name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	cfg, found := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(text), os.LookupEnv)
	if cfg == nil {
		t.Fatalf("%v\n%s", found, text)
	}
	w.config = cfg
	w.start()
	t.Cleanup(func() { _ = w.server.Close() })
	return w
}

func (w *world) start() {
	w.t.Helper()
	s, err := server.New(w.t.Context(), server.Options{Config: w.config, Now: func() time.Time { return w.now }, Passwords: password.Cheapest(), RSA: rsaKeys.Next, Letters: w})
	if mistakes := (*server.FlowError)(nil); errors.As(err, &mistakes) {
		w.t.Fatal(mistakes.Diagnostics)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.server = s
}

// restart puts another server in place of this one, on the same store.
func (w *world) restart() {
	w.t.Helper()
	if err := w.server.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.start()
}

const configuration = `data: data
flows: flows
sharedHosts: [https://shared.example.com]
environments:
- id: test
  hosts: [https://sso.example.com, https://tenant.example.com, "https://openam.example.com:8443"]
  am: %s
  mail: {server: "127.0.0.1:2525", tls: none, from: no-reply@example.com}
  users:
  - {username: ada, email: ada@example.com, password: correct horse ada}
  - {username: grace, password: correct horse grace}
  applications:
  - clientId: myClient
    type: SINGLE_PAGE_APP
    opSessionCheckEnabled: true
    clientSessionUri: https://www.example.com/
    responseTypes: [CODE, NONE]
    flowPolicies: [sign-on, enrol, sign-on-link]
    redirectUris: ["https://www.example.com/callback", "https://www.example.com:443/callback", "https://www.example.com/callback?a=b"]
    postLogoutRedirectUris: ["https://www.example.com/signout"]
  - clientId: without
    type: SINGLE_PAGE_APP
    redirectUris: ["https://without.example.com/callback"]
  - clientId: betaOnly
    type: SINGLE_PAGE_APP
    realm: /beta
    responseTypes: [CODE, NONE]
    redirectUris: ["https://beta.example.com/callback"]
%s
- id: other
  am: {realms: [{name: /alpha}]}
  users: [{username: ada, password: correct horse ada}]
  applications: [{clientId: myClient, type: SINGLE_PAGE_APP, redirectUris: ["https://www.example.com/callback"]}]
`

// signOn is the usual flow with the texts that the promises speak of.
func signOn() string {
	texts := strings.NewReplacer("      fields:", "      text: To Alpha\n      fields:", "User name", "User Name", ", description: Cancelled.", "")
	return texts.Replace(fixture.SignOn("idleTimeout: 30m, maxLifetime: 8h"))
}

const enrol = `flow: enrol
title: Everything that a form can ask
start: details

nodes:
  details:
    form:
      title: Details
      notice: Almost there.
      fields:
        - {name: username, type: text, label: User Name, value: ada}
        - {name: colour, type: choice, label: Colour, options: {r: Red, g: Green}}
        - {name: agree, type: checkbox, label: I agree}
        - {name: city, type: text, label: City, required: false}
        - {name: chosen, type: newPassword, label: New password}
      buttons: [{name: go, label: Go on}]
    then: {go: said}
  said: {end: error, with: {code: access_denied, description: "= details.colour + ' ' + details.city + ' ' + string(details.agree)"}}
`

// ask sends a request with the cookies of the browser and keeps those that come back. Headers come in pairs.
func (w *world) ask(method, address, body string, headers ...string) (*http.Response, string) {
	w.t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	for name, value := range w.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	response := recorder.Result()
	for _, c := range response.Cookies() {
		if c.MaxAge < 0 {
			delete(w.cookies, c.Name)
		} else {
			w.cookies[c.Name] = c.Value
		}
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response, string(text)
}

func (w *world) get(address string, headers ...string) (*http.Response, string) {
	w.t.Helper()
	return w.ask(http.MethodGet, address, "", headers...)
}

// post sends JSON as AM's SDKs do.
func (w *world) post(address string, body any, headers ...string) (int, map[string]any) {
	w.t.Helper()
	raw := []byte{}
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			w.t.Fatal(err)
		}
	}
	usual := []string{"Content-Type", "application/json", "Accept-API-Version", "protocol=1.0,resource=2.1", "X-Requested-With", "forgerock-sdk"}
	response, text := w.ask(http.MethodPost, address, string(raw), append(usual, headers...)...)
	return response.StatusCode, decode(w.t, text)
}

// decode reads an answer of JSON.
func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	answer := map[string]any{}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(text)
	}
	return answer
}

// fill puts values into the callbacks of an answer, in their order; nil leaves one as it is.
func fill(answer map[string]any, values ...any) map[string]any {
	for i, value := range values {
		c := answer["callbacks"].([]any)[i].(map[string]any)
		if inputs, ok := c["input"].([]any); ok && value != nil {
			inputs[0].(map[string]any)["value"] = value
		}
	}
	return answer
}

// signOn signs somebody on through callbacks in realm alpha and gives the session token.
func (w *world) signOn(user string) string {
	w.t.Helper()
	return w.signOnAt(alpha, user)
}

func (w *world) signOnAt(realm, user string) string {
	w.t.Helper()
	_, page := w.post(realm+"/authenticate?authIndexType=service&authIndexValue=sign-on", nil)
	status, answer := w.post(realm+"/authenticate", fill(page, user, "correct horse "+user, 0))
	token, _ := answer["tokenId"].(string)
	if status != http.StatusOK || token == "" {
		w.t.Fatalf("%d %v", status, answer)
	}
	return token
}

const verifier = "a-verifier-of-more-than-forty-three-characters-by-far"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// tokens gets tokens for an application of whoever is signed on.
func (w *world) tokens(at, client, redirect string) map[string]any {
	w.t.Helper()
	response, text := w.get(at + "/authorize?" + url.Values{
		"client_id": {client}, "response_type": {"code"}, "scope": {"openid"}, "state": {"st"}, "prompt": {"none"}, "redirect_uri": {redirect},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}.Encode())
	location, err := url.Parse(response.Header.Get("Location"))
	if err != nil || location.Query().Get("code") == "" {
		w.t.Fatalf("%d %s %s", response.StatusCode, location, text)
	}
	return w.redeem(at, client, redirect, location.Query().Get("code"))
}

func (w *world) redeem(at, client, redirect, code string) map[string]any {
	w.t.Helper()
	path := at + "/access_token"
	if strings.HasSuffix(at, "/as") {
		path = at + "/token"
	}
	_, text := w.ask(http.MethodPost, path, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client}, "redirect_uri": {redirect}, "code": {code}, "code_verifier": {verifier},
	}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	answer := map[string]any{}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer["id_token"] == nil {
		w.t.Fatal(text)
	}
	return answer
}

const callback = "https://www.example.com/callback"

// idToken is that of myClient in realm alpha.
func (w *world) idToken() string {
	w.t.Helper()
	return w.tokens(oauth, "myClient", callback)["id_token"].(string)
}

// check asks by response_type=none, as seed 000 shows it.
func (w *world) check(token string, extra ...string) (*http.Response, string) {
	w.t.Helper()
	q := url.Values{
		"client_id": {"myClient"}, "response_type": {"none"}, "id_token_hint": {token}, "redirect_uri": {callback}, "prompt": {"none"},
	}
	for _, e := range extra {
		name, value, _ := strings.Cut(e, "=")
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
	}
	return w.get(oauth + "/authorize?" + q.Encode())
}
