package templates_test

import (
	"strings"
	"testing"

	"vigil/templates"
)

func TestAPictureComesFromHTTPSFromThisHostOrFromItsAddressAndFromNowhereElse(t *testing.T) {
	const pixel = "data:image/png;base64,iVBORw0KGgo="
	for address, want := range map[string]struct{ source, origin string }{
		"/brand/harbour.svg":                      {"/brand/harbour.svg", ""},
		"https://img.example.com/harbour.svg?v=2": {"https://img.example.com/harbour.svg?v=2", " https://img.example.com"},
		"https://img.example.com:8443/a":          {"https://img.example.com:8443/a", " https://img.example.com:8443"},
		pixel:                                     {pixel, ""},
		"":                                        {},
		"http://img.example.com/a":                {},
		"//img.example.com/a":                     {},
		`/\\img.example.com/a`:                    {},
		"javascript:alert(1)":                     {},
		"data:text/html;base64,PGI+":              {},
		"data:image/png,x":                        {},
		"https://ada:secret@img.example.com/a":    {},
		"https://img.example.com; script-src */a": {},
		"https://*/a":                             {},
		"https:img.example.com":                   {},
		"harbour.svg":                             {},
	} {
		page := templates.FormPage{Title: "Sign on", Image: address}
		var source string
		if pictures := all(form(t, page), "img", "alt", ""); len(pictures) > 1 { // the first is the logo
			source = attr(pictures[1], "src")
		}
		if source != want.source {
			t.Errorf("%q is shown from %q, want %q", address, source, want.source)
		}
		if policy := page.Policy(); !strings.Contains(policy, "img-src 'self' data:"+want.origin+";") || strings.Contains(policy, "script") {
			t.Errorf("%q is shown under %s", address, policy)
		}
	}
}

func TestAPageHasTheLayoutThatItsFormNames(t *testing.T) {
	for layout, class := range map[string]string{"": "page", "wide": "page page-wide", `"><b>`: `page page-"><b>`} {
		page := templates.FormPage{Title: "Sign on", Layout: layout, Fields: []templates.Field{username}}
		for range 2 { // the second time it was rendered before
			if len(all(form(t, page), "div", "class", class)) != 1 {
				t.Errorf("the layout %q is not %q", layout, class)
			}
		}
	}
}
