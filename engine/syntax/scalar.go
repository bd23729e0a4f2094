package syntax

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// Scalar is one text of the file.
type Scalar struct {
	Value  string
	Range  diag.Range
	Quoted bool // in quotes, or a block: not plain
	InFlow bool // stands inside { } or [ ]
	// Comment: the YAML reader took the rest of the line for a comment.
	Comment bool
	style   yaml.Style
	source  *Source
	// places are the position of every character of the value, and of the place behind the last one.
	// Nil: the value stands in its line as it is, or cannot be followed.
	places []diag.Pos
}

// Expression gives what follows the mark of an expression, and where in the value it begins. False: the scalar is a literal.
func (s Scalar) Expression() (string, int, bool) {
	if rest, ok := strings.CutPrefix(s.Value, "= "); ok {
		trimmed := strings.TrimLeft(rest, " \n")
		return strings.TrimRight(trimmed, " \n"), len(s.Value) - len(trimmed), true
	}
	return "", 0, false
}

// At is the range of some characters of the value, in the file. Characters of folded and quoted scalars are followed through the
// folding and the escapes; where that cannot be done the range is the whole scalar.
func (s Scalar) At(offset, length int) diag.Range {
	length = max(length, 1)
	if s.places == nil {
		if s.Quoted || strings.Contains(s.Value, "\n") || s.Range.End.Line != s.Range.Start.Line || s.Range.Start.Column+offset+length > s.Range.End.Column {
			return s.Range
		}
		at := diag.Pos{Line: s.Range.Start.Line, Column: s.Range.Start.Column + offset}
		return diag.Range{File: s.Range.File, Start: at, End: diag.Pos{Line: at.Line, Column: at.Column + length}}
	}
	places := s.places
	if offset < 0 || offset >= len(places) {
		return s.Range
	}
	end := min(offset+length, len(places)-1)
	if end <= offset {
		at := places[offset]
		return diag.Range{File: s.Range.File, Start: at, End: diag.Pos{Line: at.Line, Column: at.Column + 1}}
	}
	last := places[end-1]
	return diag.Range{File: s.Range.File, Start: places[offset], End: diag.Pos{Line: last.Line, Column: last.Column + 1}}
}

// follow finds the places of a value that does not stand in its line as it is. Nil: it cannot be followed.
func (s Scalar) follow() []diag.Pos {
	switch {
	case s.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return s.blockPlaces()
	}
	w := walker{source: s.source, at: s.Range.Start}
	w.rest = s.source.from(w.at)
	quote := rune(0)
	if s.style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		quote = w.peek()
		w.step()
	}
	places := make([]diag.Pos, 0, len(s.Value)+1)
	for _, wanted := range s.Value {
		if w.folded(quote) && (wanted == ' ' || wanted == '\n') {
			places = append(places, w.at)
			if wanted == ' ' || w.breaks <= 1 {
				w.fold()
			} else {
				w.breaks--
			}
			continue
		}
		places = append(places, w.at)
		if !w.take(wanted, quote) {
			return nil
		}
	}
	return append(places, w.at)
}

// blockPlaces follows a block scalar, whose text begins in the line below its mark. Nil: it cannot be followed.
func (s Scalar) blockPlaces() []diag.Pos {
	blank := func(n int) bool { return n <= len(s.source.starts) && strings.TrimSpace(s.source.line(n)) == "" }
	at := s.Range.Start.Line + 1
	first := at
	for blank(first) {
		first++
	}
	indent := len(s.source.line(first)) - len(strings.TrimLeft(s.source.line(first), " "))
	column := indent
	line := []rune(s.source.line(at))
	next := func() {
		at++
		line, column = []rune(s.source.line(at)), indent
	}
	places := make([]diag.Pos, 0, len(s.Value)+1)
	for _, wanted := range s.Value {
		breaks := wanted == ' ' || wanted == '\n'
		for !breaks && blank(at) {
			next()
		}
		places = append(places, diag.Pos{Line: at, Column: min(column, len(line)) + 1})
		switch {
		case column < len(line) && line[column] == wanted:
			column++
		case breaks:
			next()
		default:
			return nil
		}
	}
	return append(places, diag.Pos{Line: min(at, len(s.source.starts)), Column: min(column, len(line)) + 1})
}

// walker goes through plain and quoted text, character by character.
type walker struct {
	source *Source
	at     diag.Pos
	rest   string // of the line
	breaks int    // line ends still to be given out of the fold at hand
}

func (w *walker) peek() rune {
	r, _ := utf8.DecodeRuneInString(w.rest)
	return r
}

func (w *walker) step() {
	_, size := utf8.DecodeRuneInString(w.rest)
	w.rest = w.rest[size:]
	w.at.Column++
}

// folded reports whether only blanks, or an escaped line end, are left in the line.
func (w *walker) folded(quote rune) bool {
	left := strings.TrimLeft(w.rest, " \t")
	if quote == 0 && strings.HasPrefix(left, "#") && left != w.rest {
		return true
	}
	if left != "" || w.at.Line >= len(w.source.starts) {
		return false
	}
	if w.breaks == 0 {
		for line := w.at.Line + 1; line < len(w.source.starts) && strings.TrimSpace(w.source.line(line)) == ""; line++ {
			w.breaks++
		}
	}
	return true
}

// fold goes to the first character of the next line that holds one.
func (w *walker) fold() {
	w.breaks = 0
	for w.at.Line < len(w.source.starts) {
		w.at = diag.Pos{Line: w.at.Line + 1, Column: 1}
		w.rest = w.source.line(w.at.Line)
		for w.rest != "" && (w.rest[0] == ' ' || w.rest[0] == '\t') {
			w.step()
		}
		if w.rest != "" {
			return
		}
	}
}

// take passes one character of the value, with the escape it may be written as.
func (w *walker) take(wanted, quote rune) bool {
	switch {
	case quote == '\'' && strings.HasPrefix(w.rest, "''"):
		w.step()
		w.step()
		return wanted == '\''
	case quote == '"' && w.rest == `\`: // an escaped line end gives nothing
		w.fold()
		return w.take(wanted, quote)
	case quote == '"' && strings.HasPrefix(w.rest, `\`):
		w.step()
		length := 1
		switch w.peek() {
		case 'x':
			length = 3
		case 'u':
			length = 5
		case 'U':
			length = 9
		}
		for range length {
			w.step()
		}
		return true
	}
	found := w.peek()
	w.step()
	return found == wanted
}
