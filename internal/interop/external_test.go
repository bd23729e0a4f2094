package interop

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vigil/internal/chromium"
)

// companyHost is another provider, of another site.
const companyHost = "login.company.localhost"

// outside offers a password, and two other providers beside it. The second is the first under another name.
const outside = `flow: outside
title: Other providers
vars: {user: user}
start: credentials

nodes:
  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User name}
        - {name: password, type: password, label: Password}
        - {name: company, type: external, label: Continue with your company, provider: company}
        - {name: partner, type: external, label: Continue with a partner, provider: partner}
      buttons: [{name: signOn, label: Sign on}]
    then: {signOn: verify, company: arrive, partner: lost}

  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 5
    then: {success: {to: done, set: {user: = verify.user}}, failure: denied, locked: denied, mustChange: denied, exhausted: denied}

  arrive:
    do: external.signOn
    with: {answer: = credentials.company}
    then:
      success: {to: done, set: {user: = arrive.user}}
      unlinked: owner
      failure: {to: credentials, message: That did not work., field: company}

  lost:
    do: external.signOn
    with: {answer: = credentials.partner}
    then: {success: denied, unlinked: denied, failure: {to: credentials, message: That did not work., field: partner}}

  owner:
    form:
      title: Link your account
      fields:
        - {name: username, type: text, label: User name}
        - {name: password, type: password, label: Password}
      buttons: [{name: link, label: Link}]
    then: {link: prove}

  prove:
    do: user.checkPassword
    with: {username: = owner.username, password: = owner.password}
    limit: 5
    then: {success: {to: link, set: {user: = prove.user}}, failure: denied, locked: denied, mustChange: denied, exhausted: denied}

  link:
    do: external.link
    with: {user: = vars.user}
    then: {linked: done, taken: denied}

  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = vars.user, idleTimeout: 30m}}
`

// newOutside starts the world of Ping's clients, with another provider beside it. One of its names leads to nobody.
func newOutside(t *testing.T) *world { return newOutsideAt(t, "app.vigil.localhost") }

// newOutsideAt has the application at another host.
func newOutsideAt(t *testing.T, appHost string) *world {
	t.Helper()
	here, company, nobody := listen(t), listen(t), listen(t)
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	newServer(t, provider{host: companyHost, listener: company, applications: fmt.Sprintf(`
  - {clientId: here, type: WEB_APP, clientSecret: a secret between the two, redirectUris: [%q]}`, at("auth.vigil.localhost", here)+"/as/callback/company")})
	w := newServer(t, provider{
		host: "auth.vigil.localhost", listener: here, app: bundled(t, "ping.js"), flows: map[string]string{"outside": outside}, appHost: appHost,
		applications: strings.Replace(pingApplication, "details, ", "details, outside, ", 1),
		environment: speaksAM + fmt.Sprintf(`
  identityProviders:
  - {name: company, issuer: %q, clientId: here, clientSecret: a secret between the two}
  - {name: partner, issuer: %q, clientId: here, clientSecret: a secret between the two}`, at(companyHost, company)+"/as", at(companyHost, nobody)+"/as"),
	})
	w.tab = chromium.Start(t).Open(w.app + "/app")
	w.ready()
	return w
}

func (w *world) ready() {
	w.t.Helper()
	w.tab.Wait("window.ping?.ready.then(() => true)")
}

// vouch signs ada on at the other provider, and comes back to the application.
func (w *world) vouch() {
	w.t.Helper()
	w.tab.Wait("location.hostname === '" + companyHost + "' && document.querySelector('button[value=signOn]')")
	w.fill(w.tab)
	w.back()
}

// back waits for the application's page.
func (w *world) back() {
	w.t.Helper()
	w.tab.Wait("location.pathname === '/callback' && location.origin === '" + w.app + "'")
	w.ready()
}

func TestPingsClientLeavesForAnotherProviderAndGoesOnWithWhoComesBack(t *testing.T) {
	t.Parallel()
	w := newOutside(t)
	begun := call[node](w.tab, "start({ acr_values: 'outside' })")
	want := []string{"TextCollector username", "PasswordCollector password", "IdpCollector company", "IdpCollector partner", "SubmitCollector signOn"}
	if begun.Status != "continue" || !slices.Equal(begun.Collectors, want) {
		t.Fatalf("the first form: %+v", begun)
	}
	call[any](w.tab, "leave('company')")
	w.vouch()
	arrived := call[node](w.tab, "resume()")
	if arrived.Status != "continue" || arrived.Name != "Link your account" {
		t.Fatalf("after the way back: %+v", arrived)
	}
	done := w.submit(map[string]any{"username": "ada", "password": "correct horse ada"})
	if tokens := call[map[string]any](w.tab, fmt.Sprintf("exchange(%q, %q)", done.Code, done.State)); done.Status != "success" || tokens["idToken"] == nil {
		t.Fatalf("the flow ended with %+v, tokens %v", done, tokens)
	}

	if got := call[node](w.tab, "start({ acr_values: 'outside', prompt: 'login' })"); got.Status != "continue" {
		t.Fatalf("the flow began with %+v", got)
	}
	call[any](w.tab, "leave('company')")
	w.vouch() // the application wants a fresh sign-on, and so the other provider is asked for one
	if done := call[node](w.tab, "resume()"); done.Status != "success" || done.Code == "" {
		t.Errorf("somebody who is linked: %+v", done)
	}
}

