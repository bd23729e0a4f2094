package spectest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vigil/internal/fixture"
)

// Whoever holds an initial access token may register any address. If a browser brought what a provider says of somebody there, one click of theirs
// would do: the stranger would hand it in to a run of their own, and have the session.
func TestAnApplicationThatRegisteredItselfSendsNobodyToAnotherProvider(t *testing.T) {
	w := newWorld(t)
	company := fixture.NewCompany(t, w.clock.now)
	w.settings = []string{"identityProviders: [{name: company, issuer: \"" + company.Issuer + "\", clientId: here}]", "registration: {limit: 5, perHour: 5}"}
	w.signOnFlow, w.apps = outside, []app{{name: "shop"}}
	w.start()
	id := w.registered(w.initialToken(-1), nil).text("client_id")
	w.interaction = interaction{app: id}
	q := w.query(id, []string{"response_mode=pi.flow", "redirect_uri=" + notesRedirect})
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/authorize?"+q.Encode(), nil)
	response, body := w.page(r, asks{origin: "https://notes.example.com"})
	got := strings.Join(w.replied(id, response, body), " ")
	if !strings.Contains(got, "form=credentials") || strings.Contains(got, "company") {
		t.Error(got)
	}
}

func TestOfAnAnswerWithoutEndNothingIsKept(t *testing.T) {
	w := newTraveller(t)
	form := w.form(false)
	_, there := w.goTo(fieldOf(form, "company")["links"].(map[string]any)["authenticate"].(map[string]any)["href"].(string))
	back := w.company.Vouch(there)
	if status, location := w.goTo(back + "&more=" + strings.Repeat("x", 30_000)); status != http.StatusGone || location != "" {
		t.Errorf("%d, sent to %q", status, location)
	}
	if status, location := w.goTo(back); status != http.StatusFound || !strings.Contains(location, "continueToken=") {
		t.Errorf("the same without the rest: %d, sent to %q", status, location)
	}
}
