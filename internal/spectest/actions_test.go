package spectest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vigil/iframe"
	"vigil/internal/directory"
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
	for name, values := range w.usual {
		q[name] = values
	}
	if len(extra) > 0 && extra[0] == "pushed" {
		return w.pushedQuery(app, extra[1:])
	}
	for _, e := range extra {
		name, value, _ := strings.Cut(strings.ReplaceAll(e, "+", " "), "=")
		if name == "inside" || strings.Contains(name, ":") {
			continue
		}
		if distort(q, name, value) {
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

// distort takes the words twice=NAME and long=NAME.
func distort(q url.Values, name, value string) bool {
	switch name {
	case "twice":
		q.Add(value, q.Get(value))
	case "long":
		q.Set(value, strings.Repeat("x", 20_000))
	default:
		return false
	}
	return true
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

func (w *world) attribute(user, pair string) []string {
	u, err := w.server.Directory.Find(w.t.Context(), "test", user)
	if err != nil {
		w.t.Fatal(err)
	}
	name, value, _ := strings.Cut(pair, "=")
	_, err = w.server.Directory.Update(w.t.Context(), "test", u.ID, func(u *directory.User) {
		u.Attributes = map[string]string{name: value}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return nil
}
