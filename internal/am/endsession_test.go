package am_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func (w *world) endSession(token string, extra ...string) (*http.Response, string) {
	w.t.Helper()
	q := url.Values{"id_token_hint": {token}}
	for _, e := range extra {
		name, value, _ := strings.Cut(e, "=")
		q.Set(name, value)
	}
	return w.get(oauth + "/connect/endSession?" + q.Encode())
}

// lives asks whether the browser is signed on.
func (w *world) lives() bool {
	w.t.Helper()
	_, answer := w.post(alpha+"/sessions?_action=validate", nil)
	return answer["valid"] == true
}

func TestSeed004EndSessionRedirectsToThePostLogoutRedirectURI(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token := w.idToken()
	response, text := w.endSession(token, "post_logout_redirect_uri=https://www.example.com/signout")
	if response.StatusCode != http.StatusFound || response.Header.Get("Location") != "https://www.example.com/signout" || text != "" {
		t.Errorf("%d %s %s", response.StatusCode, response.Header.Get("Location"), text)
	}
	if w.lives() {
		t.Error("the session lives")
	}
	response, _ = w.endSession(token, "post_logout_redirect_uri=https://www.example.com/signout", "state=a b")
	if response.Header.Get("Location") != "https://www.example.com/signout?state=a%20b" {
		t.Errorf("a session that has ended: %s", response.Header.Get("Location"))
	}
}

func TestSeed004EndSessionWithoutARedirectURIReturns204(t *testing.T) {
	w := newWorld(t, twoRealms)
	for _, path := range []string{"/connect/endSession", "/connect/idpEndSession"} {
		w.signOn("ada")
		response, text := w.get(oauth + path + "?id_token_hint=" + w.idToken())
		if response.StatusCode != http.StatusNoContent || text != "" || w.lives() {
			t.Errorf("%s: %d %s, lives: %v", path, response.StatusCode, text, w.lives())
		}
	}
}

func TestSeed004EndSessionFromAServerEndsTheSessionOfTheBrowser(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token, cookies := w.idToken(), w.cookies
	w.cookies = map[string]string{}
	response, _ := w.endSession(token)
	if response.StatusCode != http.StatusNoContent || len(w.cookies) > 0 {
		t.Errorf("%d, cookies %v", response.StatusCode, w.cookies)
	}
	w.cookies = cookies
	if w.lives() {
		t.Error("the session lives")
	}
}

func TestNothingEndsBeforeHintAndAddressAreGood(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token := w.idToken()
	for name, c := range map[string]struct {
		query []string
		code  string
	}{
		"no hint":             {[]string{"id_token_hint="}, "bad_request"},
		"a forged hint":       {[]string{"id_token_hint=" + token[:len(token)-8] + "AAAAAAAA"}, "bad_request"},
		"an encrypted hint":   {[]string{"id_token_hint=a.b.c.d.e"}, "bad_request"},
		"another's client id": {[]string{"client_id=without"}, "bad_request"},
		"another address":     {[]string{"post_logout_redirect_uri=https://www.example.com/signout/"}, "redirect_uri_mismatch"},
		"a relative address":  {[]string{"post_logout_redirect_uri=/signout"}, "relative_redirect_uri"},
	} {
		response, text := w.endSession(token, c.query...)
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(text, `"error":"`+c.code+`"`) {
			t.Errorf("%s: %d %s", name, response.StatusCode, text)
		}
	}
	if response, _ := w.get(oauth+"/connect/endSession?id_token_hint="+token, "Sec-Purpose", "prefetch"); response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a prefetch: %d", response.StatusCode)
	}
	if response, _ := w.get(host + "/am/oauth2/realms/root/realms/beta/connect/endSession?id_token_hint=" + token); response.StatusCode != http.StatusBadRequest {
		t.Errorf("another realm's hint: %d", response.StatusCode)
	}
	if !w.lives() {
		t.Error("the session ended")
	}
}

func TestAnEarlierIDTokenDoesNotEndTheSessionThatFollowed(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token := w.idToken()
	w.endSession(token)
	w.signOn("grace")
	if response, _ := w.endSession(token); response.StatusCode != http.StatusNoContent || !w.lives() {
		t.Errorf("%d, lives: %v", response.StatusCode, w.lives())
	}
}

func TestAPostOfAnotherSiteComesBackWithItsCookies(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token := w.idToken()
	cookies := w.cookies
	w.cookies = map[string]string{}
	response, _ := w.ask(http.MethodPost, oauth+"/connect/endSession", url.Values{"id_token_hint": {token}}.Encode(),
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site", "Origin", "https://www.example.com")
	w.cookies = cookies
	if response.StatusCode != http.StatusSeeOther || !w.lives() {
		t.Fatalf("%d", response.StatusCode)
	}
	if response, _ := w.get(response.Header.Get("Location")); response.StatusCode != http.StatusNoContent || w.cookies["__Host-OPUAS"] != "a" {
		t.Errorf("%d %v", response.StatusCode, w.cookies)
	}
}
