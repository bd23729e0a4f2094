package syntax

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"vigil/engine/diag"
)

// MaxBytes is how large a flow may be.
const MaxBytes = 256 << 10

const maxDepth = 32 // a flow needs nine

// read makes YAML nodes of a text. Nil: it is not YAML, or too much of it; the diagnostic is reported.
func (r *reader) read() *yaml.Node {
	if len(r.source.Text) > MaxBytes {
		r.report("too-large", r.source.at(1, 1, 1), fmt.Sprintf("the file has %d KiB, at most %d are read", len(r.source.Text)>>10, MaxBytes>>10),
			"move nodes that belong together into a part, and call it")
		return nil
	}
	if !r.readable() {
		return nil
	}
	loader, err := yaml.NewLoader(strings.NewReader(r.source.Text), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		r.report("yaml", r.source.at(1, 1, 1), "the file cannot be read as YAML", "")
		return nil
	}
	var document, second yaml.Node
	if err := loader.Load(&document); err != nil {
		r.broken(err)
		return nil
	}
	switch err := loader.Load(&second); {
	case err == nil:
		r.report("yaml", r.source.at(second.Line, second.Column, 1), "a second document begins here", "a file holds one flow: remove the line ---")
		return nil
	case !errors.Is(err, io.EOF):
		r.broken(err)
		return nil
	}
	if len(document.Content) != 1 {
		r.report("yaml", r.source.at(1, 1, 1), "the file is empty", emptyHint)
		return nil
	}
	return document.Content[0]
}

const emptyHint = "a flow begins with the keys flow, title, start and nodes"

// readable finds bytes that no YAML holds: the YAML reader would name them without a place.
func (r *reader) readable() bool {
	for i, c := range r.source.Text {
		at := r.source.Pos
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(r.source.Text[i:], "\uFFFD"):
			p := at(i)
			r.report("encoding", r.source.at(p.Line, p.Column, 1), "this byte is not UTF-8", "save the file as UTF-8")
			return false
		case c < ' ' && c != '\n' && c != '\r' && c != '\t', c == 0x7f:
			p := at(i)
			r.report("encoding", r.source.at(p.Line, p.Column, 1), fmt.Sprintf("the control character U+%04X cannot stand in YAML", c), "remove it")
			return false
		}
	}
	return true
}

// sentence says in plain words what the YAML reader stumbled over.
type sentence struct{ part, summary, hint string }

var sentences = []sentence{
	{"max depth", fmt.Sprintf("more than %d maps and lists stand inside each other", maxDepth), "a flow needs fewer than ten: close one"},
	{"mapping values are not allowed", "a \": \" in a plain value begins a map, and no map can stand here", "put the whole value in single quotes, or mend the indentation"},
	{"did not find expected ',' or '}'", "this { is not closed as expected", "inside { } quote a value that holds any of , ? [ ] { } or \": \""},
	{"did not find expected ',' or ']'", "this [ is not closed as expected", "inside [ ] quote a value that holds any of , ? [ ] { } or \": \""},
	{"did not find expected key", "a key was expected here", "mend the indentation: keys of one map begin in the same column"},
	{"did not find expected '-' indicator", "an entry of the list beginning with - was expected here", "mend the indentation: entries of one list begin in the same column"},
	{"did not find expected node content", "a value was expected here", "quote a value that begins with any of [ ] { } , | > @ ` % & * ! #"},
	{"cannot start any token", "no plain value can begin with this character", "quote the value; indent with spaces, never with tabs"},
	{"unexpected end of stream", "the quote that begins here is never closed", "close it"},
	{"unknown escape character", "there is no such escape in double quotes", "use single quotes, in which nothing is escaped"},
	{"could not find expected ':'", "a key without a colon", "write key: value, or mend the indentation"},
	{"unknown anchor", "an alias of something that is not there", "write the value out: a flow has no anchors and no aliases"},
	{"block sequence entries", "no list can begin here", "mend the indentation, or begin the list in a line of its own"},
}

// broken turns an error of the YAML reader into a diagnostic.
func (r *reader) broken(err error) {
	var one *yaml.LoadError
	var many *yaml.LoadErrors
	switch {
	case errors.As(err, &one):
	case errors.As(err, &many) && len(many.Errors) > 0:
		one = many.Errors[0]
	case errors.Is(err, io.EOF):
		r.report("yaml", r.source.at(1, 1, 1), "the file is empty", emptyHint)
		return
	default:
		r.report("yaml", r.source.at(1, 1, 1), "the file cannot be read as YAML", "")
		return
	}
	text := sentence{summary: "this is not YAML: " + one.Message}
	for _, known := range sentences {
		if strings.Contains(one.Message, known.part) {
			text = known
			break
		}
	}
	mark := one.Mark
	if strings.HasPrefix(r.source.from(diag.Pos{Line: mark.Line, Column: mark.Column}), "\t") {
		text = sentence{summary: "a tab cannot indent", hint: "indent with spaces"}
	}
	opens := strings.HasPrefix(text.part, "did not find expected ','") || text.part == "unexpected end of stream" || text.part == "could not find expected ':'"
	if opens && one.ContextMark.Line > 0 {
		mark = one.ContextMark
	}
	rule := "yaml"
	switch text.part {
	case "max depth":
		rule = "too-large"
	case "unknown anchor":
		rule = "anchor"
	}
	where := r.source.at(mark.Line, mark.Column, 1)
	if opens && one.Mark.Line > 0 && mark != one.Mark {
		r.reportRelated(rule, where, text, diag.Related{Message: "the YAML reader gave up here", Range: r.source.at(one.Mark.Line, one.Mark.Column, 1)})
		return
	}
	r.report(rule, where, text.summary, text.hint)
}
