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

// misplacedAbove finds the line whose column makes another one seem misplaced. Above is the line before it. Nil: none is, or the line stands in a column
// of its own.
func (r *reader) misplacedAbove(line, above int) *diag.Diagnostic {
	mine := r.indent(line)
	if r.inColumn(mine) == 1 {
		return nil
	}
	culprit := r.aloneInColumn(mine, above)
	if culprit == 0 {
		culprit = r.strangeAbove(line, above)
	}
	if culprit == 0 || r.indent(culprit) == mine {
		return nil
	}
	column := r.indent(culprit) + 1
	d := r.mistake(culprit, column, max(utf8.RuneCountInString(r.keyOf(culprit)), 1),
		fmt.Sprintf("this line begins in column %d, and line %d below it in column %d", column, line, mine+1), fmt.Sprintf("begin it in column %d", mine+1))
	d.Related = []diag.Related{{Message: "no map begins here", Range: r.source.at(line, mine+1, 1)}}
	return d
}

// aloneInColumn finds the first line of the map above a column that no other line of the file shares its column with. Zero: there is none.
func (r *reader) aloneInColumn(mine, above int) int {
	first := 0
	for at := above; at > 0 && r.indent(at) > mine; at = r.lineAbove(at) {
		if first == 0 || r.indent(at) <= r.indent(first) {
			first = at
		}
	}
	if first == 0 || r.inColumn(r.indent(first)) > 1 {
		return 0
	}
	return first
}

// strangeAbove finds the line above that stands where its key does not belong: the key of a node in another column than a second key of that node, or a
// node in another column than the nodes around it. Zero: there is none.
func (r *reader) strangeAbove(line, above int) int {
	mine, at, below := r.indent(line), above, 0
	var left []int // lines on the way up that begin farther left
	for ; at > 0 && r.indent(at) != mine; at = r.lineAbove(at) {
		if r.indent(at) < mine {
			left = append(left, at)
		}
		if r.indent(at) == 0 && r.keyOf(at) == "nodes" {
			break
		}
		below = at
	}
	switch isKey := slices.Contains(nodeKeys, r.keyOf(line)); {
	case isKey && len(left) > 0 && slices.Contains(nodeKeys, r.keyOf(left[0])):
		if !strings.HasSuffix(strings.TrimRight(r.source.line(left[0]), " "), ":") {
			return 0 // it has its value: what stands deeper is the mistake
		}
		return left[0]
	case isKey && len(left) > 0:
		return r.lineBelow(left[0])
	case !isKey && len(left) == 1 && at > 0 && r.indent(at) == mine:
		return left[0]
	case !isKey && at > 0 && r.indent(at) != mine:
		return below // the first node
	}
	return 0
}

// lineBelow is the next line that holds more than a comment.
func (r *reader) lineBelow(line int) int {
	for line++; line < len(r.source.starts); line++ {
		if text := strings.TrimSpace(r.source.line(line)); text != "" && text[0] != '#' {
			break
		}
	}
	return line
}

// inColumn counts the lines that begin behind so many blanks.
func (r *reader) inColumn(indent int) int {
	count := 0
	for at := r.lineAbove(len(r.source.starts) + 1); at > 0; at = r.lineAbove(at) {
		if r.indent(at) == indent {
			count++
		}
	}
	return count
}

// keyOf is the key that a line begins with. Empty: it begins otherwise.
func (r *reader) keyOf(line int) string {
	key, _, colon := strings.Cut(strings.TrimSpace(r.source.line(line)), ":")
	if !colon || !namePattern.MatchString(key) {
		return ""
	}
	return key
}
