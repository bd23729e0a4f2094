package spectest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"vigil/iframe"
)

func originOf(app string) string { return "https://" + app + ".example.com" }

func (w *world) get(address string) (*http.Response, string) {
	return w.current.visit(w, httptest.NewRequest(http.MethodGet, address, nil))
}

func (w *world) post(address string, form url.Values, headers ...string) (*http.Response, string) {
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.current.visit(w, r)
}

// query makes an authorization request; extra parameters replace the usual ones, an empty one removes them.
func (w *world) query(app string, extra []string) url.Values {
	verifier := base64.RawURLEncoding.EncodeToString([]byte("a verifier of more than forty-three characters for " + app))
	w.current.verifiers[app] = verifier
	challenge := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {app}, "response_type": {"code"}, "scope": {"openid"}, "state": {"st"}, "nonce": {"no"},
		"redirect_uri": {originOf(app) + "/callback"}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}
	if len(extra) > 0 && extra[0] == "pushed" {
		return w.pushedQuery(app, extra[1:])
	}
	for _, e := range extra {
		name, value, _ := strings.Cut(strings.ReplaceAll(e, "+", " "), "=")
		if name == "inside" || strings.Contains(name, ":") {
			continue
		}
		if name == "hint" {
			name, value = "id_token_hint", w.current.idTokens[value]
		}
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
	}
	return w.enclose(q, extra)
}

func (w *world) authorize(app string, extra []string) []string {
	if slices.Contains(extra, "post") {
		response, page := w.post("https://"+issuerHost+"/as/authorize", w.query(app, extra), "Origin", originOf(app), "Sec-Fetch-Site", "none")
		return w.parts(app, response, page)
	}
	response, page := w.get("https://" + issuerHost + "/as/authorize?" + w.query(app, extra).Encode())
	return w.parts(app, response, page)
}

// parts takes an authorization response apart, and lets the application keep what it got.
func (w *world) parts(app string, response *http.Response, page string) []string {
	got := []string{strconv.Itoa(response.StatusCode)}
	location := response.Header.Get("Location")
	if location == "" {
		if strings.Contains(page, "<form") {
			got = append(got, "form")
			if fields := hiddenInputs(page); fields.Has("response") || fields.Has("state") {
				got = append(got, w.received(app, fields)...)
			}
			return got
		}
		if page == "" {
			return got
		}
		return append(got, "page")
	}
	u, err := url.Parse(location)
	if err != nil {
		w.t.Fatal(err)
	}
	if u.Host == issuerHost {
		w.resume = location
		return append(got, strings.Trim(u.Path, "/"))
	}
	answer := u.Query()
	if u.Fragment != "" {
		answer, _ = url.ParseQuery(u.Fragment)
		got = append(got, "fragment")
	}
	return append(got, w.received(app, answer)...)
}

// received names what an application got, and lets it keep that.
func (w *world) received(app string, answer url.Values) (got []string) {
	if token := answer.Get("response"); token != "" {
		got, answer = append(got, "signed"), w.opened(app, token)
	}
	if len(answer) == 0 {
		return append(got, "nothing")
	}
	if answer.Get("iss") != "https://"+issuerHost+"/as" || answer.Get("state") != "st" {
		w.t.Errorf("iss or state is wrong in %v", answer)
	}
	for _, name := range []string{"code", "session_state", "id_token", "access_token"} {
		if answer.Get(name) != "" {
			got = append(got, name)
		}
	}
	if token := answer.Get("id_token"); token != "" {
		w.current.idTokens[app] = token
		got = append(got, w.bound(app, token, answer)...)
	}
	if token := answer.Get("access_token"); token != "" {
		w.current.accessTokens[app] = token
	}
	if answer.Get("error") != "" {
		got = append(got, "error="+answer.Get("error"))
	}
	if code := answer.Get("code"); code != "" {
		w.current.codes[app] = code
	}
	if state := answer.Get("session_state"); state != "" {
		w.current.states[app] = state
	}
	return got
}

// signOn goes through the flow's page, if there is one.
func (w *world) signOn(user, app string, extra []string) []string {
	response, page := w.get("https://" + issuerHost + "/as/authorize?" + w.query(app, extra).Encode())
	location := response.Header.Get("Location")
	if !strings.Contains(location, "/signon/") {
		return w.parts(app, response, page)
	}
	_, page = w.get(location)
	form := hiddenInputs(page)
	form.Set("username", user)
	form.Set("password", "correct horse "+user)
	form.Set("_button", "signOn")
	response, page = w.post(location, form)
	if at := response.Header.Get("Location"); strings.Contains(at, "/as/resume") {
		w.resume = at
		response, page = w.get(at)
	}
	return w.parts(app, response, page)
}