func TestPingsClientOfAnotherSiteWhoseRequestsBringNoCookiesGoesOnToo(t *testing.T) {
	t.Parallel()
	w := newOutsideAt(t, "app.elsewhere.localhost")
	for range 2 { // the second time the browser has a key of ours that the page's requests do not bring
		if begun := call[node](w.tab, "start({ acr_values: 'outside', prompt: 'login' })"); begun.Status != "continue" {
			t.Fatalf("the flow began with %+v", begun)
		}
		call[any](w.tab, "leave('company')")
		w.vouch()
		if arrived := call[node](w.tab, "resume()"); arrived.Status != "continue" || arrived.Name != "Link your account" {
			t.Fatalf("after the way back: %+v", arrived)
		}
	}
	if done := w.submit(map[string]any{"username": "ada", "password": "correct horse ada"}); done.Status != "success" || done.Code == "" {
		t.Errorf("the flow ended with %+v", done)
	}
}

func TestPingsClientHearsThatAProviderDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := newOutside(t)
	call[node](w.tab, "start({ acr_values: 'outside' })")
	call[any](w.tab, "leave('partner')")
	w.back()
	got := call[node](w.tab, "resume()")
	if got.Status != "continue" || got.Name != "Sign on" || w.text() != "That did not work." {
		t.Fatalf("after the way back: %+v, %q", got, w.text())
	}
	if got := w.submit(map[string]any{"username": "ada", "password": "correct horse ada"}); got.Status != "success" {
		t.Errorf("with the password then: %+v", got)
	}
}

func TestForgeRocksSDKLeavesForAnotherProviderAndGoesOnWithWhoComesBack(t *testing.T) {
	t.Parallel()
	w := newOutside(t)
	if offered := call[[]string](w.tab, "am.sdk.leave('outside', 'company')"); !slices.Equal(offered, []string{"company", "partner", "localAuthentication"}) {
		t.Fatalf("the providers: %v", offered)
	}
	w.vouch()
	arrived := call[step](w.tab, "am.sdk.resume('outside')")
	if arrived.Type != "Step" || !slices.Equal(arrived.Callbacks, []string{"NameCallback", "PasswordCallback"}) {
		t.Fatalf("after the way back: %+v", arrived)
	}
	if done := call[step](w.tab, "am.sdk.local('ada', 'correct horse ada')"); done.Type != "LoginSuccess" {
		t.Fatalf("after the password: %+v", done)
	}
	if got := call[map[string]any](w.tab, `am.post("/sessions?_action=logout")`); got["result"] != "Successfully logged out" {
		t.Fatalf("logout: %v", got)
	}

	call[[]string](w.tab, "am.sdk.leave('outside', 'company')")
	w.back() // signed on there already: it vouches without a word
	if done := call[step](w.tab, "am.sdk.resume('outside')"); done.Type != "LoginSuccess" {
		t.Fatalf("somebody who is linked: %+v", done)
	}
	if got := call[map[string]any](w.tab, "am.sdk.tokens()"); got["idToken"] == nil {
		t.Errorf("tokens: %v", got)
	}
}

// step is what the page tells of a step of javascript-sdk.
type step struct {
	Type, Message    string
	Callbacks, Texts []string
}

func TestForgeRocksSDKHearsThatAProviderDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := newOutside(t)
	call[[]string](w.tab, "am.sdk.leave('outside', 'partner')")
	w.back()
	got := call[step](w.tab, "am.sdk.resume('outside')")
	want := []string{"TextOutputCallback", "NameCallback", "PasswordCallback", "SelectIdPCallback", "ConfirmationCallback"}
	if got.Type != "Step" || !slices.Equal(got.Callbacks, want) || got.Texts[0] != "That did not work." {
		t.Fatalf("after the way back: %+v", got)
	}
	if done := call[step](w.tab, "am.sdk.local('ada', 'correct horse ada')"); done.Type != "LoginSuccess" {
		t.Errorf("with the password then: %+v", done)
	}
}
