package iframe_test

import (
	"testing"

	"vigil/iframe"
)

// originVector is a URL and the origin a browser gives it; nil: none, or one that is opaque or not of the web.
type originVector struct {
	URL     string
	Origin  *string
	Refused bool // by us alone
}

func TestAnOriginIsSpelledAsABrowserSpellsIt(t *testing.T) {
	for _, v := range vectors[originVector](t, "origin.json") {
		got, err := iframe.Origin(v.URL)
		switch {
		case (v.Origin == nil || v.Refused) && err == nil:
			t.Errorf("%q has the origin %s, want it refused", v.URL, got)
		case v.Origin != nil && !v.Refused && (err != nil || got != *v.Origin):
			t.Errorf("%q: %s %v, want %s", v.URL, got, err, *v.Origin)
		}
	}
}

func TestAnOriginIsItsOwnOrigin(t *testing.T) {
	for _, v := range vectors[originVector](t, "origin.json") {
		if v.Origin == nil || v.Refused {
			continue
		}
		if again, err := iframe.Origin(*v.Origin); err != nil || again != *v.Origin {
			t.Errorf("%s became %s %v", *v.Origin, again, err)
		}
	}
}
