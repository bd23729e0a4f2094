package diag

import (
	"cmp"
	"slices"
)

// Most is how many mistakes of one kind of check are told of one file: more would only be noise, and cost.
const Most = 100

// Add appends a diagnostic unless Most are there.
func Add(list *[]Diagnostic, d Diagnostic) {
	if len(*list) < Most {
		*list = append(*list, d)
	}
}

// Sort puts diagnostics in the order of files and places. What stands at one place keeps errors before warnings, then goes by rule and sentence.
func Sort(list []Diagnostic) {
	slices.SortStableFunc(list, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Subject.File, b.Subject.File),
			cmp.Compare(a.Subject.Start.Line, b.Subject.Start.Line),
			cmp.Compare(a.Subject.Start.Column, b.Subject.Start.Column),
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Summary, b.Summary),
		)
	})
}

// HasErrors reports whether one of them refuses the flow.
func HasErrors(list []Diagnostic) bool {
	return slices.ContainsFunc(list, func(d Diagnostic) bool { return d.Severity == Error })
}
