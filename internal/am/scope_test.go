package am_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vigil/iframe"
)

// Realm beta has sessions of its own; alpha is the environment.
const (
	betaOAuth    = host + "/am/oauth2/realms/root/realms/beta"
	beta         = host + "/am/json/realms/root/realms/beta"
	betaSessions = beta + "/sessions?_action="
	scoped       = "{environmentRealm: /alpha, realms: [{name: /, responseTypePlugins: " + plugins + "}, {name: /alpha, responseTypePlugins: " + plugins +
		"}, {name: /beta, responseTypePlugins: " + plugins + "}]}"
)

// livesIn asks in a realm whether the browser is signed on.
func (w *world) livesIn(at string) bool {
	w.t.Helper()
	_, answer := w.post(at+"validate", nil)
	return answer["valid"] == true
}

// silent asks for a code with prompt=none; the answer is the location's query.
func (w *world) silent(at, client, redirect string) url.Values {
	w.t.Helper()
	response, text := w.get(at + "/authorize?" + url.Values{
		"client_id": {client}, "response_type": {"code"}, "scope": {"openid"}, "prompt": {"none"}, "redirect_uri": {redirect},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}.Encode())
	location, err := url.Parse(response.Header.Get("Location"))
	if err != nil || response.StatusCode/100 != 3 {
		w.t.Fatalf("%d %s", response.StatusCode, text)
	}
	return location.Query()
}

func TestASessionOfARealmIsSeenInNoOther(t *testing.T) {
	w := newWorld(t, scoped)
	for name, c := range map[string]struct{ at, other, oauth, otherOAuth string }{
		"alpha": {alpha, betaSessions, oauth, betaOAuth}, "beta": {beta, sessions, betaOAuth, oauth},
	} {
		w.cookies = map[string]string{}
		token := w.signOnAt(c.at, "ada")
		if got := w.silent(c.oauth, "myClient", callback); got.Get("code") == "" {
			t.Errorf("%s: not at home: %v", name, got)
		}
		if got := w.silent(c.otherOAuth, "myClient", callback); got.Get("error") != "login_required" {
			t.Errorf("%s: authorize of the other realm: %v", name, got)
		}
		if w.livesIn(c.other) || w.livesIn(host+"/am/json/realms/root/sessions?_action=") {
			t.Errorf("%s: another realm sees it by cookies", name)
		}
		for _, headers := range [][]string{{cookie, token}, nil} {
			body := map[string]string{}
			if headers == nil {
				body["tokenId"] = token
			}
			if _, answer := w.post(c.other+"getSessionInfo", body, headers...); answer["valid"] != false {
				t.Errorf("%s: another realm sees it by its token: %v", name, answer)
			}
			if _, answer := w.post(c.other+"logout", body, headers...); answer["result"] != "Token has expired" {
				t.Errorf("%s: another realm ends it: %v", name, answer)
			}
		}
		if !w.livesIn(c.at + "/sessions?_action=") {
			t.Errorf("%s: it ended", name)
		}
	}
}

func TestOnlyTheRealmThatIsTheEnvironmentSharesItsSessionsWithPingOnesSurface(t *testing.T) {
	w := newWorld(t, scoped)
	w.signOnAt(beta, "ada")
	if got := w.silent(host+"/as", "myClient", callback); got.Get("error") != "login_required" {
		t.Errorf("beta's session at /as: %v", got)
	}
	w.signOnAt(alpha, "grace")
	if got := w.silent(host+"/as", "myClient", callback); got.Get("code") == "" {
		t.Errorf("alpha's session at /as: %v", got)
	}
	w.get(host+"/as/signoff?client_id=myClient", "Accept", "application/json")
}

