package syntax

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// sentence says in plain words what the YAML reader stumbled over. It belongs to the errors whose message holds part.
type sentence struct {
	part, summary, hint string
	rule                string // empty: yaml
	opens               bool   // the mistake is where the construct begins, not where the reader gave up
}

var sentences = []sentence{
	{part: "max depth", rule: "too-large", summary: fmt.Sprintf("more than %d maps and lists stand inside each other", maxDepth), hint: "a flow needs fewer than ten: close one"},
	{part: "mapping values are not allowed", summary: "a \": \" in a plain value begins a map, and no map can stand here", hint: "put the whole value in single quotes, or mend the indentation"},
	{part: "expected ',' or '}'", opens: true, summary: "this { is not closed as expected", hint: "inside { } quote a value that holds any of , ? [ ] { } or \": \""},
	{part: "expected ',' or ']'", opens: true, summary: "this [ is not closed as expected", hint: "inside [ ] quote a value that holds any of , ? [ ] { } or \": \""},
	{part: "expected key", summary: "a key was expected here", hint: "keys of one map begin in the same column; nothing can follow a quoted value, or a closed { } or [ ]"},
	{part: "expected '-' indicator", summary: "an entry of the list, beginning with -, was expected here", hint: "entries of one list begin in the same column"},
	{part: "expected node content", summary: "a value was expected here", hint: "quote a value that begins with any of [ ] { } , | > @ ` % & * ! #"},
	{part: "cannot start any token", summary: "no plain value can begin with this character", hint: "put the value in single quotes"},
	{part: "unexpected end of stream", opens: true, summary: "the quote that begins here is never closed", hint: "close it"},
	{part: "unknown escape character", summary: "there is no such escape in double quotes", hint: "use single quotes, in which nothing is escaped"},
	{part: "hexadecimal number", summary: "there is no such escape in double quotes", hint: "use single quotes, in which nothing is escaped"},
	{part: "could not find expected ':'", opens: true, summary: "a key without a colon", hint: "write key: value, or mend the indentation"},
	{part: "unknown anchor", rule: "anchor", summary: "an alias of something that is not there", hint: "write the value out: a flow has no anchors and no aliases"},
	{part: "alphabetic or numeric character", rule: "anchor", opens: true, summary: "& begins a YAML anchor and * an alias: a flow has none", hint: "put the value in single quotes"},
	{part: "block sequence entries", summary: "no list can begin here", hint: "begin the list in a line of its own"},
	{part: "tab", summary: "a tab cannot indent", hint: "indent with spaces"},
	{part: "tag", rule: "tag", summary: "a value that begins with ! is a YAML tag", hint: "put the value in single quotes"},
	{part: "<document start>", summary: "something stands behind the end of the flow", hint: "remove it, or mend the brackets and the indentation before it"},
	{part: "directive", summary: "a line that begins with % is a YAML directive", hint: "remove it"},
	{part: "YAML document", summary: "a line that begins with % is a YAML directive", hint: "remove it"},
	{part: "block scalar", summary: "behind | or > the line must end", hint: "begin the text in the next line, indented"},
	{part: "comment or line break", summary: "behind | or > the line must end", hint: "begin the text in the next line, indented"},
}

// broken turns an error of the YAML reader into a diagnostic.
func (r *reader) broken(err error) {
	var one *yaml.LoadError
	if !errors.As(err, &one) {
		if errors.Is(err, io.EOF) {
			r.report("yaml", r.source.at(1, 1, 1), "the file is empty", r.begins)
			return
		}
		r.report("yaml", r.source.at(1, 1, 1), "the file cannot be read as YAML", r.begins)
		return
	}
	text := sentence{summary: "this is not YAML: " + one.Message, hint: "put the value in single quotes, or mend the indentation"}
	for _, known := range sentences {
		if strings.Contains(one.Message, known.part) {
			text = known
			break
		}
	}
	given := r.inside(one.Mark)
	if better := r.stumble(given.Start, text.part, one.Mark.Line > r.lastLine()); better != nil {
		r.found = append(r.found, *better)
		return
	}
	if text.part == "expected key" && strings.Contains(r.source.line(given.Start.Line), ": {{") {
		text = sentence{summary: "behind { } nothing can follow", hint: bracesHint}
	}
	rule := text.rule
	if rule == "" {
		rule = "yaml"
	}
	if text.opens && one.ContextMark.Line > 0 && one.ContextMark != one.Mark {
		r.reportRelated(rule, r.inside(one.ContextMark), text, diag.Related{Message: "the YAML reader gave up here", Range: given})
		return
	}
	r.report(rule, given, text.summary, text.hint)
}

// lastLine is the last line that holds something.
func (r *reader) lastLine() int {
	last := len(r.source.starts)
	for last > 1 && strings.TrimSpace(r.source.line(last)) == "" {
		last--
	}
	return last
}

// inside is the place of a mark; behind the end of the file it is the end of the last line that holds something.
func (r *reader) inside(mark yaml.Mark) diag.Range {
	if last := r.lastLine(); mark.Line > last {
		return r.source.at(last, utf8.RuneCountInString(strings.TrimRight(r.source.line(last), " \t")), 1)
	}
	return r.source.at(mark.Line, mark.Column, 1)
}
