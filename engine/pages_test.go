package engine_test

import (
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/internal/samples"
)

func TestTextsOfTheHostsPagesAreHeldAgainstTheirEnglish(t *testing.T) {
	pages := engine.WithPages(map[string]string{"bye": "You are signed off", "byeFrom": "You left {{ application }}"}, "de")
	for _, c := range []struct{ what, tag, text, say string }{
		{"all is there", "fr", "pages.bye: Au revoir\npages.byeFrom: Vous avez quitté {{ application }}\n", ""},
		{"one is missing", "fr", "pages.bye: Au revoir\n", `locales/fr.yaml:1:1: fr lacks 1 of the 2 texts of the pages around flows, which say them in English [missing-translation]`},
		{"the host has them itself", "de-AT", "pages.bye: Servus\n", ""},
		{"a thing is left out", "de", "pages.byeFrom: Sie sind weg\n", `locales/de.yaml:1:16: the translation leaves out {{ application }} [translation]`},
		{"a thing with a letter missing", "de", "pages.byeFrom: '{{ aplication }} {{ application }}'\n", `locales/de.yaml:1:16: the text has no {{ aplication }} [translation]`},
		{"a thing where none is", "de", "pages.bye: 'Sie, {{ user }}'\n", `locales/de.yaml:1:12: the text has no {{ user }} [translation]`},
		{"a hole that stays open", "de", "pages.bye: 'Sie {{ '\n", `locales/de.yaml:1:12: a {{ is not closed [translation]`},
		{"a name that is none", "de", "pages.by: Servus\n", `locales/de.yaml:1:1: no flow has the text "pages.by" [unknown-place]`},
	} {
		t.Run(c.what, func(t *testing.T) {
			flow := "flow: over\ntitle: Ends\nstart: over\nnodes:\n  over: {end: error, with: {code: access_denied}}\n"
			library, found := engine.Load(folder(map[string]string{"over.yaml": flow, "locales/" + c.tag + ".yaml": c.text}), samples.Registry(), pages)
			if said := strings.TrimSpace(sentences(found)); said != c.say {
				t.Errorf("said is\n%s\nwanted\n%s", said, c.say)
			}
			if c.say == "" && library.Pages()[c.tag]["bye"] == "" {
				t.Errorf("the pages say %v", library.Pages())
			}
		})
	}
}
