package templates

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// slots are the names of what stands for a thing in a text, in the order of its English. Other languages may order them anew.
var slots = map[string][]string{
	"toApplication": {"application"}, "repeat": {"field"}, "signedOffFrom": {"application"}, "questionTitleFrom": {"application"},
	"consentTitleFor": {"application"}, "formPostTitleTo": {"application"}, "deviceAsks": {"user", "application", "code"},
}

// Texts gives the English words by the names under which other languages say them. What stands for a thing is written {{ application }}.
func Texts() map[string]string {
	texts := map[string]string{}
	w := English()
	w.each(func(name string, text *string) { texts[name] = shown(name, *text) })
	for scope, text := range w.Scopes {
		texts[scopesOf+scope] = text
	}
	for name, text := range sentences {
		texts[saidOf+name] = text
	}
	return texts
}

const (
	scopesOf = "scopes."
	saidOf   = "said."
)

// In gives the words in another language, by the names that Texts has. What is missing there is said as here.
func (w *Words) In(texts map[string]string) *Words {
	other := *w
	other.Scopes, other.Said = maps.Clone(w.Scopes), maps.Clone(w.Said)
	other.each(func(name string, text *string) {
		if said := texts[name]; said != "" {
			*text = kept(name, said)
		}
	})
	for name, text := range texts {
		if scope, found := strings.CutPrefix(name, scopesOf); found {
			other.Scopes[scope] = text
		}
		if sentence, found := strings.CutPrefix(name, saidOf); found && sentences[sentence] != "" {
			if other.Said == nil {
				other.Said = map[string]string{}
			}
			other.Said[sentences[sentence]] = text
		}
	}
	return &other
}

// each calls visit for every word by its name: signedOffTitle for SignedOffTitle.
func (w *Words) each(visit func(name string, text *string)) {
	all := reflect.ValueOf(w).Elem()
	for i := range all.NumField() {
		if text, ok := all.Field(i).Addr().Interface().(*string); ok {
			name := []rune(all.Type().Field(i).Name)
			for j := 0; j < len(name) && unicode.IsUpper(name[j]) && (j == 0 || j+1 < len(name) && unicode.IsUpper(name[j+1])); j++ {
				name[j] = unicode.ToLower(name[j])
			}
			visit(string(name), text)
		}
	}
}

var (
	verb = regexp.MustCompile(`%(?:\[\d\])?s`)
	hole = regexp.MustCompile(`\{\{\s*([A-Za-z]+)\s*\}\}`)
)

// shown writes a text of English as authors see it.
func shown(name, text string) string {
	at := -1
	return verb.ReplaceAllStringFunc(text, func(string) string {
		at++
		return "{{ " + slots[name][at] + " }}"
	})
}

// kept writes a text of an author as the pages use it. A text with things in it is a format of fmt.
func kept(name, text string) string {
	if slots[name] == nil {
		return text
	}
	return hole.ReplaceAllStringFunc(strings.ReplaceAll(text, "%", "%%"), func(found string) string {
		return "%[" + strconv.Itoa(1+slices.Index(slots[name], hole.FindStringSubmatch(found)[1])) + "]s"
	})
}

// say gives a sentence in these words. One that has no name stays as it is.
func (w *Words) say(sentence string) string {
	if other := w.Said[sentence]; other != "" {
		return other
	}
	return sentence
}

// rightToLeft are the languages that are written so, by their first subtag.
var rightToLeft = []string{"ar", "arc", "ckb", "dv", "fa", "he", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}

// Direction is in which way the page's language is written. Empty: from left to right.
func (p Page) Direction() string {
	subtags := strings.Split(strings.ToLower(p.Language), "-")
	for _, script := range subtags[1:] {
		switch script {
		case "arab", "hebr", "syrc", "thaa", "nkoo":
			return "rtl"
		case "latn", "cyrl":
			return ""
		}
	}
	if slices.Contains(rightToLeft, subtags[0]) {
		return "rtl"
	}
	return ""
}
