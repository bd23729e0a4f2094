package format

import (
	"errors"
	"fmt"
	"strings"
)

var (
	errForeign = errors.New("this is not of the YAML that flows use")
	errTab     = errors.New("a tab cannot indent: indent with spaces")
)

// reader reads blocks out of lines.
type reader struct {
	lines []string
	at    int
}

func (r *reader) fail(err error) error {
	if at := min(r.at, len(r.lines)-1); at >= 0 && strings.HasPrefix(strings.TrimLeft(r.lines[at], " "), "\t") {
		err = errTab
	}
	return fmt.Errorf("line %d: %w", min(r.at+1, len(r.lines)), err)
}

func (r *reader) file() (*block, error) {
	b, err := r.block(0)
	if err != nil {
		return nil, err
	}
	if r.skip(); r.at < len(r.lines) {
		return nil, r.fail(errForeign)
	}
	return b, nil
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isBlank(line string) bool   { return strings.TrimSpace(line) == "" }
func isComment(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), "#") }

// skip goes to the next line that holds something.
func (r *reader) skip() {
	for r.at < len(r.lines) && (isBlank(r.lines[r.at]) || isComment(r.lines[r.at])) {
		r.at++
	}
}

// above collects the comments and the blank line before the next entry. An empty comment is a blank line below others. Comments that stand further left than the block are no part of it.
func (r *reader) above(indent int) (comments []string, blank, more bool) {
	begin := r.at
	for ; r.at < len(r.lines); r.at++ {
		line := r.lines[r.at]
		switch {
		case isBlank(line) && len(comments) == 0:
			blank = true
		case isBlank(line):
			if comments[len(comments)-1] != "" {
				comments = append(comments, "") // a blank line between them, or behind them
			}
		case isComment(line):
			comments = append(comments, comment(strings.TrimSpace(line)))
		case indentOf(line) == indent:
			return comments, blank, true
		default:
			r.at = begin
			return r.tail(indent), false, false
		}
	}
	r.at = begin
	return r.tail(indent), false, false
}

// tail takes the comments that end a block: those which stand at its indentation or deeper.
func (r *reader) tail(indent int) []string {
	var comments []string
	for at := r.at; at < len(r.lines); at++ {
		line := r.lines[at]
		if isBlank(line) {
			continue
		}
		if !isComment(line) || indentOf(line) < indent {
			break
		}
		comments = append(comments, comment(strings.TrimSpace(line)))
		r.at = at + 1
	}
	return comments
}

func comment(text string) string {
	if len(text) > 1 && text[1] != ' ' && text[1] != '#' && text[1] != '!' {
		return "# " + text[1:]
	}
	return text
}

func isEntry(line string) bool {
	text := strings.TrimLeft(line, " ")
	return text == "-" || strings.HasPrefix(text, "- ")
}

// block reads the entries that stand at one indentation.
func (r *reader) block(indent int) (*block, error) {
	b := &block{}
	for first := true; ; first = false {
		begin := r.at
		comments, blank, more := r.above(indent)
		if !more {
			b.tail = comments
			return b, nil
		}
		line := r.lines[r.at]
		if strings.Contains(line[:min(len(line), indentOf(line)+1)], "\t") {
			return nil, r.fail(errForeign)
		}
		list := isEntry(line)
		if first {
			b.list = list
		} else if list != b.list {
			if !b.list {
				return nil, r.fail(errForeign)
			}
			r.at = begin // a list that stands as far left as its key ends here
			return b, nil
		}
		it := item{blank: blank, comments: comments}
		var err error
		if list {
			err = r.entry(&it, indent)
		} else {
			err = r.pair(&it, indent)
		}
		if err != nil {
			return nil, err
		}
		b.items = append(b.items, it)
	}
}

// entry reads what stands behind a dash.
func (r *reader) entry(it *item, indent int) error {
	line := r.lines[r.at]
	rest := strings.TrimLeft(line[indent+1:], " ")
	inner := len(line) - len(rest)
	if rest != "" && (isEntry(rest) || keyEnd(rest) > 0) {
		r.lines[r.at] = strings.Repeat(" ", inner) + rest
		below, err := r.block(inner)
		it.below = below
		return err
	}
	return r.value(it, rest, indent)
}

// pair reads a key and what stands behind it.
func (r *reader) pair(it *item, indent int) error {
	text := r.lines[r.at][indent:]
	end := keyEnd(text)
	if end <= 0 {
		return r.fail(errForeign)
	}
	it.key = strings.TrimSpace(text[:end])
	return r.value(it, strings.TrimLeft(text[end+1:], " "), indent)
}

// keyEnd is where the colon behind a key stands. Not above 0: there is none.
func keyEnd(text string) int {
	if text == "" || strings.ContainsRune("{[&*!|>%@`?#", rune(text[0])) {
		return -1
	}
	from := 0
	if text[0] == '"' || text[0] == '\'' {
		end := quoteEnd(text)
		if end < 0 {
			return -1
		}
		from = end
	}
	for i := from; i < len(text); i++ {
		switch {
		case text[i] == ':' && (i+1 == len(text) || text[i+1] == ' '):
			return i
		case from > 0 && text[i] != ' ', text[i] == '#' && i > 0 && text[i-1] == ' ':
			return -1
		}
	}
	return -1
}

// quoteEnd is the place behind a quoted text. Below 0: it does not end here.
func quoteEnd(text string) int {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return -1
}
