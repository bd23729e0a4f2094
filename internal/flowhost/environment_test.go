package flowhost_test

import (
	"net/http"
	"strings"
	"testing"
)

const greeting = `flow: greeting
title: Greets, and asks for a name
start: ask

nodes:
  ask:
    form:
      title: Good day from {{ settings.brand }}
      fields: [{name: word, type: text, label: Your name}]
      buttons: [{name: go, label: Go on}]
    then: {go: long}
  long:
    choose:
      - {when: "= settings.patience > duration('5m') && 'Ada' in settings.friends", to: over}
      - {to: ask, message: Once more.}
  over: {end: error, with: {code: access_denied}}
`

const german = `greeting.ask.title: Guten Tag von {{ settings.brand }}
greeting.ask.word.label: Ihr Name
greeting.ask.go.label: Weiter
greeting.long.2.message: Noch einmal.
problems.missing: Bitte ausfüllen.
`

// greeters is an environment with a flow of its own, that is patient for so long.
func greeters(t *testing.T, patience string) *house {
	t.Helper()
	one := strings.Replace(households, "data: data\n", "data: data\nflows: flows\n", 1)
	one = strings.Replace(one, "defaultFlow: sign-on-link", "defaultFlow: greeting\n  settings: {brand: Home, patience: {type: duration, value: "+patience+"}, friends: [Ada]}", 1)
	return openWith(t, one, map[string]string{"flows/greeting.yaml": greeting, "flows/locales/de.yaml": german})
}

func TestAPageSpeaksTheLanguageThatIsAskedForOrLiked(t *testing.T) {
	h := greeters(t, "4m")
	for _, c := range []struct{ likes, asks, says, lang string }{
		{"", "", "Good day from Home", `<html lang="en">`},
		{"de-AT, en;q=0.5", "", "Guten Tag von Home", `<html lang="de">`},
		{"en, de;q=0.5", "", "Good day from Home", `<html lang="en">`},
		{"en", "&ui_locales=fr+de", "Guten Tag von Home", `<html lang="de">`},
		{"de", "&ui_locales=en", "Good day from Home", `<html lang="en">`},
		{"fr", "", "Good day from Home", `<html lang="en">`},
		{"nonsense;;", "&ui_locales=%3Cb%3E", "Good day from Home", `<html lang="en">`},
	} {
		b := h.browser()
		b.likes = c.likes
		b.visit(http.MethodGet, authorize+c.asks, nil).shows(c.says)
		b.shows(c.lang)
	}
	b := h.browser()
	b.visit(http.MethodGet, authorize+"&ui_locales=de", nil)
	b.press("go").shows("Bitte ausfüllen.")
	b.press("go", "word", "Ada").shows("Noch einmal.")
	b.visit(http.MethodGet, "/as/.well-known/openid-configuration", nil).shows(`"ui_locales_supported":["en","de"]`)
}

func TestAFlowReadsTheSettingsOfItsEnvironment(t *testing.T) {
	b := greeters(t, "4m").browser().visit(http.MethodGet, authorize, nil)
	b.press("go", "word", "Ada").shows("Once more.")

	b = greeters(t, "6m").browser().visit(http.MethodGet, authorize, nil)
	if b.press("go", "word", "Ada"); !strings.Contains(b.last.Header().Get("Location"), "error=access_denied") {
		t.Errorf("%d %s", b.last.Code, b.last.Header())
	}
}
