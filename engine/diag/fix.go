package diag

import "strings"

// Fix is a change that mends a mistake: Text in the place of what stands in Range.
type Fix struct {
	Range Range
	Text  string
}

// FixOf gives the change that a diagnostic suggests, where it is nothing but another word: did you mean "success"? False: it takes a person.
func FixOf(d *Diagnostic) (Fix, bool) {
	rest, found := strings.CutPrefix(d.Hint, `did you mean "`)
	word, _, ends := strings.Cut(rest, `"?`)
	named := strings.HasPrefix(d.Rule, "unknown-") || d.Rule == "error-code"
	if !found || !ends || !named || d.Subject.Start.Line != d.Subject.End.Line || strings.ContainsAny(word, "\"\n") {
		return Fix{}, false
	}
	return Fix{Range: d.Subject, Text: word}, true
}
