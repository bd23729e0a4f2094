package compile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigil/engine/diag"
)

// often are rules about a name that is not there. Where the same name is missing in several places it is one mistake.
var often = []string{"unknown-node", "unknown-variable", "unknown-output", "unknown-setting", "unknown-secret", "unknown-input", "unknown-part", "unknown-capability", "unknown-field"}

// once keeps the first of several diagnostics that miss the same name, and tells where the others are.
func once(found []diag.Diagnostic) []diag.Diagnostic {
	type missed struct{ rule, file, summary string }
	groups := map[missed][]int{}
	for i := range found {
		if d := &found[i]; slices.Contains(often, d.Rule) {
			key := missed{d.Rule, d.Subject.File, d.Summary}
			groups[key] = append(groups[key], i)
		}
	}
	gone := map[int]bool{}
	for _, group := range groups {
		slices.SortFunc(group, func(a, b int) int {
			one, other := found[a].Subject.Start, found[b].Subject.Start
			return cmp.Or(cmp.Compare(one.Line, other.Line), cmp.Compare(one.Column, other.Column))
		})
		var lines []string
		for _, i := range group[1:] {
			gone[i] = true
			if line := strconv.Itoa(found[i].Subject.Start.Line); !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
		if len(lines) > 12 {
			lines = append(lines[:12], "…")
		}
		if len(lines) > 0 {
			first := &found[group[0]]
			first.Detail = strings.TrimSpace(first.Detail + fmt.Sprintf(" it is named again in line %s", strings.Join(lines, ", ")))
		}
	}
	kept := make([]diag.Diagnostic, 0, len(found)-len(gone))
	for i := range found {
		if !gone[i] {
			kept = append(kept, found[i])
		}
	}
	return kept
}
