package am_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const loginRequired = callback + "?error_description=The%20request%20requires%20login.&error=login_required"

func TestSeed000ValidSessionRedirectsToRedirectURIWithNoContent(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token := w.idToken()
	for _, extra := range [][]string{nil, {"state=xyz"}, {"response_mode=fragment"}, {"scope=openid profile"}} {
		response, text := w.check(token, extra...)
		if response.StatusCode != http.StatusFound || response.Header.Get("Location") != callback || text != "" {
			t.Errorf("%v: %d %q %q", extra, response.StatusCode, response.Header.Get("Location"), text)
		}
	}
	w.now = w.now.Add(20 * time.Minute)
	w.post(alpha+"/sessions?_action=refresh", nil)
	w.now = w.now.Add(20 * time.Minute)
	w.post(alpha+"/sessions?_action=refresh", nil)
	w.now = w.now.Add(25 * time.Minute)
	if response, _ := w.check(token); response.Header.Get("Location") != callback {
		t.Errorf("an expired ID token of a live session: %s", response.Header.Get("Location"))
	}
}

func TestSeed000ValidSessionWithoutRedirectURIReturns204(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	response, text := w.check(w.idToken(), "redirect_uri=")
	if response.StatusCode != http.StatusNoContent || text != "" {
		t.Errorf("%d %q", response.StatusCode, text)
	}
}

func TestSeed000InvalidSessionRedirectsWithErrorDescription(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token := w.idToken()
	w.post(alpha+"/sessions?_action=logout", nil)
	response, _ := w.check(token)
	if response.StatusCode != http.StatusFound || response.Header.Get("Location") != loginRequired {
		t.Errorf("%d %q", response.StatusCode, response.Header.Get("Location"))
	}
	if response, _ := w.check(token, "state=x y"); response.Header.Get("Location") != loginRequired+"&state=x%20y" {
		t.Error(response.Header.Get("Location"))
	}
	const other = "https://www.example.com/callback?a=b"
	want := strings.Replace(loginRequired, callback+"?", other+"&", 1)
	if response, _ := w.check(token, "redirect_uri="+other); response.Header.Get("Location") != want {
		t.Error(response.Header.Get("Location"))
	}
}

func TestSeed000InvalidSessionWithoutRedirectURIReturns400AndAPage(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token := w.idToken()
	w.post(alpha+"/sessions?_action=logout", nil)
	response, page := w.check(token, "redirect_uri=")
	if response.StatusCode != http.StatusBadRequest || !strings.Contains(page, "Login required. The request requires login.") {
		t.Errorf("%d %s", response.StatusCode, page)
	}
}

func TestSeed000ATimeoutMakesTheSessionInvalid(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	token := w.idToken()
	w.now = w.now.Add(31 * time.Minute)
	if response, _ := w.check(token); response.Header.Get("Location") != loginRequired {
		t.Error(response.Header.Get("Location"))
	}
}

func TestSeed000TheIDTokenIsValidatedAgainstTheSession(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	earlier, stranger := w.idToken(), w.tokens(oauth, "without", "https://without.example.com/callback")["id_token"].(string)
	elsewhere := w.tokens(host+"/as", "myClient", callback)["id_token"].(string)
	w.post(alpha+"/sessions?_action=logout", nil)
	w.signOn("ada")
	if response, _ := w.check(earlier); response.Header.Get("Location") != loginRequired {
		t.Errorf("of a session that has ended: %s", response.Header.Get("Location"))
	}
	for name, hint := range map[string]string{"another audience": stranger, "another issuer": elsewhere, "forged": earlier[:len(earlier)-8] + "AAAAAAAA"} {
		if response, _ := w.check(hint); !strings.Contains(response.Header.Get("Location"), "error=invalid_request") {
			t.Errorf("%s: %s", name, response.Header.Get("Location"))
		}
	}
	if response, _ := w.check("", "id_token_hint="); response.Header.Get("Location") != callback {
		t.Errorf("without a hint: %s", response.Header.Get("Location"))
	}
	ada := w.idToken()
	w.post(alpha+"/sessions?_action=logout", nil)
	w.signOn("grace")
	if response, _ := w.check(ada); response.Header.Get("Location") != loginRequired {
		t.Errorf("another user's hint: %s", response.Header.Get("Location"))
	}
}

func TestSeed000ResponseTypeNoneNeedsThePluginAndTheClient(t *testing.T) {
	w := newWorld(t, "{realms: [{name: /alpha}, {name: /beta}]}")
	w.signOn("ada")
	if response, _ := w.check(w.idToken()); !strings.Contains(response.Header.Get("Location"), "error=unsupported_response_type") {
		t.Errorf("the provider does not list it: %s", response.Header.Get("Location"))
	}
	w = newWorld(t, twoRealms)
	w.signOn("ada")
	response, _ := w.check("", "id_token_hint=", "client_id=without", "redirect_uri=https://without.example.com/callback")
	if !strings.Contains(response.Header.Get("Location"), "error=unauthorized_client") {
		t.Errorf("the client does not list it: %s", response.Header.Get("Location"))
	}
}

func TestAnUnregisteredRedirectURIIsToldAndNotFollowed(t *testing.T) {
	w := newWorld(t, twoRealms)
	for _, extra := range []string{"redirect_uri=https://evil.example.com/", "client_id=nobody"} {
		if response, _ := w.check("", "id_token_hint=", extra); response.StatusCode != http.StatusBadRequest || response.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", extra, response.StatusCode, response.Header.Get("Location"))
		}
	}
}
