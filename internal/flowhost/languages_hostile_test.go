package flowhost

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOfEndlessListsOfLanguagesTheBeginningIsRead(t *testing.T) {
	m := newMatcher([]string{"de", "fr"})
	ask := func(liked string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", liked)
		return r
	}
	many := strings.Repeat("xh,", 20_000)
	for name, c := range map[string]struct {
		asked []string
		liked string
		want  string
	}{
		"the browser's first":          {nil, "fr," + many, "fr"},
		"the browser's last":           {nil, many + "fr", ""},
		"one without end":              {nil, strings.Repeat("x", 60_000), ""},
		"the application's first":      {strings.Fields("de " + strings.Repeat("xh ", 20_000)), "fr", "de"},
		"the application's last":       {strings.Fields(strings.Repeat("xh ", 20_000) + "de"), "fr", "fr"},
		"what people and browsers ask": {[]string{"xh", "de-CH"}, "fr-CH,fr;q=0.9", "de"},
	} {
		if got := m.pick(c.asked, ask(c.liked)); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := languageOf(ask("fr," + many)); got != "fr" {
		t.Errorf("what a flow is told: %q", got)
	}
}
