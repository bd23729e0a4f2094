package am_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vigil/iframe"
)

// sessionState is what an authorization response carries. Empty: nothing.
func (w *world) sessionState(at, client, redirect string) string {
	w.t.Helper()
	response, _ := w.get(at + "/authorize?" + url.Values{
		"client_id": {client}, "response_type": {"code"}, "scope": {"openid"}, "prompt": {"none"}, "redirect_uri": {redirect},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}.Encode())
	location, err := url.Parse(response.Header.Get("Location"))
	if err != nil || location.Query().Get("code") == "" {
		w.t.Fatalf("%d %s", response.StatusCode, location)
	}
	return location.Query().Get("session_state")
}

func TestSeed000DisablingSessionManagementTakesItsEndpointsAndSessionStateAway(t *testing.T) {
	w := newWorld(t, "{realms: [{name: /alpha, sessionManagement: false}, {name: /beta}]}")
	w.signOn("ada")
	document := w.metadata(oauth)
	for _, key := range []string{"end_session_endpoint", "check_session_iframe", "ping_end_idp_session_endpoint", "backchannel_logout_supported"} {
		if document[key] != nil {
			t.Errorf("discovery: %s is %v", key, document[key])
		}
	}
	token := w.idToken()
	for _, path := range []string{"/connect/checkSession", "/connect/endSession?id_token_hint=" + token, "/connect/idpEndSession?id_token_hint=" + token} {
		if response, _ := w.get(oauth + path); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
	if state := w.sessionState(oauth, "myClient", callback); state != "" {
		t.Errorf("session_state %s", state)
	}
	w.signOnAt(beta, "ada")
	if w.metadata(betaOAuth)["check_session_iframe"] == nil || w.sessionState(betaOAuth, "myClient", callback) == "" {
		t.Error("the other realm lost it too")
	}
}

func TestSeed000DisablingSessionManagementDisablesBackchannelLogout(t *testing.T) {
	for _, managed := range []string{"true", "false"} {
		told := make(chan string, 1)
		receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			told <- r.PostFormValue("logout_token")
		}))
		defer receiver.Close()
		w := newWorld(t, "{realms: [{name: /alpha, sessionManagement: "+managed+"}, {name: /beta}]}",
			"  - {clientId: told, type: SINGLE_PAGE_APP, realm: /alpha, redirectUris: ['https://told.example.com/callback'], backchannelLogoutUri: '"+receiver.URL+"/'}",
			"  allowPrivateLogoutAddresses: true")
		w.signOn("ada")
		w.tokens(oauth, "told", "https://told.example.com/callback")
		w.post(sessions+"logout", nil)
		heard := len(told) > 0
		if heard != (managed == "true") {
			t.Errorf("sessionManagement %s: told is %v", managed, heard)
		}
		if heard {
			if token := <-told; strings.Count(token, ".") != 2 {
				t.Errorf("logout token %q", token)
			}
		}
	}
}

func TestSignOffOnOneSurfaceIsSeenOnTheOther(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token, state := w.idToken(), w.cookies["__Host-OPUAS"]
	// The same session answers PingOne's surface.
	ping := w.tokens(host+"/as", "myClient", callback)["id_token"].(string)
	if w.cookies["__Host-OPUAS"] != state {
		t.Error("the state changed")
	}
	w.get(host + "/as/signoff?id_token_hint=" + ping)
	if response, _ := w.check(token); response.Header.Get("Location") != loginRequired || w.cookies["__Host-OPUAS"] != "a" || w.cookies[cookie] != "" {
		t.Errorf("%s %v", response.Header.Get("Location"), w.cookies)
	}
	w.signOn("ada")
	token = w.idToken()
	w.tokens(host+"/as", "myClient", callback)
	w.endSession(token)
	response, _ := w.get(host + "/as/authorize?client_id=myClient&response_type=code&scope=openid&prompt=none&code_challenge_method=S256&code_challenge=" +
		challenge() + "&redirect_uri=" + url.QueryEscape(callback))
	if !strings.Contains(response.Header.Get("Location"), "error=login_required") || w.cookies["__Host-OPUAS"] != "a" {
		t.Errorf("%s %v", response.Header.Get("Location"), w.cookies)
	}
}

func TestSignOffOnOneSurfaceMakesTheFramesOfTheOtherSayChanged(t *testing.T) {
	w := newWorld(t, twoRealms)
	const origin, ams, pings = "https://www.example.com", oauth + "/connect/checkSession", host + "/as/checksession"
	for name, end := range map[string]func(){
		"/as/signoff": func() {
			w.get(host+"/as/signoff?id_token_hint="+w.tokens(host+"/as", "myClient", callback)["id_token"].(string), "Accept", "application/json")
		},
		"endSession": func() { w.endSession(w.idToken()) },
	} {
		w.signOn("ada")
		onAM, onPing := w.silent(oauth, "myClient", callback).Get("session_state"), w.silent(host+"/as", "myClient", callback).Get("session_state")
		for _, want := range []iframe.Answer{iframe.Unchanged, iframe.Changed} {
			if am, ping := w.poll(ams, origin, "myClient "+onAM), w.poll(pings, origin, "myClient "+onPing); am != want || ping != want {
				t.Errorf("%s: AM's page says %s, PingOne's %s, wanted %s", name, am, ping, want)
			}
			if want == iframe.Unchanged {
				end()
			}
		}
	}
}

func TestTheCookieOfAMAloneIsEnoughOnAMsSurface(t *testing.T) {
	w := newWorld(t, twoRealms)
	token := w.signOn("ada")
	hint := w.idToken()
	// seed 002: "the user-agent must provide the SSO token of the end user's session as the iplanetDirectoryPro cookie".
	w.cookies = map[string]string{cookie: token}
	if response, _ := w.check(hint); response.Header.Get("Location") != callback {
		t.Error(response.Header.Get("Location"))
	}
	w.cookies = map[string]string{cookie: token}
	response, _ := w.get(host + "/as/authorize?client_id=myClient&response_type=code&scope=openid&prompt=none&code_challenge_method=S256&code_challenge=" +
		challenge() + "&redirect_uri=" + url.QueryEscape(callback))
	if !strings.Contains(response.Header.Get("Location"), "error=login_required") {
		t.Errorf("PingOne's surface takes it: %s", response.Header.Get("Location"))
	}
	w.cookies = map[string]string{"__Host-ST": token}
	if w.lives() {
		t.Error("it passes for an ST")
	}
}
