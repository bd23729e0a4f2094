package rehearsal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"vigil/engine"
	"vigil/engine/connector"
)

// told shows all that a flow is told of who asks and where it runs, and gives some of it on.
const told = `flow: told
title: Says what it was told
vars: {user: user}
start: ask
nodes:
  ask:
    form:
      title: Good day at {{ settings.brand }}
      text: "{{ request.browser.name }} {{ request.browser.version }} on {{ request.browser.platform }} from {{ request.ip }} speaks {{ request.language }} and asks for {{ len(request.scopes) }}, {{ settings.grace > duration('7h') ? 'patient' : 'hasty' }}, with {{ len(settings.friends) }} friends"
      show: = secrets.motto
      fields: [{name: username, type: text, label: User name}, {name: password, type: password, label: Password}]
      buttons: [{name: go, label: Go on}]
    then: {go: check}
  check:
    do: user.checkPassword
    with: {username: = ask.username, password: = ask.password}
    limit: 2
    then:
      success: {to: done, set: {user: = check.user}}
      failure: {to: ask, message: No.}
      locked: {to: ask, message: No.}
      mustChange: denied
      exhausted: denied
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = vars.user, acr: gold, idTokenClaims: {house: = settings.brand}}}
`

const toldCases = `flow: told
users:
  ada: {username: ada, password: correct horse}
settings: {brand: Harbour, grace: 8h, friends: [bob, cleo]}
secrets: {motto: all is well}
cases:
  - name: one
    request: {ip: 2001:db8::7, language: nl, scopes: [openid, boats], browser: {name: Safari, version: '18', platform: macOS}}
    steps:
      - {at: ask}
      - {reads: page, as: word}
      - {at: ask, enter: {username: ada, password: correct horse}}
      - {ends: success, with: {user: ada, acr: gold, idTokenClaims: {house: Harbour}}}
`

// loadTold compiles it, beside a further file if one is named.
func loadTold(t *testing.T, more ...string) *engine.Library {
	t.Helper()
	list := connector.Type{Kind: connector.List, Elem: &connector.Type{Kind: connector.String}}
	files := fstest.MapFS{"told.yaml": {Data: []byte(told)}}
	if len(more) > 1 {
		files[more[0]] = &fstest.MapFile{Data: []byte(more[1])}
	}
	return library(t, files, engine.WithSecrets("motto"), engine.WithSettings(
		connector.Field{Name: "brand", Type: connector.Type{Kind: connector.String}},
		connector.Field{Name: "grace", Type: connector.Type{Kind: connector.Duration}},
		connector.Field{Name: "friends", Type: list},
	))
}

func TestABrowserIsAndComesFromWhatTheCaseSaysAndTheEnvironmentHasItsSettings(t *testing.T) {
	t.Parallel()
	house, flow := borrow(t), loadTold(t).Flow("told")
	report := house.Run(flow, "told.test.yaml", []byte(toldCases))
	if !report.OK() || report.Cases[0].LeftOut != "" {
		t.Fatalf("%v, left out: %s", report.Failures(), report.Cases[0].LeftOut)
	}
	for old, says := range map[string]string{
		"request.ip":           `its text is "Safari 18 on macOS from nl speaks`,
		"request.browser.name": `its text is "nl 18 on macOS`,
		"settings.brand }}":    `its title is "Good day at nl" in the browser and "Good day at Harbour" on the stage`,
	} {
		served := loadTold(t).Flow("told")
		serve(t, served, old, strings.Replace("request.language }}", " }}", strings.Repeat(" }}", strings.Count(old, "}}")), 1))
		differs(t, house.Run(served, "told.test.yaml", []byte(toldCases)), 10, says)
	}
	served := loadTold(t).Flow("told")
	serve(t, served, "acr: gold", "acr: silver")
	differs(t, house.Run(served, "told.test.yaml", []byte(toldCases)), 13, `the ID token has the acr silver, the stage "gold"`)
	served = loadTold(t).Flow("told")
	serve(t, served, "house: = settings.brand", "house: = vars.user.username")
	differs(t, house.Run(served, "told.test.yaml", []byte(toldCases)), 13, `the ID token says "house" is "ada", the stage "Harbour"`)
}

func TestACaseInAnotherLanguageIsPlayedInIt(t *testing.T) {
	const german = "told.ask.title: Guten Tag, {{ settings.brand }}\ntold.check.failure.message: Nein.\n"
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "locales"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "locales", "de.yaml"), []byte(german+"other.ask.title: Andere\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Parallel()
	house, flow := borrow(t), loadTold(t, "locales/de.yaml", german).Flow("told")
	_, steps, _ := strings.Cut(toldCases, "    steps:")
	source := strings.Replace(toldCases, steps, "\n      - {at: ask, enter: {username: ada, password: no}}\n      - {at: ask, message: Nein.}\n", 1)
	source = strings.Replace(source, "{ip:", "{locale: de, ip:", 1)
	report := house.Run(flow, filepath.Join(folder, "told.test.yaml"), []byte(source))
	if !report.OK() || report.Cases[0].LeftOut != "" {
		t.Fatalf("%v, left out: %s", report.Failures(), report.Cases[0].LeftOut)
	}
	differs(t, house.Run(flow, "told.test.yaml", []byte(source)), 10, "read the texts of another language: open locales/de.yaml")
}

func TestWhatNoBrowserCanPlayIsLeftOutWithTheReason(t *testing.T) {
	t.Parallel()
	house, flow := borrow(t), loadTold(t).Flow("told")
	const request = "ip: 2001:db8::7, language: nl, scopes: [openid, boats], browser: {name: Safari, version: '18', platform: macOS}"
	for says, why := range map[string]string{
		"country: NL":                                  "only a proxy can say from which country somebody comes",
		"browser: {passkeys: true}":                    "servers tell by name and version whether a browser knows passkeys, and this one is told otherwise",
		"browser: {name: Lynx}":                        `no server knows a browser "Lynx" from others`,
		"browser: {name: Firefox, version: '140.0.1'}": `of the version "140.0.1" servers look at the first number alone`,
		"ip: somewhere":                                `"somewhere" is no address that somebody can come from`,
	} {
		report := house.Run(flow, "told.test.yaml", []byte(strings.Replace(toldCases, request, says, 1)))
		if !report.OK() || report.Cases[0].LeftOut != why {
			t.Errorf("%s: %v, left out: %q", says, report.Failures(), report.Cases[0].LeftOut)
		}
	}
}
