package spectest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vigil/internal/fixture"
)

// outside offers a password, another provider, and work for a program.
const outside = `flow: sign-on
title: A password or another provider
vars: {user: user}
start: puzzle

nodes:
  puzzle:
    do: challenge.create
    with: {difficulty: 4}
    then: {done: credentials}
  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User Name, required: false}
        - {name: password, type: password, label: Password, required: false}
        - {name: work, type: effort, label: One moment, value: = puzzle.puzzle}
        - {name: company, type: external, label: Continue with your company, provider: company}
      buttons: [{name: signOn, label: Sign on}]
    then: {signOn: worked, company: arrive}
  worked:
    do: challenge.check
    with: {answer: = credentials.work}
    then: {solved: verify, wrong: lazy}
  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 5
    then: {success: {to: done, set: {user: = verify.user}}, failure: denied, locked: denied, mustChange: denied, exhausted: denied}
  arrive:
    do: external.signOn
    with: {answer: = credentials.company}
    then: {success: {to: done, set: {user: = arrive.user}}, unlinked: owner, failure: {to: credentials, message: That did not work., field: company}}
  owner:
    form:
      title: Link your account
      fields: [{name: username, type: text, label: User Name}, {name: password, type: password, label: Password}]
      buttons: [{name: signOn, label: Link}]
    then: {signOn: prove}
  prove:
    do: user.checkPassword
    with: {username: = owner.username, password: = owner.password}
    limit: 5
    then: {success: {to: link, set: {user: = prove.user}}, failure: denied, locked: denied, mustChange: denied, exhausted: denied}
  link:
    do: external.link
    with: {user: = vars.user}
    then: {linked: done, taken: denied}
  lazy: {end: error, with: {code: access_denied, description: No work.}}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = vars.user, idleTimeout: 30m}}
`

// traveller is a world beside which there is another provider.
type traveller struct {
	*world
	company *fixture.Company
}

func newTraveller(t *testing.T) traveller {
	w := newWorld(t)
	company := fixture.NewCompany(t, w.clock.now)
	w.settings = []string{fmt.Sprintf("identityProviders: [{name: company, issuer: %q, clientId: here}]", company.Issuer)}
	w.signOnFlow, w.apps = outside, []app{{name: "shop"}}
	w.start()
	return traveller{w, company}
}

// form begins and gives the reply whole.
func (w traveller) form(bare bool) map[string]any {
	w.t.Helper()
	w.interaction = interaction{app: "shop"}
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/authorize?"+w.query("shop", []string{"response_mode=pi.flow", "prompt=login"}).Encode(), nil)
	response, body := w.page(r, asks{origin: originOf("shop"), bare: bare})
	if got := strings.Join(w.replied("shop", response, body), " "); !strings.HasSuffix(got, "form=credentials TEXT:username PASSWORD:password METADATA:work SOCIAL_LOGIN_BUTTON:company SUBMIT_BUTTON:signOn") {
		w.t.Fatal(got)
	}
	return body
}

func fieldOf(form map[string]any, key string) map[string]any {
	for _, f := range form["form"].(map[string]any)["components"].(map[string]any)["fields"].([]any) {
		if f := f.(map[string]any); f["key"] == key {
			return f
		}
	}
	return nil
}

// goTo navigates, and gives where the browser is sent.
func (w traveller) goTo(at string) (status int, location string) {
	w.t.Helper()
	response, _ := w.current.visit(w.world, httptest.NewRequest(http.MethodGet, at, nil))
	return response.StatusCode, response.Header.Get("Location")
}

// away goes to the company and back, and gives the token that the browser is sent to the page with.
func (w traveller) away(form map[string]any) string {
	w.t.Helper()
	_, there := w.goTo(fieldOf(form, "company")["links"].(map[string]any)["authenticate"].(map[string]any)["href"].(string))
	status, back := w.goTo(w.company.Vouch(there))
	token, found := strings.CutPrefix(back, "https://shop.example.com/callback?continueToken=")
	if status != http.StatusFound || !found {
		w.t.Fatalf("%d, sent to %s", status, back)
	}
	return token
}

