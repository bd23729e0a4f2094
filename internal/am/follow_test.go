package am_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A tab waits in beta; the person signs on in one realm or the other.
func TestATabFollowsASignOnInItsOwnRealmAlone(t *testing.T) {
	for signedOnAt, want := range map[string]int{alpha: http.StatusNoContent, beta: http.StatusOK} {
		w := newWorld(t, scoped)
		response, text := w.get(betaOAuth + "/authorize?" + url.Values{
			"client_id": {"myClient"}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {callback}, "state": {"mine"},
			"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
		}.Encode())
		page := response.Header.Get("Location")
		_, query, waits := strings.Cut(page, "/signon/?")
		if !waits {
			t.Fatalf("%d %s", response.StatusCode, text)
		}
		if _, text := w.get(page); !strings.Contains(text, `data-ask="/as/follow" data-cookie="__Host-beta.OPUAS"`) {
			t.Errorf("the page watches something else: %s", text)
		}
		w.signOnAt(signedOnAt, "ada")
		response, there := w.ask(http.MethodPost, host+"/as/follow?"+query, "", "Origin", host)
		if response.StatusCode != want {
			t.Errorf("after a sign-on at %s: %d %s", signedOnAt, response.StatusCode, there)
		}
		if want != http.StatusOK {
			continue
		}
		response, _ = w.get(there)
		if back := response.Header.Get("Location"); !strings.HasPrefix(back, callback) || !strings.Contains(back, "state=mine") || !strings.Contains(back, url.QueryEscape(betaOAuth)) {
			t.Errorf("it goes on to %s", back)
		}
	}
}
