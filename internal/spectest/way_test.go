package spectest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// OIDC RP-Initiated Logout 2, OIDC Core 4, RFC 6749 4.1.2.1: nobody is redirected on the word of a stranger, and nobody is left standing.
func TestAPageAtWhichSomethingEndsLeadsBackToTheApplication(t *testing.T) {
	t.Parallel()
	const home = "https://spa.example.com/"
	w := newWorld(t)
	w.apps = []app{
		{"spa", []string{"homePageUrl=" + home, "initiateLoginUri=" + home + "begin?x=1"}}, {"plain", []string{"homePageUrl=https://plain.example.com/"}}, {"bare", nil},
	}
	w.start()
	for path, want := range map[string]string{
		"/as/signoff?client_id=spa":         `href="` + home + `"`,
		"/as/signoff?client_id=spa&state=x": `href="` + home + `"`,
		"/as/signoff?client_id=spa&state=x&post_logout_redirect_uri=https://spa.example.com/bye": `href="https://spa.example.com/bye?state=x"`,
		"/as/signoff?state=x&post_logout_redirect_uri=https://spa.example.com/bye":               `href="https://spa.example.com/bye?state=x"`,
		"/as/authorize?client_id=spa&redirect_uri=https://evil.example.com/":                     `href="` + home + "begin?x=1&amp;iss=" + url.QueryEscape("https://"+issuerHost+"/as") + `"`,
		"/as/authorize?client_id=plain&redirect_uri=https://evil.example.com/":                   `href="https://plain.example.com/"`,
		"/as/signoff?client_id=bare":                                                                "",
		"/as/authorize?client_id=bare&redirect_uri=https://evil.example.com/":                       "",
		"/as/authorize?client_id=nobody&redirect_uri=https://evil.example.com/":                     "",
		"/as/signoff?client_id=spa&state=x&post_logout_redirect_uri=https://evil.example.com/begin": `href="https://` + issuerHost + `/as/signoff"`,
	} {
		response, page := w.get("https://" + issuerHost + path)
		_, link, led := strings.Cut(page, `<a class="button" `)
		if led != (want != "") || !strings.HasPrefix(link, want) || strings.Contains(page, "evil") || response.Header.Get("Location") != "" {
			t.Errorf("%s: %d %.120s", path, response.StatusCode, link)
		}
	}
}

// OIDC Registration 2, RFC 7591 5: policy_uri, tos_uri and client_uri are there for the person who is asked.
// holds: oidcc-registration-policy-uri, oidcc-registration-tos-uri
func TestWhoIsAskedToAgreeMayReadWhatTheApplicationSaysOfItself(t *testing.T) {
	t.Parallel()
	w, token := open(t, "consent: ALWAYS")
	pages := map[string]any{
		"client_uri": "https://notes.example.com/", "policy_uri": "https://notes.example.com/privacy", "tos_uri": "https://notes.example.com/terms",
		"initiate_login_uri": "https://notes.example.com/begin", "default_max_age": 3600, "require_auth_time": true,
	}
	for name := range pages {
		for _, bad := range []any{"https://evil.example.com/", "javascript:alert(1)", "//evil.example.com", -1, 1.5} {
			if r := w.ask(http.MethodPost, registerPath, token, metadata(map[string]any{name: bad})); r.status != http.StatusBadRequest || r.text("error") != "invalid_client_metadata" {
				t.Errorf("%s %v: %d %v", name, bad, r.status, r.body)
			}
		}
	}
	r := w.registered(token, pages)
	for name, want := range pages {
		if got := r.body[name]; got != want && got != float64(3600) {
			t.Errorf("%s is %v", name, got)
		}
	}
	w.signOn("ada", r.text("client_id"), []string{"redirect_uri=" + notesRedirect})
	_, page := w.get(w.resume)
	for _, name := range []string{"client_uri", "policy_uri", "tos_uri"} {
		if !strings.Contains(page, `<a href="`+r.text(name)+`" target="_blank" rel="noreferrer">`) {
			t.Errorf("the page names no %s", name)
		}
	}
}

// OIDC Core 4: whoever comes back to a sign-on that is over is led to the application, where it is known which.
func TestAPageOfASignOnThatIsOverLeadsBackToTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"homePageUrl=https://spa.example.com/home"}}, {"other", []string{"homePageUrl=https://other.example.com/home"}}}
	w.start()
	leads := func(what, address, to string) {
		t.Helper()
		response, page := w.get(address)
		_, link, _ := strings.Cut(page, `<a class="button" href="`)
		if got, _, _ := strings.Cut(link, `"`); got != to || response.StatusCode != http.StatusGone {
			t.Errorf("%s: %d, it leads to %q, not to %q", what, response.StatusCode, got, to)
		}
	}
	at := "https://" + issuerHost + "/signon/?flowId="
	began, _ := w.get("https://" + issuerHost + "/as/authorize?" + w.query("spa", nil).Encode())
	waiting := began.Header.Get("Location")
	w.clock.at = w.clock.at.Add(time.Hour)
	leads("one that waited for too long", waiting, "https://spa.example.com/home")
	leads("one that nobody remembers", at+"unknown", "")
	w.signOn("ada", "spa", nil)
	leads("one that came to its end", w.resume, "https://spa.example.com/home")
	leads("its page", at+w.resume[strings.Index(w.resume, "=")+1:], "https://spa.example.com/home")
	w.signOn("ada", "other", nil)
	leads("one of several that the session is known to", w.resume, "")
}
