package flowhost_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// say changes a file of the house's flows, which serve anew.
func (h *house) say(file, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.folder, "flows", file), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.server.ReloadFlows(h.t.Context(), nil); err != nil {
		h.t.Fatal(err)
	}
}

func TestARunSpeaksToItsEndAsItsFlowDidWhenItBegan(t *testing.T) {
	// Its first words mean something in YAML and in HTML.
	first := strings.Replace(german, "Ihr Name", `"'Ihr': \"Name\" # \u2028 \\n &x *y"`, 1)
	label := "&#39;Ihr&#39;: &#34;Name&#34; # \u2028 \\n &amp;x *y"
	then := strings.NewReplacer("Ihr Name", "Wie heißen Sie?", "Noch einmal.", "Und wieder.", "Bitte ausfüllen.", "Da fehlt etwas.").Replace(german)
	for name, change := range map[string]func(*house){
		"other texts":                  func(h *house) { h.say("locales/de.yaml", then) },
		"other texts, another flow":    func(h *house) { h.say("locales/de.yaml", then); h.say("greeting.yaml", greeting+"# another\n") },
		"another flow, then the texts": func(h *house) { h.say("greeting.yaml", greeting+"# another\n"); h.say("locales/de.yaml", then) },
		"hardly any texts":             func(h *house) { h.say("locales/de.yaml", "problems.missing: Da fehlt etwas.\n") },
		"other words for mistakes":     func(h *house) { h.say("locales/de.yaml", strings.Replace(first, "Bitte ausf", "Alle ausf", 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			h := greeters(t, "4m")
			h.say("locales/de.yaml", first)
			b := h.browser()
			b.likes = "de"
			b.visit(http.MethodGet, authorize, nil).shows(label)
			change(h)
			b.press("go").shows("Bitte ausfüllen.")
			b.shows(label)
			b.press("go", "word", "Ada").shows("Noch einmal.")
			b.shows(label)
		})
	}
}
