package spectest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// RFC 9700 4.2.4, 4.12, 4.16: a page gives its address to nobody, stands in no frame, and a redirect never carries what was posted.
//
// holds: no-referrer, no-framing, no-307
func TestEveryPageKeepsItsAddressToItselfAndStandsInNoFrame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"consent=REMEMBERED"}}}
	w.start()
	visit := func(what string, response *http.Response) *http.Response {
		t.Helper()
		h := response.Header
		if response.StatusCode == http.StatusTemporaryRedirect || response.StatusCode == http.StatusPermanentRedirect {
			t.Errorf("%s: %d sends what was posted on", what, response.StatusCode)
		}
		if h.Get("Cache-Control") == "" {
			t.Errorf("%s: no Cache-Control", what)
		}
		if response.StatusCode/100 == 3 {
			return response
		}
		if h.Get("Referrer-Policy") != "no-referrer" && !strings.Contains(h.Get("Referrer-Policy"), "same-origin") {
			t.Errorf("%s: Referrer-Policy %q", what, h.Get("Referrer-Policy"))
		}
		if h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options %q", what, h.Get("X-Content-Type-Options"))
		}
		if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: Content-Security-Policy %q", what, policy)
		}
		return response
	}
	base := "https://" + issuerHost
	get := func(what, address string) *http.Response {
		response, _ := w.get(address)
		return visit(what, response)
	}
	get("a request nobody registered", base+"/as/authorize?client_id=nobody")
	begun := get("authorize", base+"/as/authorize?"+w.query("spa", nil).Encode())
	signon := begun.Header.Get("Location")
	_, page := w.get(signon)
	get("the sign-on page", signon)
	form := hiddenInputs(page)
	form.Set("username", "ada")
	form.Set("password", "wrong")
	form.Set("_button", "signOn")
	wrong, _ := w.post(signon, form)
	visit("a wrong password", wrong)
	form.Set("password", "correct horse ada")
	posted, _ := w.post(signon, form)
	resumed := visit("the password", posted).Header.Get("Location")
	if posted.StatusCode != http.StatusSeeOther || resumed == "" {
		t.Fatalf("after the password: %d to %q", posted.StatusCode, resumed)
	}
	get("the question of consent", resumed)
	get("the device page", base+"/device")
	get("the question of the sign-off", base+"/as/signoff")
	get("a sign-off to an unknown address", base+"/as/signoff?"+url.Values{"post_logout_redirect_uri": {"https://evil.example.com/"}}.Encode())
	get("an address that is none", base+"/nothing/here")
}

// RFC 9700 2.3, 4.10.2: an access token says for whom it is, and userinfo takes none that is for another.
//
// holds: access-tokens-for-one-audience, sender-constrained-access-tokens
func TestAnAccessTokenIsForOneAudienceAndOneHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"dpopBoundAccessTokens=true"}}}
	w.start()
	h := newHolder(w)
	w.signOn("ada", "spa", nil)
	r := h.redeem("spa", h.proof("POST", "/as/token", "", ""))
	access := payload(t, r.text("access_token"))
	if audience, ok := access["aud"].(string); !ok || audience == "" {
		t.Errorf("aud is %v, wanted one", access["aud"])
	}
	if access["cnf"] == nil {
		t.Error("the token is bound to no key")
	}
	request := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/userinfo", nil)
	request.Header.Set("Authorization", "Bearer "+r.text("id_token"))
	if response, _ := w.current.visit(w, request); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("userinfo took an ID token: %d", response.StatusCode)
	}
}