// handIn goes on with a token.
func (w traveller) handIn(form map[string]any, token string, a asks) string {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, form["_links"].(map[string]any)["continue"].(map[string]any)["href"].(string), strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	if a.kind != "" {
		r.Header.Set("Content-Type", a.kind)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if a.origin == "" {
		a.origin = originOf("shop")
	}
	response, body := w.page(r, a)
	return strings.Join(w.replied("shop", response, body), " ")
}

func (w traveller) link() string {
	w.t.Helper()
	return strings.Join(w.answer([]string{"username=ada", "password=correct+horse+ada"}), " ")
}

func TestAPageIsSentToAnotherProviderAsPingOneDoes(t *testing.T) {
	w := newTraveller(t)
	form := w.form(false)
	button, _ := json.Marshal(fieldOf(form, "company"))
	for _, part := range []string{`"type":"SOCIAL_LOGIN_BUTTON"`, `"label":"Continue with your company"`, `"idpEnabled":true`, `"links":{"authenticate":{"href":"https://sso.example.com/signon/leave?`} {
		if !strings.Contains(string(button), part) {
			t.Errorf("no %s in %s", part, button)
		}
	}
	if got := w.handIn(form, w.away(form), asks{}); got != "200 new-token form=owner TEXT:username PASSWORD:password SUBMIT_BUTTON:signOn" {
		t.Fatal(got)
	}
	if got := w.link(); !strings.HasPrefix(got, "200 success code") {
		t.Fatal(got)
	}
	form = w.form(false)
	if got := w.handIn(form, w.away(form), asks{}); !strings.HasPrefix(got, "200 success code") {
		t.Errorf("somebody who is linked: %s", got)
	}
}

func TestATokenOfAnotherProviderCountsOnceAndForWhoeverHoldsTheRun(t *testing.T) {
	w := newTraveller(t)
	w.use("another")
	w.form(false)
	w.use("first")
	form := w.form(false)
	token := w.away(form)
	for name, c := range map[string]struct {
		token string
		asks
	}{
		"no token":               {"", asks{}},
		"another token":          {token[:len(token)-1] + "_", asks{}},
		"a token of nothing":     {"x", asks{}},
		"a form of another site": {token, asks{kind: "text/plain"}},
	} {
		if got := w.handIn(form, c.token, c.asks); got != "401 code=1999" && !strings.HasPrefix(got, "415 ") {
			t.Errorf("%s: %s", name, got)
		}
	}
	w.use("another")
	if got := w.handIn(form, token, asks{}); got != "401 code=1999" {
		t.Errorf("another browser: %s", got)
	}
	w.use("first")
	before := w.interaction
	if got := w.handIn(form, token, asks{}); !strings.HasPrefix(got, "200 new-token form=owner") {
		t.Fatalf("the browser that began: %s", got)
	}
	after := w.interaction
	if got := w.handIn(form, token, asks{}); got != "401 code=1999" {
		t.Errorf("a second time: %s", got)
	}
	// Whoever held the run before it went on in a browser that came back holds nothing any more.
	w.interaction = before
	if got := w.link(); got != "401 code=1999" {
		t.Errorf("with the token of the form that led away: %s", got)
	}
	w.interaction = after
	if got := w.link(); !strings.HasPrefix(got, "200 success") {
		t.Errorf("with the present one: %s", got)
	}
}

func TestSomebodyLuredToAnotherProvidersPageHelpsNobodyElseIn(t *testing.T) {
	w := newTraveller(t)
	form := w.form(true) // by a program that keeps no cookies
	lure := w.interaction
	w.use("victim")
	token := w.away(form)
	w.use("lurer")
	w.form(false)
	if got := w.handIn(form, token+"A", asks{}); got != "401 code=1999" {
		t.Errorf("the lurer guessed: %s", got)
	}
	w.use("victim")
	if got := w.handIn(form, token, asks{}); !strings.HasPrefix(got, "200 new-token form=owner") {
		t.Fatalf("the victim's own page: %s", got)
	}
	mine := w.interaction
	w.interaction = lure
	if got := strings.Join(w.answer([]string{"bare", "username=ada", "password=correct+horse+ada"}), " "); got != "401 code=1999" {
		t.Errorf("the lurer went on: %s", got)
	}
	w.interaction = mine
	if got := strings.Join(w.answer([]string{"bare", "username=ada", "password=correct+horse+ada"}), " "); got != "401 code=1999" {
		t.Errorf("without the key that the victim brought: %s", got)
	}
	if got := w.link(); !strings.HasPrefix(got, "200 success") {
		t.Errorf("the victim's own page, a step on: %s", got)
	}
}

func TestWhatAnotherBrowserBringsToARunThatABrowserHoldsIsWorthNothing(t *testing.T) {
	w := newTraveller(t)
	w.form(false)
	form := w.form(false) // by a browser that was seen to keep cookies
	w.use("victim")
	token := w.away(form)
	if got := w.handIn(form, token, asks{}); got != "401 code=1999" {
		t.Errorf("the browser that left: %s", got)
	}
	w.use("first")
	if got := w.handIn(form, token, asks{}); !strings.HasPrefix(got, "200 new-token form=owner") {
		t.Errorf("the browser that holds it, with the token: %s", got) // as an application of a telephone, which leaves in a browser beside it
	}
}

func TestAPageWhoseCookiesAreBlockedGoesOnWithWhoComesBack(t *testing.T) {
	w := newTraveller(t)
	form := w.form(true)
	r := httptest.NewRequest(http.MethodPost, form["_links"].(map[string]any)["continue"].(map[string]any)["href"].(string), strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+w.away(form)) // in a window of its own the browser keeps cookies
	response, body := w.page(r, asks{origin: originOf("shop"), bare: true})
	if got := strings.Join(w.replied("shop", response, body), " "); !strings.HasPrefix(got, "200 new-token form=owner") {
		t.Fatal(got)
	}
	if got := strings.Join(w.answer([]string{"bare", "username=ada", "password=correct+horse+ada"}), " "); !strings.HasPrefix(got, "200 success") {
		t.Error(got)
	}
}

func TestAPageCannotPutWordsInAProvidersMouthItself(t *testing.T) {
	w := newTraveller(t)
	form := w.form(false)
	_, there := w.goTo(fieldOf(form, "company")["links"].(map[string]any)["authenticate"].(map[string]any)["href"].(string))
	back, err := url.Parse(w.company.Vouch(there))
	if err != nil {
		t.Fatal(err)
	}
	said := url.Values{"provider": {"company"}, "query": {back.RawQuery}}.Encode()
	for _, button := range []string{"company", ""} {
		sent, _ := json.Marshal(map[string]any{"id": w.node, "interactionId": w.id, "parameters": map[string]any{
			"eventType": "submit", "data": map[string]any{"actionKey": button, "formData": map[string]string{"company": said}},
		}})
		r := httptest.NewRequest(http.MethodPost, w.next, strings.NewReader(string(sent)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("interactionId", w.id)
		r.Header.Set("interactionToken", w.interaction.token)
		response, body := w.page(r, asks{origin: originOf("shop")})
		if got := strings.Join(w.replied("shop", response, body), " "); strings.Contains(got, "owner") || button != "" && response.StatusCode != http.StatusBadRequest {
			t.Errorf("pressed %q: %s", button, got)
		}
	}
}

func TestNobodyIsSentBackToAnAddressThatIsRegisteredNoMore(t *testing.T) {
	w := newTraveller(t)
	form := w.form(false)
	_, there := w.goTo(fieldOf(form, "company")["links"].(map[string]any)["authenticate"].(map[string]any)["href"].(string))
	w.stop()
	w.apps[0].fields = []string{"redirectUris=[https://shop.example.com/elsewhere]"}
	w.start()
	if status, location := w.goTo(w.company.Vouch(there)); status != http.StatusGone || location != "" {
		t.Errorf("%d, sent to %q", status, location)
	}
}

func TestTheWorkOfAFieldIsDoneByWhoeverShowsTheForm(t *testing.T) {
	w := newTraveller(t)
	for name, c := range map[string]struct {
		answer func(solved string) any
		want   string
	}{
		"a text":            {func(s string) any { return s }, "200 success"},
		"as METADATA":       {func(s string) any { return map[string]string{"answer": s} }, "200 success"},
		"wrong":             {func(string) any { return strings.Repeat("9", 21) }, "200 failure=access_denied"},
		"left as it was":    {func(string) any { return map[string]string{} }, "200 failure=access_denied"},
		"told to be unable": {func(string) any { return map[string]string{"code": "x", "message": "no"} }, "200 failure=access_denied"},
	} {
		form := w.form(false)
		asked, _ := json.Marshal(fieldOf(form, "work")["payload"])
		var work struct {
			Purpose, Algorithm, Challenge string
			Difficulty                    int
		}
		if err := json.Unmarshal(asked, &work); err != nil || work.Purpose != "proofOfWork" || work.Algorithm != "SHA-256" || work.Difficulty != 4 {
			t.Fatalf("%s: %v", asked, err)
		}
		sent, _ := json.Marshal(map[string]any{"id": w.node, "interactionId": w.id, "parameters": map[string]any{"eventType": "action", "data": map[string]any{
			"actionKey": "signOn", "formData": map[string]any{"username": "ada", "password": "correct horse ada", "work": c.answer(fixture.Work(work.Challenge, work.Difficulty))},
		}}})
		r := httptest.NewRequest(http.MethodPost, w.next, strings.NewReader(string(sent)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("interactionId", w.id)
		r.Header.Set("interactionToken", w.interaction.token)
		response, body := w.page(r, asks{origin: originOf("shop")})
		if got := strings.Join(w.replied("shop", response, body), " "); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
