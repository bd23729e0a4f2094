package spectest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// consent looks at the question of where the last flow returned to, and answers it.
func (w *world) consent(app, answer string) []string {
	w.t.Helper()
	response, page := w.get(w.resume)
	if response.StatusCode != http.StatusOK || !strings.Contains(page, `value="agree"`) {
		return append(w.parts(app, response, page), "not-asked")
	}
	return w.reply(app, page, answer)
}

// reply answers the question of a page.
func (w *world) reply(app, page, answer string) []string {
	form := hiddenInputs(page)
	form.Set("_button", answer)
	response, page := w.post(w.resume, form, "Origin", "https://"+issuerHost)
	return w.parts(app, response, page)
}

// A silent renewal by form_post lies in a hidden frame of the application, and of nobody else.
func TestASilentFormPostMayBeFramedByItsApplicationAlone(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{"spa", nil}}
	w.start()
	for query, ancestors := range map[string]string{
		"prompt=none": "frame-ancestors https://spa.example.com;", "prompt=login max_age=x": "frame-ancestors 'none';",
	} {
		extra := append(strings.Fields(query), "response_mode=form_post")
		response, page := w.get("https://" + issuerHost + "/as/authorize?" + w.query("spa", extra).Encode())
		policy, frames := response.Header.Get("Content-Security-Policy")+";", response.Header.Get("X-Frame-Options")
		if !strings.Contains(page, "<form") || !strings.Contains(policy, ancestors) || (frames == "") != (query == "prompt=none") {
			t.Errorf("%s: policy %s frames %q", query, policy, frames)
		}
	}
}

// A stranger's page cannot answer the question in the person's name.
func TestConsentIsTakenFromOurOwnPageAlone(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"consent=REMEMBERED"}}}
	w.start()
	w.signOn("ada", "spa", nil)
	response, _ := w.post(w.resume, url.Values{"_button": {"agree"}}, "Origin", "https://evil.example.com")
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("a stranger's answer: %d", response.StatusCode)
	}
	w.use("second")
	if response, _ := w.post(w.resume, url.Values{"_button": {"agree"}}); response.StatusCode != http.StatusGone {
		t.Errorf("another browser's answer: %d", response.StatusCode)
	}
	w.use("first")
	if got := w.consent("spa", "agree"); !contains(got, "code") {
		t.Errorf("the person's own answer: %v", got)
	}
}

// OIDC Core 3.1.2.1: ui_locales of the request hold for the question that follows the sign-on, and for the page that carries the answer.
func TestConsentIsAskedInTheLanguageThatTheApplicationAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"consent=REMEMBERED"}}}
	w.write("flows/locales/de.yaml", "pages.consentNo: Lieber nicht\n")
	w.start()
	w.signOn("ada", "spa", []string{"ui_locales=fr+de", "response_mode=form_post", "scope=openid+profile"})
	_, page := w.get(w.resume)
	for _, words := range []string{`<html lang="de">`, "Darf spa das von Ihnen erfahren?", "Ihren Namen", "Lieber nicht"} {
		if !strings.Contains(page, words) {
			t.Fatalf("the question does not say %q:\n%s", words, page)
		}
	}
	form := hiddenInputs(page)
	form.Set("_button", "agree")
	if _, page = w.post(w.resume, form, "Origin", "https://"+issuerHost); !strings.Contains(page, "Weiter zu spa") {
		t.Errorf("the way back is not in German:\n%s", page)
	}
}
