package endtoend

import (
	"net/http"
	"strings"
	"testing"

	"vigil/internal/chromium"
	"vigil/static"
	"vigil/templates"
)

// longWord is longer than a narrow window is wide.
const longWord = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"

// wordy is every kind of page with words that no line holds.
func wordy(t *testing.T) http.Handler {
	t.Helper()
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	page := templates.Page{Language: "de", Product: longWord}
	few := []templates.Option{{Value: longWord}, {Value: "b"}}
	mux := http.NewServeMux()
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServerFS(static.FS())))
	mux.HandleFunc("/form", func(w http.ResponseWriter, _ *http.Request) {
		if err := pages.Form(w, templates.FormPage{
			Page: page, Application: longWord, Title: longWord, Text: longWord, Notice: longWord, Error: longWord, Show: longWord, QR: longWord,
			Fields: []templates.Field{
				{Name: "a", Label: longWord, Hint: longWord, Error: longWord},
				{Name: "b", Type: templates.Choice, Label: longWord, Options: few},
				{Name: "c", Type: templates.Checkbox, Label: longWord, Hint: longWord, Error: longWord},
				{Name: "d", Type: templates.External, Label: longWord, Hint: longWord},
			},
			Buttons: []templates.Button{{Name: "on", Label: longWord}, {Name: "off", Label: longWord, Link: true}},
		}); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/consent", func(w http.ResponseWriter, _ *http.Request) {
		if err := pages.Consent(w, templates.ConsentPage{Page: page, Application: longWord, User: longWord, Scopes: []string{longWord}}); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/error", func(w http.ResponseWriter, _ *http.Request) {
		if err := pages.Error(w, templates.ErrorPage{Page: page, Title: longWord, Message: longWord, Advice: []string{longWord, longWord}, Reference: longWord}); err != nil {
			t.Error(err)
		}
	})
	return mux
}

func TestLongWordsAndLargeLettersStayWithinTheWindow(t *testing.T) {
	browser := chromium.Start(t)
	browser.Serve(wordy(t))
	tab := browser.Open("")
	tab.Show(chromium.Look{Width: 320, Height: 640}) // WCAG 2.2 1.4.10: what is 1280 wide at 400 %
	for _, address := range []string{"form", "consent", "error"} {
		tab.Go("https://auth.vigil.localhost/" + address)
		for _, size := range []string{"100%", "200%"} { // WCAG 2.2 1.4.4
			tab.Do("document.documentElement.style.fontSize = '" + size + "'")
			if over := chromium.Eval[string](tab, `[...document.querySelectorAll("main *, header *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.localName).join(" ")`); over != "" {
				t.Errorf("%s, letters of %s: out of the window: %s", address, size, shortened(over))
			}
		}
		if got := chromium.Eval[string](tab, "getComputedStyle(document.querySelector('.card')).borderTopStyle"); !strings.Contains(got, "solid") {
			t.Fatalf("%s has no style sheet", address)
		}
	}
}

func shortened(names string) string { return names[:min(len(names), 80)] }
