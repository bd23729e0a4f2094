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

// once keeps the first of several diagnostics that miss the same name, and tells where the others are. Where a name that was given nearly so is
// named by nobody, that one is misspelt.
func (c *compiler) once() []diag.Diagnostic {
	found := c.found
	type missed struct{ rule, file, summary string }
	groups := map[missed][]int{}
	for i := range found {
		if d := &found[i]; slices.Contains(often, d.Rule) {
			key := missed{d.Rule, d.Subject.File, d.Summary}
			if words := strings.Split(d.Summary, `"`); d.Rule == "unknown-field" && len(words) == 5 { // a field is an output
				key = missed{"unknown-output", d.Subject.File, fmt.Sprintf("node %q has no output %q", words[1], words[3])}
			}
			groups[key] = append(groups[key], i)
		}
	}
	gone := map[int]bool{}
	for _, group := range groups {
		slices.SortFunc(group, func(a, b int) int {
			one, other := found[a].Subject.Start, found[b].Subject.Start
			return cmp.Or(cmp.Compare(one.Line, other.Line), cmp.Compare(one.Column, other.Column))
		})
		for _, i := range group[1:] {
			gone[i] = true
		}
		lines := linesOf(found, group[1:])
		first := &found[group[0]]
		if len(group) > 1 && c.misspelt(first, lines) {
			continue
		}
		if len(lines) > 0 {
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

// linesOf are the lines of diagnostics, each once.
func linesOf(found []diag.Diagnostic, group []int) []string {
	var lines []string
	for _, i := range group {
		if line := strconv.Itoa(found[i].Subject.Start.Line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) > 12 {
		lines = append(lines[:12], "…")
	}
	return lines
}

// given is a name where it is given, and what nobody does with it.
type given struct {
	name   string
	where  diag.Range
	unused string
}

// misspelt moves a diagnostic about a name that several miss to where the name was given otherwise, if nobody calls it so.
func (c *compiler) misspelt(d *diag.Diagnostic, again []string) bool {
	words := strings.Split(d.Summary, `"`)
	if len(words) < 3 {
		return false
	}
	var names []string
	candidates := c.unused(d.Rule, words[1])
	for _, g := range candidates {
		names = append(names, g.name)
	}
	missed := words[len(words)-2]
	at := slices.Index(names, diag.Nearest(strings.TrimPrefix(missed, "vars."), names))
	if at < 0 {
		return false
	}
	lines := linesOf([]diag.Diagnostic{*d}, []int{0})
	for _, line := range again {
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	g := candidates[at]
	d.Subject = g.where
	d.Summary = fmt.Sprintf("%s, and nothing %s %q", d.Summary, g.unused, g.name)
	d.Detail = "it is named in line " + strings.Join(lines, ", ")
	d.Hint = fmt.Sprintf("did you mean %q?", missed)
	return true
}

// unused are the names of a kind that nobody calls. Of outputs they are the fields of a form.
func (c *compiler) unused(rule, node string) []given {
	var list []given
	add := func(key, name string, where diag.Range, unused string) {
		if !c.used[key] {
			list = append(list, given{name, where, unused})
		}
	}
	switch form := c.nodes[node]; {
	case rule == "unknown-node":
		for _, n := range c.flow.Nodes {
			add(n.Name, n.Name, n.Range, "leads to")
		}
	case rule == "unknown-variable":
		for i := range c.flow.Vars {
			v := &c.flow.Vars[i]
			add("vars."+v.Name, v.Name, v.Range, "names")
		}
	case (rule == "unknown-output" || rule == "unknown-field") && form != nil && form.Form != nil:
		for i := range form.Form.Fields {
			f := &form.Form.Fields[i]
			add(node+"."+f.Name, f.Name, f.Range, "reads")
		}
	}
	return list
}
