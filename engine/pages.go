package engine

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"vigil/engine/compile"
	"vigil/engine/diag"
)

// pagesOf begins the places of what the host's own pages say: pages.signedOffTitle.
const pagesOf = "pages"

// WithPages names the texts of the host's own pages, so that files of other languages may have them too: by name, in English, with {{ name }} for
// what stands for a thing. Spoken are languages that have all of them by themselves, by
// their first subtags.
func WithPages(texts map[string]string, spoken ...string) Option {
	return func(s *compile.Surroundings) { s.Pages, s.Spoken = texts, spoken }
}

// Pages gives what the host's own pages say in other languages: by tag, then by the names of WithPages.
func (l *Library) Pages() map[string]map[string]string { return l.pages }

var pageHole = regexp.MustCompile(`\{\{\s*(.*?)\s*\}\}`)

// readPages takes the texts of the host's own pages out of a language.
func (l *loader) readPages(locale *compile.Locale) {
	own := map[string]string{}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(l.around.Pages)) {
		place := pagesOf + "." + name
		locale.Places[place] = true
		text, there := locale.Texts[place]
		if !there {
			missing = append(missing, place)
			continue
		}
		locale.Used[place] = true
		own[name] = text.Value
		if wrong := differentHoles(l.around.Pages[name], text.Value); wrong != "" {
			l.found = append(l.found, diag.Diagnostic{Severity: diag.Error, Rule: "translation", Summary: wrong, Hint: "the text is: " + l.around.Pages[name], Subject: text.Range})
		}
	}
	if l.pages == nil {
		l.pages = map[string]map[string]string{}
	}
	l.pages[locale.Tag] = own
	language, _, _ := strings.Cut(locale.Tag, "-")
	if len(missing) == 0 || slices.Contains(l.around.Spoken, language) {
		return
	}
	at := diag.Range{File: "locales/" + locale.Tag + ".yaml", Start: diag.Pos{Line: 1, Column: 1}, End: diag.Pos{Line: 1, Column: 2}}
	l.found = append(l.found, diag.Diagnostic{
		Severity: diag.Warning, Rule: "missing-translation", Subject: at,
		Summary: fmt.Sprintf("%s lacks %d of the %d texts of the pages around flows, which say them in English", locale.Tag, len(missing), len(l.around.Pages)),
		Hint:    fmt.Sprintf("add them, such as %s: the reference of flows lists all", missing[0]),
	})
}

// differentHoles says where a translation does not have the {{ }} of its text. Empty: it has them all, and no others.
func differentHoles(text, translation string) string {
	own, other := holesOf(text), holesOf(translation)
	for _, name := range own {
		if !slices.Contains(other, name) {
			return fmt.Sprintf("the translation leaves out {{ %s }}", name)
		}
	}
	for _, name := range other {
		if !slices.Contains(own, name) {
			return fmt.Sprintf("the text has no {{ %s }}", name)
		}
	}
	if strings.Count(translation, "{{") != len(other) {
		return "a {{ is not closed"
	}
	return ""
}

func holesOf(text string) []string {
	var names []string
	for _, m := range pageHole.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}