func (w *world) token(app string, form url.Values) []string {
	form.Set("client_id", app)
	response, body := w.post("https://"+issuerHost+"/as/token", form, "Origin", originOf(app))
	var answer struct {
		Error   string `json:"error"`
		ID      string `json:"id_token"`
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Scope   string `json:"scope"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		w.t.Fatalf("%v in %s", err, body)
	}
	got := []string{strconv.Itoa(response.StatusCode)}
	if answer.Error != "" {
		return append(got, answer.Error)
	}
	got = append(got, w.compared(w.current.idTokens[app], answer.ID)...)
	w.current.idTokens[app], w.current.accessTokens[app] = answer.ID, answer.Access
	if answer.Refresh != "" {
		w.current.refreshTokens[app] = answer.Refresh
		got = append(got, "refresh_token")
	}
	for _, scope := range strings.Fields(answer.Scope) {
		got = append(got, "scope:"+scope)
	}
	return append(got, w.shown("id:", answer.ID)...)
}

// shown names the claims of a person that an ID token tells.
func (w *world) shown(prefix, token string) (got []string) {
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, claim := range []string{"email", "given_name"} {
		if strings.Contains(string(text), `"`+claim+`":`) {
			got = append(got, prefix+claim)
		}
	}
	return got
}

// compared says what an ID token holds, and what of it stayed as it was in the one before.
func (w *world) compared(before, now string) (got []string) {
	if now == "" {
		return nil
	}
	was, is := map[string]any{}, w.claims(now)
	if before != "" {
		was = payload(w.t, before)
	}
	for _, name := range []string{"sub", "auth_time"} {
		if is[name] == nil {
			continue
		}
		switch old, late := was[name].(float64); {
		case was[name] == is[name]:
			got = append(got, "same-"+name)
		case late && is[name].(float64) > old:
			got = append(got, "later-"+name)
		}
	}
	if is["nonce"] != nil {
		got = append(got, "nonce")
	}
	signed, err := jose.ParseSignedCompact(now, signatures())
	if err != nil {
		w.t.Fatal(err)
	}
	return append(got, fmt.Sprintf("acr=%v", is["acr"]), "alg:"+signed.Signatures[0].Header.Algorithm)
}

func (w *world) redeem(app string, extra ...string) []string {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {w.current.codes[app]},
		"redirect_uri": {originOf(app) + "/callback"}, "code_verifier": {w.current.verifiers[app]},
	}
	for _, e := range extra {
		name, value, _ := strings.Cut(e, "=")
		switch {
		case name == "from":
			form.Set("code", w.current.codes[value])
		case value == "":
			form.Del(name)
		default:
			form.Set(name, value)
		}
	}
	return w.token(app, form)
}

func (w *world) refresh(app string, from ...string) []string {
	holder := app
	if len(from) > 0 {
		holder = strings.TrimPrefix(from[0], "from=")
	}
	return w.token(app, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {w.current.refreshTokens[holder]}})
}

func (w *world) userinfo(app string, how ...string) []string {
	address, token := "https://"+issuerHost+"/as/userinfo", w.current.accessTokens[app]
	r := httptest.NewRequest(http.MethodGet, address, nil)
	switch {
	case slices.Contains(how, "header"):
		r = httptest.NewRequest(http.MethodPost, address, nil)
	case slices.Contains(how, "body"):
		r = httptest.NewRequest(http.MethodPost, address, strings.NewReader(url.Values{"access_token": {token}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		token = ""
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, body := w.current.visit(w, r)
	got := []string{strconv.Itoa(response.StatusCode)}
	if id := w.current.idTokens[app]; id != "" && strings.Contains(body, fmt.Sprintf(`"sub":%q`, payload(w.t, id)["sub"])) {
		got = append(got, "same-sub")
	}
	for _, claim := range []string{"email", "given_name"} {
		if strings.Contains(body, `"`+claim+`":`) {
			got = append(got, claim)
		}
	}
	return got
}

// poll asks the iframe's twin with what the application holds.
func (w *world) poll(app string) string {
	answer := iframe.Verdict(iframe.Question{
		Data: app + " " + w.current.states[app], Origin: originOf(app), Issuer: "https://" + issuerHost,
		Cookies: w.current.readable(w.clock.now()), Prefix: w.prefix(),
		Registered: func(clientID, origin string) bool { return clientID == app && origin == originOf(app) },
	})
	return string(answer)
}

func (w *world) prefix() string {
	for _, line := range w.settings {
		if strings.Contains(line, "bareNames: true") {
			return ""
		}
	}
	return iframe.HostPrefix
}

func (w *world) activity(app string) []string {
	response, _ := w.post("https://"+issuerHost+"/as/session/activity", nil, "X-Vigil-Activity", "1", "Origin", originOf(app))
	return []string{strconv.Itoa(response.StatusCode)}
}

func (w *world) end(user string) []string {
	u, err := w.server.Directory.Find(w.t.Context(), "test", user)
	if err != nil {
		w.t.Fatal(err)
	}
	ended, err := w.server.Sessions.EndAllOfUser(w.t.Context(), "test", u.ID, w.clock.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return []string{strconv.Itoa(ended)}
}