func TestOneBrowserHoldsASessionInEachRealmAndEndsThemOneByOne(t *testing.T) {
	w := newWorld(t, scoped)
	w.signOnAt(alpha, "ada")
	w.signOnAt(beta, "grace")
	if w.cookies["__Host-OPUAS"] == "" || w.cookies["__Host-beta.OPUAS"] == "" || w.cookies["__Host-OPUAS"] == w.cookies["__Host-beta.OPUAS"] {
		t.Fatalf("each realm has a state of its own: %v", w.cookies)
	}
	hint := w.tokens(betaOAuth, "myClient", callback)["id_token"].(string)
	kept := w.cookies["__Host-OPUAS"]
	response, _ := w.get(betaOAuth + "/connect/endSession?id_token_hint=" + hint)
	if response.StatusCode != http.StatusNoContent || w.livesIn(betaSessions) || !w.livesIn(sessions) {
		t.Errorf("%d beta %v alpha %v", response.StatusCode, w.livesIn(betaSessions), w.livesIn(sessions))
	}
	if w.cookies["__Host-beta.OPUAS"] != "a" || w.cookies["__Host-OPUAS"] != kept || w.cookies[cookie] != "" {
		t.Errorf("%v", w.cookies)
	}
	token := w.signOnAt(beta, "grace")
	w.post(sessions+"logout", nil)
	if w.cookies["__Host-OPUAS"] != "a" || w.cookies[cookie] != token || !w.livesIn(betaSessions) {
		t.Errorf("the end in alpha took beta's cookies: %v", w.cookies)
	}
}

func TestTheCheckSessionPageOfARealmReadsTheStateOfItsOwnSessions(t *testing.T) {
	w := newWorld(t, scoped)
	_, of := w.get(betaOAuth + "/connect/checkSession")
	for _, want := range []string{`"prefix":"__Host-beta."`, `"registered":"/am/oauth2/realms/root/realms/beta/checksession/registered"`, `"events":"/am/oauth2/realms/root/realms/beta/session/events"`} {
		if !strings.Contains(of, want) {
			t.Errorf("%s is not in the page of beta", want)
		}
	}
	_, alphas := w.get(oauth + "/connect/checkSession")
	if _, surface := w.get(host + "/as/checksession"); alphas != surface {
		t.Error("alpha is the environment and has another page")
	}
	if _, text := w.get(betaOAuth + "/checksession/registered?client_id=betaOnly&origin=https://beta.example.com"); text != `{"registered":false}` {
		t.Errorf("without opSessionCheckEnabled: %s", text)
	}
	if _, text := w.get(betaOAuth + "/checksession/registered?client_id=myClient&origin=https://www.example.com"); text != `{"registered":true}` {
		t.Errorf("%s", text)
	}
	if response, _ := w.get(betaOAuth+"/session/events", "Sec-Fetch-Site", "cross-site"); response.StatusCode != http.StatusForbidden {
		t.Errorf("the stream for another's page: %d", response.StatusCode)
	}
}

func TestCheckSessionOfARealmTellsOfItsOwnSessionsAlone(t *testing.T) {
	w := newWorld(t, scoped)
	const origin, alphas, betas = "https://www.example.com", oauth + "/connect/checkSession", betaOAuth + "/connect/checkSession"
	w.signOnAt(alpha, "ada")
	w.signOnAt(beta, "grace")
	ofAlpha, ofBeta := w.silent(oauth, "myClient", callback).Get("session_state"), w.silent(betaOAuth, "myClient", callback).Get("session_state")
	says := func(when string, alpha, beta iframe.Answer) {
		t.Helper()
		if a, b := w.poll(alphas, origin, "myClient "+ofAlpha), w.poll(betas, origin, "myClient "+ofBeta); a != alpha || b != beta {
			t.Errorf("%s: alpha says %s, beta says %s", when, a, b)
		}
	}
	says("both are signed on", iframe.Unchanged, iframe.Unchanged)
	if got := w.poll(alphas, origin, "myClient "+ofBeta); got == iframe.Unchanged {
		t.Error("alpha's page tells of beta's session")
	}
	w.post(sessions+"logout", nil)
	says("alpha was signed off", iframe.Changed, iframe.Unchanged)
	w.post(betaSessions+"logout", nil)
	says("both were signed off", iframe.Changed, iframe.Changed)
}

