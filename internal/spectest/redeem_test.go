package spectest

import (
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
)

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
	got = append(got, w.compared(w.current.redeemed[app], answer.ID)...)
	w.current.redeemed[app] = answer.ID
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
	for _, claim := range []string{"email", "given_name", "address"} {
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

// keep puts the refresh token of an application aside, as somebody who copied it would.
func (w *world) keep(app string) []string {
	w.current.refreshTokens["kept"] = w.current.refreshTokens[app]
	return []string{"kept"}
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
	for _, claim := range []string{"email", "given_name", "address"} {
		if strings.Contains(body, `"`+claim+`":`) {
			got = append(got, claim)
		}
	}
	return got
}

// grant asks the token endpoint for something else than the words redeem and refresh do.
func (w *world) grant(app string, extra []string) []string {
	form := url.Values{
		"code": {"a-code"}, "redirect_uri": {originOf(app) + "/callback"}, "code_verifier": {"a-verifier-of-more-than-forty-three-characters-in-all"},
	}
	for _, e := range extra {
		if name, value, _ := strings.Cut(strings.ReplaceAll(e, "+", " "), "="); !distort(form, name, value) {
			form.Set(name, value)
		}
	}
	return w.token(app, form)
}
