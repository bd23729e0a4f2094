package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sources gives the text of a file for the source lines. Nil, or a nil text: the lines are left out.
type Sources func(file string) []byte

// WriteText writes diagnostics for people: place, sentence, rule, the source line with a caret, other places, and help.
func WriteText(w io.Writer, list []Diagnostic, sources Sources) error {
	var b strings.Builder
	for i := range list {
		d := &list[i]
		fmt.Fprintf(&b, "%s: %s: %s [%s]\n", place(d.Subject), d.Severity, d.Summary, d.Rule)
		excerpt(&b, d.Subject, sources)
		if d.Detail != "" {
			fmt.Fprintf(&b, "note: %s\n", d.Detail)
		}
		for _, r := range d.Related {
			fmt.Fprintf(&b, "%s: note: %s\n", place(r.Range), r.Message)
			if r.Range.File != d.Subject.File || r.Range.Start.Line != d.Subject.Start.Line {
				excerpt(&b, r.Range, sources) // otherwise the line stands there already
			}
		}
		if d.Hint != "" {
			fmt.Fprintf(&b, "help: %s\n", d.Hint)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func place(r Range) string {
	return fmt.Sprintf("%s:%d:%d", r.File, r.Start.Line, r.Start.Column)
}

// widest is how many characters of a source line are shown.
const widest = 110

// excerpt writes the line of a range with a caret below its characters.
func excerpt(b *strings.Builder, r Range, sources Sources) {
	if sources == nil {
		return
	}
	line, ok := sourceLine(sources(r.File), r.Start.Line)
	if !ok {
		return
	}
	start, before, after := max(r.Start.Column-1, 0), "", ""
	if start > widest-30 {
		line = from(line, start-20)
		start, before = min(20, utf8.RuneCountInString(line)), "…"
	}
	text := printable(line[:len(line)-len(from(line, widest+1))])
	start = min(start, len(text))
	length := 1
	if r.End.Line == r.Start.Line {
		length = max(r.End.Column-r.Start.Column, 1)
	} else if r.End.Line > r.Start.Line {
		length = max(len(text)-start, 1)
	}
	if len(text) > widest {
		text, after = text[:widest], "…"
	}
	length = min(length, max(len(text)-start, 1))
	number := fmt.Sprintf("%5d | ", r.Start.Line)
	fmt.Fprintf(b, "%s%s%s%s\n", number, before, string(text), after)
	blank := strings.Repeat(" ", len([]rune(before))+start)
	fmt.Fprintf(b, "%s| %s^%s\n", strings.Repeat(" ", len(number)-2), blank, strings.Repeat("~", length-1))
}

// from leaves the first characters of a line out. A line that is shorter is empty then.
func from(line string, characters int) string {
	for ; characters > 0 && line != ""; characters-- {
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	return line
}

func sourceLine(source []byte, number int) (string, bool) {
	for at := 1; len(source) > 0; at++ {
		line, rest, _ := bytes.Cut(source, []byte("\n"))
		if at == number {
			return strings.TrimSuffix(string(line), "\r"), true
		}
		source = rest
	}
	return "", false
}

// printable puts a space or a dot in the place of what a terminal would obey.
func printable(line string) []rune {
	text := []rune(line)
	for i, r := range text {
		switch {
		case r == '\t':
			text[i] = ' '
		case !unicode.IsPrint(r):
			text[i] = '·'
		}
	}
	return text
}
