package engine_test

import (
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/internal/samples"
)

const greeting = `flow: greeting
title: Asks for a name
start: ask

nodes:
  ask:
    form:
      title: Good day
      text: You come from {{ request.clientId }}.
      fields:
        - {name: word, type: text, label: Name, hint: As we know you}
        - {name: way, type: choice, label: Way, options: {mail: By mail, none: Not at all}}
      buttons: [{name: go, label: Go on}]
    then: {go: {to: again, notice: Well done.}}
  again:
    form: {title: Once more, buttons: [{name: stop, label: Stop}]}
    then: {stop: over}
  over: {end: error, with: {code: access_denied}}
`

const german = `greeting.ask.title: Guten Tag
greeting.ask.text: Sie kommen von {{ request.clientId }}.
greeting.ask.word.label: Name
greeting.ask.word.hint: Wie wir Sie kennen
greeting.ask.way.label: Weg
greeting.ask.way.mail: Per Brief
greeting.ask.way.none: Gar nicht
greeting.ask.go.label: Weiter
greeting.ask.go.notice: Gut gemacht.
greeting.again.title: Noch einmal
greeting.again.stop.label: Schluss
problems.missing: Bitte ausfüllen.
`

func TestTextsOfAnotherLanguageAreHeldAgainstTheFlow(t *testing.T) {
	for _, c := range []struct{ what, old, new, say string }{
		{"all is there", "", "", ""},
		{"a text is missing", "greeting.ask.word.hint: Wie wir Sie kennen\n", "", `greeting.yaml:11:55: de has no greeting.ask.word.hint [missing-translation]`},
		{"nothing of the flow is there", german, "problems.missing: Bitte ausfüllen.\n", `greeting.yaml:1:7: de has no text of "greeting" [missing-translation]`},
		{"a place with a letter missing", "greeting.ask.way.mail", "greeting.ask.way.mal", `locales/de.yaml:6:1: no flow has the text "greeting.ask.way.mal" [unknown-place]`},
		{"a problem that is none", "problems.missing", "problems.mising", `locales/de.yaml:12:1: no flow has the text "problems.mising" [unknown-place]`},
		{"a flow that is none", "greeting.again.title", "greting.again.title", `locales/de.yaml:10:1: no flow has the text "greting.again.title" [unknown-place]`},
		{"a value is left out", "von {{ request.clientId }}", "von weit her", `locales/de.yaml:2:20: the translation leaves out {{ request.clientId }} [translation]`},
		{"a value of its own", "Guten Tag", "'Guten Tag {{ request.loginHint }}'", `locales/de.yaml:1:21: the text has no {{ request.loginHint }} [translation]`},
		{"a value with a letter missing", "{{ request.clientId }}", "{{ request.clientID }}", `locales/de.yaml:2:46: the request has no "clientID" [unknown-output]`},
		{"a list", "Noch einmal", "[a]", `locales/de.yaml:10:23: greeting.again.title is a list, wanted a text [shape]`},
		{"a map inside", "greeting.again.title: Noch einmal", "greeting.again:\n  title: Noch einmal", `locales/de.yaml:10:1: "greeting.again" holds a map: places of texts do not stand inside each other [shape]`},
		{"a text twice", "greeting.again.title: Noch einmal\n", "greeting.again.title: a\ngreeting.again.title: b\n", `locales/de.yaml:11:1: the key "greeting.again.title" stands twice in one map [duplicate-key]`},
	} {
		t.Run(c.what, func(t *testing.T) {
			text := german
			if c.old != "" {
				text = strings.Replace(german, c.old, c.new, 1)
			}
			_, found := engine.Load(folder(map[string]string{"greeting.yaml": greeting, "locales/de.yaml": text}), samples.Registry())
			said := sentences(found)
			if c.say == "" && said != "" || !strings.Contains(said, c.say) {
				t.Errorf("said is\n%swanted\n%s", said, c.say)
			}
		})
	}
}

func TestALanguageIsCalledAsItsFile(t *testing.T) {
	library, found := engine.Load(folder(map[string]string{"greeting.yaml": greeting, "locales/de.yaml": german, "locales/German.yaml": german}), samples.Registry())
	if said := sentences(found); !strings.Contains(said, `"German" names no language`) {
		t.Errorf("said is %s", said)
	}
	if tags := library.Languages(); len(tags) != 2 || tags[1] != "de" {
		t.Errorf("the languages are %v", tags)
	}
}