func TestSignOnThroughPagesOfARealmWithSessionsOfItsOwn(t *testing.T) {
	w := newWorld(t, scoped)
	response, _ := w.get(betaOAuth + "/authorize?" + url.Values{
		"client_id": {"myClient"}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {callback},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}.Encode())
	back := w.throughPages(response.Header.Get("Location"), "ada")
	if back.Query().Get("iss") != betaOAuth || back.Query().Get("code") == "" {
		t.Fatalf("%s", back)
	}
	w.redeem(betaOAuth, "myClient", callback, back.Query().Get("code"))
	if !w.livesIn(betaSessions) || w.livesIn(sessions) {
		t.Errorf("beta %v alpha %v", w.livesIn(betaSessions), w.livesIn(sessions))
	}
	if response, _ := w.get(betaOAuth + "/authorize?client_id=myClient&response_type=code&response_mode=pi.flow&scope=openid"); response.StatusCode != http.StatusBadRequest {
		t.Errorf("pi.flow: %d", response.StatusCode)
	}
}

func TestAnAppOfARealmWithSessionsOfItsOwnIsUnknownOnPingOnesSurface(t *testing.T) {
	w := newWorld(t, scoped)
	const ask = "/authorize?client_id=betaOnly&response_type=none&scope=openid&prompt=none&redirect_uri=https://beta.example.com/callback"
	w.signOnAt(beta, "ada")
	if response, _ := w.get(betaOAuth + ask); response.Header.Get("Location") != "https://beta.example.com/callback" {
		t.Errorf("at home: %d %s", response.StatusCode, response.Header.Get("Location"))
	}
	if response, _ := w.get(host + "/as" + ask); response.StatusCode != http.StatusBadRequest || response.Header.Get("Location") != "" {
		t.Errorf("at /as: %d %s", response.StatusCode, response.Header.Get("Location"))
	}
}

func TestCodesAndRefreshTokensOfARealmAreRedeemedThereOnly(t *testing.T) {
	w := newWorld(t, scoped)
	w.signOnAt(beta, "ada")
	code := w.silent(betaOAuth, "myClient", callback).Get("code")
	for _, at := range []string{oauth + "/access_token", host + "/as/token"} {
		response, text := w.ask(http.MethodPost, at, url.Values{
			"grant_type": {"authorization_code"}, "client_id": {"myClient"}, "redirect_uri": {callback}, "code": {code}, "code_verifier": {verifier},
		}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(text, "invalid_grant") {
			t.Errorf("%s: %d %s", at, response.StatusCode, text)
		}
	}
}

func TestTheEndOfARealmsSessionIsToldInTheRealmsName(t *testing.T) {
	told := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told <- r.PostFormValue("logout_token") }))
	defer receiver.Close()
	w := newWorld(t, scoped,
		"  - {clientId: told, type: SINGLE_PAGE_APP, redirectUris: ['https://told.example.com/callback'], backchannelLogoutUri: '"+receiver.URL+"/'}",
		"  allowPrivateLogoutAddresses: true")
	w.signOnAt(beta, "ada")
	w.tokens(betaOAuth, "told", "https://told.example.com/callback")
	w.post(betaSessions+"logout", nil)
	if len(told) != 1 {
		t.Fatal("nobody was told")
	}
	if claims := claimsOf(t, <-told); claims["iss"] != betaOAuth {
		t.Errorf("%v", claims)
	}
}

func TestRealmsOfASharedHostAndOfBareCookieNamesAreApartToo(t *testing.T) {
	for name, c := range map[string]struct {
		at, settings, cookie string
	}{
		"shared host": {"https://shared.example.com/test", "", "beta.ST"}, "bare names": {host, "  cookies: {bareNames: true}", "beta.ST"},
	} {
		w := newWorld(t, scoped, c.settings)
		alphas, betas := c.at+"/am/json/realms/root/realms/alpha", c.at+"/am/json/realms/root/realms/beta"
		w.signOnAt(betas, "ada")
		if w.cookies[c.cookie] == "" || w.cookies["ST"] != "" {
			t.Errorf("%s: %v", name, w.cookies)
		}
		if !w.livesIn(betas+"/sessions?_action=") || w.livesIn(alphas+"/sessions?_action=") {
			t.Errorf("%s: the session is not where it belongs", name)
		}
		oauth := c.at + "/am/oauth2/realms/root/realms/beta"
		state := w.silent(oauth, "myClient", callback).Get("session_state")
		if got := w.poll(oauth+"/connect/checkSession", "https://www.example.com", "myClient "+state); got != iframe.Unchanged {
			t.Errorf("%s: the page says %s", name, got)
		}
	}
}
