package spectest

import (
	"net/http"
	"strings"
	"testing"

	"vigil/internal/fixture"
)

// strictFlow succeeds for whoever has passed a second factor; who has not is turned away.
const strictFlow = `flow: strict
title: Only with a second factor
vars: {user: user}
start: session

nodes:
  session:
    do: session.check
    with: {method: otp}
    then:
      active: {to: done, set: {user: = session.user}}
      none: denied
  denied: {end: error, with: {code: unmet_authentication_requirements}}
  done: {end: success, with: {user: = vars.user, requires: [otp]}}
`

// A person chooses the parameters of every request that their browser makes: prompt=none must not lead past the second factor of an application's flow.
func TestASilentAnswerNeedsWhatTheFlowOfTheApplicationRequires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("flows/strict.yaml", strictFlow)
	w.settings = []string{"flowPolicies: [{name: shared, flows: [{flow: strict, weight: 1}, {flow: sign-on, weight: 0}]}]"}
	w.apps = []app{{"wiki", nil}, {"bank", []string{"flowPolicies=[strict]"}}, {"till", []string{"flowPolicies=[shared]"}}, {"both", []string{"flowPolicies=[strict,sign-on]"}}}
	w.start()
	if got := w.signOn("ada", "wiki", nil); !contains(got, "code") {
		t.Fatal(got)
	}
	for app, want := range map[string]string{"wiki": "code", "bank": "error=login_required", "till": "error=login_required", "both": "error=login_required"} {
		if got := w.authorize(app, []string{"prompt=none"}); !contains(got, want) {
			t.Errorf("%s, after a password: %v", app, got)
		}
	}
	// acr_values chooses among the flows of the application here as elsewhere.
	if got := w.authorize("both", []string{"prompt=none", "acr_values=sign-on"}); !contains(got, "code") {
		t.Errorf("by the other flow: %v", got)
	}
	w.prove("ada", "otp")
	for _, app := range []string{"wiki", "bank", "till", "both"} {
		if got := w.authorize(app, []string{"prompt=none"}); !contains(got, "code") {
			t.Errorf("%s, after a second factor: %v", app, got)
		}
	}
}

// A flow with several successes is content with what one of them requires: which one a person comes to is for the flow to say.
func TestASilentAnswerNeedsNoMoreThanOneSuccessOfTheFlowRequires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signOnFlow = strings.NewReplacer(
		"start: session", "start: strong",
		"  session:\n    do: session.check\n", `  strong:
    do: session.check
    with: {method: otp}
    then: {active: {to: twice, set: {user: = strong.user}}, none: session}
  session:
    do: session.check
    with: {method: pwd}
`, "  cancelled:", "  twice: {end: success, with: {user: = vars.user, requires: [otp]}}\n  cancelled:",
	).Replace(fixture.SignOn("requires: [pwd]"))
	w.apps = []app{{"spa", nil}}
	w.start()
	if got := w.signOn("ada", "spa", nil); !contains(got, "code") {
		t.Fatal(got)
	}
	if got := w.authorize("spa", []string{"prompt=none"}); !contains(got, "code") {
		t.Error(got)
	}
}

// What a flow leaves of the scopes it may have to ask the person, or to look up: a silent answer that cannot know it brings none.
func TestASilentAnswerBringsNoScopesWhereTheFlowWantsToAskFirst(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]string{
		"asks":   "{active: {to: credentials, set: {user: = session.user}}, none: credentials}",
		"writes": "{active: {to: note, set: {user: = session.user}}, none: credentials}\n  note:\n    do: audit.record\n    with: {event: came}\n    then: {done: done}",
	} {
		w := newWorld(t)
		w.signOnFlow = strings.Replace(fixture.SignOn("scopes: [profile]"), `
      active: {to: done, set: {user: = session.user}}
      none: credentials`, " "+then, 1)
		w.apps = []app{{"spa", nil}}
		w.start()
		if got := w.signOn("ada", "spa", nil); !contains(got, "code") {
			t.Fatal(name, got)
		}
		if got := w.authorize("spa", []string{"prompt=none"}); !contains(got, "error=interaction_required") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// OIDC Prompt Create 4: the account is made, and then the application's own flow says whether that is enough. The person at the browser writes
// prompt=create into any request, and a flow that makes accounts may sign on whoever has one.
func TestWhoHasMadeAnAccountStillNeedsWhatTheFlowOfTheApplicationRequires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("flows/strict.yaml", strictFlow)
	w.write("flows/make.yaml", strings.Replace(fixture.SignOn("idleTimeout: 30m"), "flow: sign-on", "flow: make", 1))
	w.signOnFlow = fixture.SignOn("scopes: [profile], idleTimeout: 30m")
	w.settings = []string{"registrationFlow: make"}
	w.apps = []app{{"bank", []string{"flowPolicies=[strict]"}}, {"wiki", []string{"scopes=[openid,profile,email]"}}}
	w.start()
	if got := w.signOn("ada", "bank", []string{"prompt=create"}); !contains(got, "error=unmet_authentication_requirements") {
		t.Errorf("past the second factor of the bank: %v", got)
	}
	if got := w.signOn("ada", "wiki", []string{"prompt=create", "scope=openid+profile+email"}); !contains(got, "code") {
		t.Fatal(got)
	}
	if got := w.redeem("wiki"); contains(got, "scope:email") || !contains(got, "scope:profile") {
		t.Errorf("past what the flow of the wiki leaves: %v", got)
	}
}

// An application that registered itself may change its registration while its question stands in the browser. What it asks for then was not asked.
func TestConsentIsToWhatThePageAsked(t *testing.T) {
	t.Parallel()
	w, token := open(t, "consent: REMEMBERED")
	r := w.registered(token, map[string]any{"scope": "openid"})
	id := r.text("client_id")
	w.signOn("ada", id, []string{"redirect_uri=" + notesRedirect, "scope=openid+profile+email"})
	response, page := w.get(w.resume)
	if response.StatusCode != http.StatusOK || strings.Contains(page, "e-mail") {
		t.Fatal(response.StatusCode, page)
	}
	changed := metadata(map[string]any{"scope": "openid profile email", "client_id": id})
	if r := w.ask(http.MethodPut, r.text("registration_client_uri"), r.text("registration_access_token"), changed); r.status != 200 {
		t.Fatal(r.status, r.body)
	}
	if got := w.reply(id, page, "agree"); contains(got, "code") {
		t.Fatalf("more than the page asked was agreed to: %v", got)
	}
	if got := w.consent(id, "agree"); !contains(got, "code") {
		t.Fatal(got)
	}
}

// An empty list takes everything away, also from whoever was shown a page, when what the flow came to is kept until the browser is back.
func TestAFlowMayTakeEveryScopeAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signOnFlow = fixture.SignOn("scopes: [], idleTimeout: 30m")
	w.apps = []app{{"wiki", []string{"scopes=[openid,profile,email]"}}}
	w.start()
	if got := w.signOn("ada", "wiki", []string{"scope=openid+profile+email"}); !contains(got, "code") {
		t.Fatal(got)
	}
	if got := w.redeem("wiki"); contains(got, "scope:email") || contains(got, "scope:profile") {
		t.Errorf("it left %v", got)
	}
}
