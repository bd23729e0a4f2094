package am_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil/internal/fixture"
)

// outside offers a password, and another provider beside it.
const outside = `flow: outside
title: A password or another provider
vars: {user: user}
start: credentials

nodes:
  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User Name, required: false}
        - {name: password, type: password, label: Password, required: false}
        - {name: company, type: external, label: Continue with your company, provider: company}
      buttons: [{name: signOn, label: Sign on}]
    then: {signOn: verify, company: arrive}
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

// alone asks for another provider and nothing else.
const alone = `flow: alone
title: Another provider alone
start: leave

nodes:
  leave:
    form:
      title: Sign on
      fields: [{name: company, type: external, label: Continue with your company, provider: company}]
    then: {company: arrive}
  arrive:
    do: external.signOn
    with: {answer: = leave.company}
    then: {success: {to: done}, unlinked: stranger, failure: {to: leave, message: That did not work.}}
  stranger: {end: error, with: {code: access_denied, description: You are new here.}}
  done: {end: success, with: {user: = arrive.user}}
`

// newOutside starts a provider that speaks AM, with another one beside it.
func newOutside(t *testing.T) (*world, *fixture.Company) {
	t.Helper()
	var w *world
	company := fixture.NewCompany(t, func() time.Time { return w.now })
	w = newWorld(t, twoRealms,
		`  - {clientId: outside, type: SINGLE_PAGE_APP, responseTypes: [CODE], flowPolicies: [outside, alone], redirectUris: ["https://out.example.com/back", "https://out.example.com/back?a=b"]}`,
		fmt.Sprintf(`  identityProviders: [{name: company, issuer: %q, clientId: here}]`, company.Issuer))
	return w, company
}

const (
	page     = "https://out.example.com"
	outsider = alpha + "/authenticate?authIndexType=service&authIndexValue=outside"
)

// leave chooses the company, and gives the step that leads there.
func (w *world) leave(address string, headers ...string) map[string]any {
	w.t.Helper()
	_, form := w.post(address, nil, headers...)
	status, away := w.post(alpha+"/authenticate", fill(form, nil, nil, "company"), headers...)
	if got := types(away); status != http.StatusOK || got != "RedirectCallback" {
		w.t.Fatalf("%d %s %v", status, got, away)
	}
	return away
}

// vouched follows a step to the company and back, and gives where the browser is sent in the end.
func (w *world) vouched(company *fixture.Company, away map[string]any) *url.URL {
	w.t.Helper()
	there, text := w.get(output(away, 0, "redirectUrl").(string))
	if there.StatusCode != http.StatusFound {
		w.t.Fatalf("%d %s", there.StatusCode, text)
	}
	return w.arrived(company.Vouch(there.Header.Get("Location")))
}

func (w *world) arrived(at string) *url.URL {
	w.t.Helper()
	back, text := w.get(at)
	location, err := url.Parse(back.Header.Get("Location"))
	if err != nil || back.StatusCode != http.StatusFound {
		w.t.Fatalf("%d %s %v", back.StatusCode, text, err)
	}
	return location
}

// goOn sends a step once more with what the browser brought.
func (w *world) goOn(away map[string]any, query string) (int, map[string]any) {
	w.t.Helper()
	return w.post(alpha+"/authenticate?"+query, away, "Origin", page)
}

func TestAnotherProviderIsChosenVisitedAndComeBackFromAsInAM(t *testing.T) {
	w, company := newOutside(t)
	_, form := w.post(outsider, nil, "Origin", page)
	if got := types(form); got != "NameCallback IDToken1, PasswordCallback IDToken2, SelectIdPCallback IDToken3, ConfirmationCallback IDToken4" {
		t.Fatal(got)
	}
	providers, _ := json.Marshal(output(form, 2, "providers"))
	const offered = `[{"provider":"company","uiConfig":{"buttonClass":"","buttonDisplayName":"Continue with your company","iconClass":""}},{"provider":"localAuthentication"}]`
	if string(providers) != offered {
		t.Errorf("providers: %s", providers)
	}
	if status, _ := w.post(alpha+"/authenticate", fill(form, nil, nil, "elsewhere"), "Origin", page); status != http.StatusBadRequest {
		t.Errorf("a provider that was not offered: %d", status)
	}
	if status, done := w.post(alpha+"/authenticate", fill(form, "ada", "correct horse ada", "localAuthentication"), "Origin", page); status != http.StatusOK || done["tokenId"] == nil {
		t.Errorf("by the password beside: %d %v", status, done)
	}
	w.cookies = map[string]string{}
	away := w.leave(outsider, "Origin", page)
	if output(away, 0, "redirectMethod") != "GET" || output(away, 0, "trackingCookie") != true {
		t.Errorf("the way there: %v", away)
	}
	back := w.vouched(company, away)
	if !strings.HasPrefix(back.String(), page+"/back?code=") || back.Query().Get("state") == "" {
		t.Fatalf("sent back to %s", back)
	}
	status, owner := w.goOn(away, back.RawQuery)
	if got := types(owner); status != http.StatusOK || got != "NameCallback IDToken1, PasswordCallback IDToken2" {
		t.Fatalf("%d %s", status, got)
	}
	if status, done := w.post(alpha+"/authenticate", fill(owner, "ada", "correct horse ada")); status != http.StatusOK || done["tokenId"] == nil {
		t.Fatalf("%d %v", status, done)
	}
	w.cookies = map[string]string{}
	away = w.leave(outsider, "Origin", page)
	if status, done := w.goOn(away, w.vouched(company, away).RawQuery); status != http.StatusOK || done["tokenId"] == nil {
		t.Errorf("somebody who is linked: %d %v", status, done)
	}
}

func TestAnotherProviderServesARealmWithSessionsOfItsOwnToo(t *testing.T) {
	w, company := newOutside(t)
	const beta = host + "/am/json/realms/root/realms/beta"
	_, form := w.post(strings.Replace(outsider, alpha, beta, 1), nil, "Origin", page)
	_, away := w.post(beta+"/authenticate", fill(form, nil, nil, "company"), "Origin", page)
	back := w.vouched(company, away)
	if status, _ := w.goOn(away, back.RawQuery); status != http.StatusBadRequest {
		t.Errorf("in another realm: %d", status)
	}
	_, owner := w.post(beta+"/authenticate?"+back.RawQuery, away, "Origin", page)
	status, done := w.post(beta+"/authenticate", fill(owner, "ada", "correct horse ada"), "Origin", page)
	if status != http.StatusOK || done["realm"] != "/beta" || done["tokenId"] == nil {
		t.Errorf("%d %v", status, done)
	}
}

func TestAPageThatAsksForAnotherProviderAloneLeadsThereAtOnce(t *testing.T) {
	w, company := newOutside(t)
	_, away := w.post(strings.Replace(outsider, "=outside", "=alone", 1), nil, "Origin", page)
	if got := types(away); got != "RedirectCallback" {
		t.Fatal(got)
	}
	if _, again := w.goOn(away, ""); types(again) != "RedirectCallback" {
		t.Errorf("without a code: %v", again)
	}
	back := w.vouched(company, away)
	if status, refused := w.goOn(away, back.RawQuery); status != http.StatusUnauthorized || refused["message"] != "You are new here." {
		t.Errorf("a stranger: %d %v", status, refused)
	}
	_, away = w.post(strings.Replace(outsider, "=outside", "=alone", 1), nil, "Origin", page)
	there, _ := w.get(output(away, 0, "redirectUrl").(string))
	refused := strings.Replace(company.Vouch(there.Header.Get("Location")), "?code=", "?error=access_denied&x=", 1)
	// What went wrong is to be read, so the browser is not sent away again by itself.
	if _, told := w.goOn(away, w.arrived(refused).RawQuery); types(told) != "TextOutputCallback, SelectIdPCallback IDToken2" {
		t.Errorf("turned away there: %v", told)
	}
}

func TestOnlyTheBrowserThatLeftComesBackAndOnlyTheOneThatBeganGoesOn(t *testing.T) {
	w, company := newOutside(t)
	mine, theirs := w.cookies, map[string]string{}
	w.cookies = theirs
	w.post(outsider, nil, "Origin", page) // they have a key of their own
	w.cookies = mine
	away := w.leave(outsider, "Origin", page)
	there, _ := w.get(output(away, 0, "redirectUrl").(string))
	callback := company.Vouch(there.Header.Get("Location"))
	for name, cookies := range map[string]map[string]string{"another browser": theirs, "a browser without cookies": {}} {
		w.cookies = cookies
		if response, text := w.get(callback); response.StatusCode != http.StatusGone || response.Header.Get("Location") != "" || !strings.Contains(text, "elsewhere") {
			t.Errorf("%s came back: %d %s", name, response.StatusCode, response.Header.Get("Location"))
		}
	}
	w.cookies = mine
	back := w.arrived(callback)
	for name, c := range map[string]struct {
		cookies map[string]string
		query   string
	}{
		"another browser": {theirs, back.RawQuery},
		"another state":   {mine, strings.Replace(back.RawQuery, "state=", "state=x", 1)},
		"another code":    {mine, strings.Replace(back.RawQuery, "&state", "x&state", 1)},
		"no state":        {mine, strings.Replace(back.RawQuery, "&state", "&x", 1)},
	} {
		w.cookies = c.cookies
		if status, answer := w.goOn(away, c.query); status != http.StatusUnauthorized || answer["tokenId"] != nil {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	w.cookies = mine
	if status, owner := w.goOn(away, back.RawQuery); status != http.StatusOK || len(owner["callbacks"].([]any)) != 2 {
		t.Fatalf("the browser that began: %d %v", status, owner)
	}
	if status, _ := w.goOn(away, back.RawQuery); status != http.StatusUnauthorized {
		t.Errorf("a second time: %d", status)
	}
	if response, _ := w.get(output(away, 0, "redirectUrl").(string)); response.StatusCode != http.StatusGone {
		t.Errorf("leaving from a form that is answered: %d", response.StatusCode)
	}
	if response, _ := w.get(callback); response.StatusCode != http.StatusGone {
		t.Errorf("an old answer of the company: %d", response.StatusCode)
	}
}

func TestBrowsersComeBackToRegisteredAddressesAlone(t *testing.T) {
	w, company := newOutside(t)
	wanted := func(uri string) string { return outsider + "&redirect_uri=" + url.QueryEscape(uri) }
	for name, c := range map[string]struct {
		address, origin, back string // back empty: nobody may leave
	}{
		"the page's first address":           {outsider, page, page + "/back?code="},
		"another of the page's":              {wanted(page + "/back?a=b"), page, page + "/back?a=b&code="},
		"one that is not registered":         {wanted(page + "/else"), page, ""},
		"one of another page":                {wanted(callback), page, ""},
		"a page of no application":           {outsider, "https://evil.example.com", ""},
		"no page":                            {outsider, "", ""},
		"no page, and an address registered": {wanted(callback), "", callback + "?code="},
		"no page, and an address that isn't": {wanted("https://evil.example.com/"), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w.t, w.cookies = t, map[string]string{}
			var headers []string
			if c.origin != "" {
				headers = []string{"Origin", c.origin}
			}
			if _, form := w.post(c.address, nil, headers...); strings.Contains(types(form), "SelectIdPCallback") != (c.back != "") {
				t.Fatal(types(form))
			}
			if c.back == "" {
				return
			}
			if back := w.vouched(company, w.leave(c.address, headers...)); !strings.HasPrefix(back.String(), c.back) {
				t.Errorf("sent back to %s", back)
			}
		})
	}
}

func TestAWayToAProviderIsGoodForItsFormAndFieldAlone(t *testing.T) {
	w, _ := newOutside(t)
	away, err := url.Parse(output(w.leave(outsider, "Origin", page), 0, "redirectUrl").(string))
	if err != nil {
		t.Fatal(err)
	}
	_, other := w.post(outsider, nil, "Origin", page)
	_, other = w.post(alpha+"/authenticate", fill(other, nil, nil, "company"), "Origin", page)
	elsewhere, err := url.Parse(output(other, 0, "redirectUrl").(string))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"flowId": elsewhere.Query().Get("flowId"), "field": "password", "form": "2", "ticket": elsewhere.Query().Get("ticket"),
	} {
		query := away.Query()
		query.Set(name, value)
		if response, _ := w.get(host + away.Path + "?" + query.Encode()); response.StatusCode != http.StatusGone {
			t.Errorf("with another %s: %d", name, response.StatusCode)
		}
	}
	if response, _ := w.get(away.String(), "Sec-Purpose", "prefetch"); response.StatusCode == http.StatusFound {
		t.Error("a browser that looks ahead was sent there")
	}
	if response, _ := w.get(away.String()); response.StatusCode != http.StatusFound {
		t.Errorf("the way itself: %d", response.StatusCode)
	}
}

// The forms of a run that AM's clients show are not for the pages of pi.flow, whatever of the run they bring.
func TestPagesOfAnotherProtocolGoOnWithNoRunOfAMs(t *testing.T) {
	w, company := newOutside(t)
	away := w.leave(outsider, "Origin", page)
	back := w.vouched(company, away).Query()
	for name, headers := range map[string][]string{
		"/davinci/continue": {"Authorization", "Bearer " + back.Get("code")},
		"/davinci/connections/" + back.Get("state") + "/capabilities/customHTMLTemplate": {"interactionId", back.Get("state"), "interactionToken", "x"},
	} {
		if status, answer := w.post(host+name, map[string]any{}, append(headers, "Origin", page)...); status != http.StatusUnauthorized {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}
