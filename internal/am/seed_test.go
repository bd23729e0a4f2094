package am_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vigil/iframe"
)

func TestSeed000PromptNoneShowsNoPageOfASignOn(t *testing.T) {
	w := newWorld(t, twoRealms)
	if got := w.silent(oauth, "myClient", callback); got.Get("error") != "login_required" {
		t.Errorf("a code: %v", got)
	}
	for _, redirect := range []string{"redirect_uri=", "redirect_uri=" + callback} {
		response, page := w.check("", "id_token_hint=", redirect)
		if strings.Contains(response.Header.Get("Location"), "/signon") || strings.Contains(page, "<form") {
			t.Errorf("%s: %d %s %s", redirect, response.StatusCode, response.Header.Get("Location"), page)
		}
	}
}

func TestSeed000ResponseTypeNoneIssuesNothing(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	for _, extra := range []string{"scope=openid", "nonce=n", "response_mode=query", "state=s"} {
		if response, _ := w.check(w.idToken(), extra); response.Header.Get("Location") != callback {
			t.Errorf("%s: %s", extra, response.Header.Get("Location"))
		}
	}
}

func TestSeed000ResponseTypeNoneIsAnsweredInAFrameOnBothSurfaces(t *testing.T) {
	w := newWorld(t, twoRealms)
	for _, signedOn := range []bool{false, true} {
		if signedOn {
			w.signOn("ada")
		}
		for _, at := range []string{oauth, host + "/as"} {
			response, _ := w.get(at+"/authorize?"+url.Values{
				"client_id": {"myClient"}, "response_type": {"none"}, "prompt": {"none"}, "scope": {"openid"}, "redirect_uri": {callback},
			}.Encode(), "Sec-Fetch-Dest", "iframe")
			h := response.Header
			if response.StatusCode != http.StatusFound || h.Get("X-Frame-Options") != "" || strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors") {
				t.Errorf("%s, signed on %v: %d %v", at, signedOn, response.StatusCode, h)
			}
		}
	}
}

func TestSeed000ThePageThatSaysNoStandsInAFrameOfItsApplicationAlone(t *testing.T) {
	w := newWorld(t, twoRealms)
	for _, at := range []string{oauth, host + "/as"} {
		response, page := w.get(at+"/authorize?"+url.Values{
			"client_id": {"myClient"}, "response_type": {"none"}, "prompt": {"none"}, "scope": {"openid"},
		}.Encode(), "Sec-Fetch-Dest", "iframe")
		policy := response.Header.Get("Content-Security-Policy")
		within := "frame-ancestors " + callback[:strings.Index(callback, "/callback")]
		if response.StatusCode != http.StatusBadRequest || page == "" || response.Header.Get("X-Frame-Options") != "" || !strings.Contains(policy, within) {
			t.Errorf("%s: %d %v", at, response.StatusCode, response.Header)
		}
		if response, _ := w.get(at + "/authorize?client_id=nobody&response_type=none&prompt=none"); !strings.Contains(response.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: a page for nobody's application may be framed", at)
		}
	}
}

func TestSeed000CheckSessionAndEndSessionAreThereByDefault(t *testing.T) {
	w := newWorld(t, "{realms: [{name: /alpha}, {name: /beta}]}")
	document := w.metadata(oauth)
	for _, key := range []string{"check_session_iframe", "end_session_endpoint"} {
		if address, _ := document[key].(string); !strings.HasPrefix(address, oauth+"/connect/") {
			t.Errorf("%s: %v", key, document[key])
		}
	}
	if response, page := w.get(document["check_session_iframe"].(string)); response.StatusCode != http.StatusOK || !strings.Contains(page, "<script") {
		t.Errorf("%d", response.StatusCode)
	}
}

func TestSeed000TheClientSessionURIIsWhereSessionStateIsAskedFrom(t *testing.T) {
	w := newWorld(t, twoRealms, "  - {clientId: watcher, type: SINGLE_PAGE_APP, opSessionCheckEnabled: true, clientSessionUri: 'https://watch.example.com/page', redirectUris: ['https://elsewhere.example.com/callback']}")
	w.signOn("ada")
	state := w.silent(oauth, "watcher", "https://elsewhere.example.com/callback").Get("session_state")
	for origin, want := range map[string]iframe.Answer{"https://watch.example.com": iframe.Unchanged, "https://stranger.example.com": iframe.Error} {
		if got := w.poll(oauth+"/connect/checkSession", origin, "watcher "+state); got != want {
			t.Errorf("%s: %s", origin, got)
		}
	}
}

func TestSeed000BothMethodsSeeTheSameEnd(t *testing.T) {
	w := newWorld(t, twoRealms)
	for name, end := range map[string]func(token string){
		"endSession":     func(token string) { w.endSession(token) },
		"/json/sessions": func(string) { w.post(sessions+"logout", nil) },
	} {
		w.signOn("ada")
		token, state := w.idToken(), w.silent(oauth, "myClient", callback).Get("session_state")
		end(token)
		if response, _ := w.check(token); response.Header.Get("Location") != loginRequired {
			t.Errorf("%s: %s", name, response.Header.Get("Location"))
		}
		if got := w.poll(oauth+"/connect/checkSession", "https://www.example.com", "myClient "+state); got != iframe.Changed {
			t.Errorf("%s: checkSession says %s", name, got)
		}
	}
}

func TestSeed002AnotherInstanceKnowsTheSessionOfAToken(t *testing.T) {
	w := newWorld(t, twoRealms)
	token := w.signOn("ada")
	hint := w.idToken()
	w.restart()
	if response, _ := w.check(hint); response.Header.Get("Location") != callback {
		t.Error(response.Header.Get("Location"))
	}
	if _, answer := w.post(sessions+"validate", map[string]string{"tokenId": token}); answer["valid"] != true {
		t.Errorf("%v", answer)
	}
}

func TestSeed002FurtherParametersMayComeAlong(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	if response, _ := w.check(w.idToken(), "client_secret=s", "acr_values=a b", "service=tree"); response.Header.Get("Location") != callback {
		t.Error(response.Header.Get("Location"))
	}
}

func TestSeed004NoPostLogoutRedirectURIIsRegisteredByDefault(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token := w.tokens(oauth, "without", "https://without.example.com/callback")["id_token"].(string)
	for _, address := range []string{"https://without.example.com/callback", "https://www.example.com/signout"} {
		if response, text := w.endSession(token, "post_logout_redirect_uri="+address); response.StatusCode != http.StatusBadRequest || !strings.Contains(text, "redirect_uri_mismatch") {
			t.Errorf("%s: %d %s", address, response.StatusCode, text)
		}
	}
	if !w.lives() {
		t.Error("the session ended")
	}
}

func TestSeed004TheClientIDMayComeAlong(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	if response, _ := w.endSession(w.idToken(), "client_id=myClient"); response.StatusCode != http.StatusNoContent || w.lives() {
		t.Errorf("%d", response.StatusCode)
	}
}
