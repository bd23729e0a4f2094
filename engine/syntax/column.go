package syntax

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"vigil/engine/diag"
)

// misplaced is for a line that begins in a column in which nothing around it begins.
func (r *reader) misplaced(line int) *diag.Diagnostic {
	mine := r.indent(line)
	var columns []string
	least := 1 << 20
	from := 0
	for above := r.lineAbove(line); above > 0 && least > 0; above = r.lineAbove(above) {
		if indent := r.indent(above); indent < least {
			least = indent
			columns = append(columns, fmt.Sprint(indent+1))
			if from == 0 {
				from = above
			}
		}
	}
	if slices.Contains(columns, fmt.Sprint(mine+1)) || len(columns) == 0 {
		return nil
	}
	if d := r.misplacedAbove(line, from); d != nil {
		return d
	}
	slices.Reverse(columns)
	key := strings.SplitN(strings.TrimSpace(r.source.line(line)), ":", 2)[0]
	d := r.mistake(line, mine+1, utf8.RuneCountInString(key), fmt.Sprintf("no map around this line begins in column %d", mine+1), "begin it in column "+strings.Join(columns, " or ")+", as a line above it; or mend that one")
	d.Related = []diag.Related{{Message: "the line above", Range: r.source.at(from, r.indent(from)+1, 1)}}
	return d
}

// misplacedAbove finds the line whose column makes another one seem misplaced: one among neighbours that begin as that one does, the key of a node in
// the column of nodes, or one in a column of its own. Above is the line before it. Nil: none is.
func (r *reader) misplacedAbove(line, above int) *diag.Diagnostic {
	mine, at := r.indent(line), above
	var left []int // lines on the way up that begin farther left
	for ; at > 0 && r.indent(at) != mine; at = r.lineAbove(at) {
		if r.indent(at) < mine {
			left = append(left, at)
		}
	}
	culprit := r.aloneInColumn(line, above)
	switch neighbours := len(left) == 1 && at > 0; {
	case culprit > 0:
	case neighbours, len(left) > 0 && slices.Contains(nodeKeys, r.keyOf(left[0])):
		culprit = left[0]
	default:
		return nil
	}
	column := r.indent(culprit) + 1
	d := r.mistake(culprit, column, max(utf8.RuneCountInString(r.keyOf(culprit)), 1),
		fmt.Sprintf("this line begins in column %d, and line %d below it in column %d", column, line, mine+1), fmt.Sprintf("begin it in column %d", mine+1))
	d.Related = []diag.Related{{Message: "no map begins here", Range: r.source.at(line, mine+1, 1)}}
	return d
}

// aloneInColumn finds the line before another, in the same map, that no other line of the file shares its column with. Zero: there is none.
func (r *reader) aloneInColumn(line, above int) int {
	mine, first := r.indent(line), 0
	for at := above; at > 0 && r.indent(at) > mine; at = r.lineAbove(at) {
		if first == 0 || r.indent(at) <= r.indent(first) {
			first = at
		}
	}
	shared, others := 0, 0
	for at := r.lineAbove(len(r.source.starts) + 1); at > 0 && first > 0; at = r.lineAbove(at) {
		switch r.indent(at) {
		case r.indent(first):
			shared++
		case mine:
			others++
		}
	}
	if shared != 1 || others < 2 {
		return 0
	}
	return first
}

// keyOf is the key that a line begins with. Empty: it begins otherwise.
func (r *reader) keyOf(line int) string {
	key, _, colon := strings.Cut(strings.TrimSpace(r.source.line(line)), ":")
	if !colon || !namePattern.MatchString(key) {
		return ""
	}
	return key
}
