package flowhost

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"vigil/engine/connector"
)

// What strangers may have looked through: people speak fewer languages, and browsers list fewer.
const (
	maxAsked = 20   // tags that an application asks for
	maxLiked = 1000 // bytes of Accept-Language
)

// likedBy are the languages that the browser likes, the best first. What goes beyond maxLiked is not read.
func likedBy(r *http.Request) []language.Tag {
	text := r.Header.Get("Accept-Language")
	if len(text) > maxLiked {
		text = text[:max(0, strings.LastIndexByte(text[:maxLiked], ','))]
	}
	tags, _, err := language.ParseAcceptLanguage(text)
	if err != nil {
		return nil
	}
	return tags
}

// languageOf is the language that the browser likes best, such as "de". Empty: it does not say.
func languageOf(r *http.Request) string {
	tags := likedBy(r)
	if len(tags) == 0 {
		return ""
	}
	base, _ := tags[0].Base()
	return base.String()
}

// matcher picks the language of a page's texts.
type matcher struct {
	match language.Matcher
	tags  []string // as the matcher counts them; the first is the flows' own, empty
}

// newMatcher knows the flows' own language, which is English as the pages around them are, and further ones.
func newMatcher(tags []string) matcher {
	m, known := matcher{tags: []string{""}}, []language.Tag{language.English}
	for _, tag := range tags {
		if parsed, err := language.Parse(tag); err == nil {
			m.tags, known = append(m.tags, tag), append(known, parsed)
		}
	}
	m.match = language.NewMatcher(known)
	return m
}

// UILocales are the languages of the pages of flows, as discovery tells them. Nil: their own alone.
func (f *Flows) UILocales() []string {
	if len(f.now.Load().languages.tags) == 1 {
		return nil
	}
	return append([]string{"en"}, f.now.Load().languages.tags[1:]...)
}

// Language is in which one pages of ours answer a request: by its own ui_locales, or the wanted ones, then by what the browser likes. Empty: English.
//
// OIDC RP-Initiated Logout 2: ui_locales.
func (f *Flows) Language(r *http.Request, wanted []string) string {
	known := f.now.Load().languages
	if len(known.tags) == 1 {
		return ""
	}
	asked := r.URL.Query()["ui_locales"]
	if r.Form != nil {
		asked = r.Form["ui_locales"]
	}
	if len(asked) == 1 {
		wanted = append(strings.Fields(asked[0]), wanted...)
	}
	return known.pick(wanted, r)
}

// pick chooses by what the application asks for, then by what the browser likes. Empty: the flows' own.
//
// OIDC Core 3.1.2.1: ui_locales, the End-User's preferred languages, ordered by preference.
func (m matcher) pick(asked []string, r *http.Request) string {
	if len(m.tags) == 1 {
		return ""
	}
	var wanted []language.Tag
	for _, tag := range asked[:min(len(asked), maxAsked)] {
		if parsed, err := language.Parse(tag); err == nil {
			wanted = append(wanted, parsed)
		}
	}
	_, at, sure := m.match.Match(append(wanted, likedBy(r)...)...)
	if sure == language.No {
		return ""
	}
	return m.tags[at]
}

// browserOf reads what the browser says of itself in the low-entropy client hints, else in its User-Agent.
func browserOf(r *http.Request) connector.Browser {
	b := connector.Browser{Platform: platformOf(strings.Trim(r.Header.Get("Sec-CH-UA-Platform"), `"`))}
	agent := r.UserAgent()
	for _, name := range []string{"Firefox", "Edg", "OPR", "Chrome", "Version"} {
		_, after, found := strings.Cut(agent, name+"/")
		if !found {
			continue
		}
		b.Name, b.Version = name, after[:versionEnd(after)]
		break
	}
	switch b.Name {
	case "Edg":
		b.Name = "Edge"
	case "OPR":
		b.Name = "Opera"
	case "Version":
		b.Name = "Safari"
	}
	b.Passkeys = b.KnowsPasskeys()
	return b
}

// platformOf is what a browser says that it runs on. Empty: nothing, or what no browser says: it is shown to people in other browsers.
//
// User-Agent Client Hints 3.5: the platforms that there are.
func platformOf(said string) string {
	switch said {
	case "Android", "Chrome OS", "Chromium OS", "Fuchsia", "iOS", "Linux", "macOS", "Windows":
		return said
	}
	return ""
}

func versionEnd(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}
