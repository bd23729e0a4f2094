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

// offered asks for a passkey beside the password.
const offered = `flow: sign-on
title: A password or a passkey
start: credentials

nodes:
  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User Name}
        - {name: password, type: password, label: Password}
        - {name: passkey, type: passkey, label: Use a passkey}
      buttons: [{name: signOn, label: Sign on}]
    then: {signOn: verify, passkey: check}
  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 5
    then: {success: {to: done, set: {user: = verify.user}}, failure: {to: credentials, message: Wrong., field: password}, locked: denied, mustChange: denied, exhausted: denied}
  check:
    do: passkey.check
    with: {passkey: = credentials.passkey}
    then: {success: {to: done, set: {user: = check.user}}, failure: {to: credentials, message: Wrong., field: passkey}}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = vars.user}}
vars: {user: user}
`

// A domain above several hosts lets every page below it ask for the passkeys of all. Which of them the environment believes is for its operator:
// a page that somebody registered could hand what it was given in to a run of theirs, for an application of the operator even.
func TestPagesThatRegisteredThemselvesAskForNoPasskeys(t *testing.T) {
	w := newWorld(t)
	w.settings = []string{"registration: {limit: 5, perHour: 5}"}
	w.signOnFlow, w.apps = offered, []app{{name: "shop"}}
	w.start()
	id := w.registered(w.initialToken(-1), nil).text("client_id")
	q := w.query(id, []string{"response_mode=pi.flow", "redirect_uri=" + notesRedirect})
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/authorize?"+q.Encode(), nil)
	w.interaction = interaction{app: id}
	response, body := w.page(r, asks{origin: "https://notes.example.com"})
	if got := strings.Join(w.replied(id, response, body), " "); !strings.Contains(got, "form=credentials") || strings.Contains(got, "FIDO2") {
		t.Error("its own run:", got)
	}
	if got := strings.Join(w.begin("shop", nil), " "); !strings.Contains(got, "FIDO2:passkey") {
		t.Error("the operator's application:", got)
	}
	if got := strings.Join(w.answer([]string{"origin=https://notes.example.com", "username=ada", "password=wrong"}), " "); !strings.HasPrefix(got, "403") {
		t.Error("the run of another, under the origin of the page:", got)
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
