package engine

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"vigil/engine/compile"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// problemsOf begins the places of what is said of an entry that is refused: problems.missing.
const problemsOf = "problems"

// readLocales reads the texts of other languages beside the flows: locales/de.yaml.
func (l *loader) readLocales(fsys fs.FS) {
	names, err := fs.Glob(fsys, "locales/*.yaml")
	if err != nil {
		l.unreadable("locales", err)
	}
	for _, name := range names {
		source, err := readBounded(fsys, name)
		if err != nil {
			l.unreadable(name, err)
			continue
		}
		file, found := syntax.ParseLocale(name, source)
		l.found = append(l.found, found...)
		if len(file.Entries) == 0 && diag.HasErrors(found) {
			continue // what it would say nobody knows
		}
		locale := &compile.Locale{Tag: file.Tag, Texts: map[string]syntax.Scalar{}, Places: map[string]bool{}, Used: map[string]bool{}}
		for _, entry := range file.Entries {
			locale.Texts[entry.Place.Value] = entry.Text
			l.places = append(l.places, placed{locale, entry.Place})
		}
		l.lost = append(l.lost, lostTexts{file.Tag, file.Lost})
		l.around.Locales = append(l.around.Locales, locale)
		l.readProblems(locale)
		l.readPages(locale)
	}
}

// lostTexts are those of a language that could not be read.
type lostTexts struct {
	tag    string
	places []string
}

// placed is where a language has a text.
type placed struct {
	locale *compile.Locale
	place  syntax.Scalar
}

func (l *loader) readProblems(locale *compile.Locale) {
	for _, name := range graph.ProblemNames() {
		place := problemsOf + "." + name
		locale.Places[place] = true
		text, there := locale.Texts[place]
		if !there {
			continue
		}
		locale.Used[place] = true
		if l.problems == nil {
			l.problems = map[string]map[string]string{}
		}
		if l.problems[locale.Tag] == nil {
			l.problems[locale.Tag] = map[string]string{}
		}
		l.problems[locale.Tag][name] = text.Value
	}
}

// texts are those of a flow that was compiled, and of problems.
func (l *loader) texts(flow string) map[string]map[string]string {
	texts := map[string]map[string]string{}
	for _, locale := range l.around.Locales {
		own := map[string]string{}
		for place := range locale.Used {
			if of, _, _ := strings.Cut(place, "."); of == flow || of == problemsOf {
				own[place] = locale.Texts[place].Value
			}
		}
		if len(own) > 0 {
			texts[locale.Tag] = own
		}
	}
	return texts
}

// strangePlaces names texts that no flow has. Of flows with mistakes nothing is known.
func (l *loader) strangePlaces() {
	for _, lost := range l.lost {
		for _, place := range lost.places {
			l.forgive(lost.tag, place)
		}
	}
	for _, p := range l.places {
		flow, _, _ := strings.Cut(p.place.Value, ".")
		if p.locale.Used[p.place.Value] || l.bad[flow] {
			continue
		}
		near := l.nearPlace(p, flow)
		var hint string
		switch {
		case near != "":
			hint = fmt.Sprintf("did you mean %q?", near)
			l.forgive(p.locale.Tag, near)
		case flow == problemsOf:
			hint = "the problems are " + strings.Join(graph.ProblemNames(), ", ")
		case flow == pagesOf:
			hint = "the reference of flows lists the texts of pages"
		case l.files[flow] == nil:
			hint = "a place begins with the name of a flow: sign-on.credentials.title"
		default:
			hint = "a place is flow.node.title, flow.node.field.label, flow.node.button.label, flow.node.outcome.message or, of a letter, flow.node.subject"
		}
		l.found = append(l.found, diag.Diagnostic{
			Severity: diag.Error, Rule: "unknown-place", Summary: fmt.Sprintf("no flow has the text %q", p.place.Value), Hint: hint, Subject: p.place.Range,
		})
	}
}

// nearPlace is the place that was most likely meant: one that is nearly called so, or one that ends so. Empty: there is none.
func (l *loader) nearPlace(p placed, flow string) string {
	if flow == problemsOf {
		word := diag.Nearest(strings.TrimPrefix(p.place.Value, problemsOf+"."), graph.ProblemNames())
		if word == "" {
			return ""
		}
		return problemsOf + "." + word
	}
	if near := diag.Nearest(p.place.Value, placesOf(p.locale, flow)); near != "" {
		return near
	}
	var all []string
	for place := range p.locale.Places {
		all = append(all, place)
	}
	slices.Sort(all)
	for _, place := range all {
		if strings.HasSuffix(place, "."+p.place.Value) {
			return place
		}
	}
	if l.files[flow] == nil {
		return diag.Nearest(p.place.Value, all)
	}
	return ""
}

// forgive takes back that a language lacks a text, where its place is only misspelt.
func (l *loader) forgive(tag, place string) {
	l.found = slices.DeleteFunc(l.found, func(d diag.Diagnostic) bool {
		return d.Rule == "missing-translation" && d.Summary == fmt.Sprintf("%s has no %s", tag, place)
	})
}

func placesOf(locale *compile.Locale, flow string) []string {
	var places []string
	for place := range locale.Places {
		if strings.HasPrefix(place, flow+".") {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return places
}

// tags are the languages that were read.
func (l *loader) tags() []string {
	var tags []string
	for _, locale := range l.around.Locales {
		tags = append(tags, locale.Tag)
	}
	slices.Sort(tags)
	return tags
}
