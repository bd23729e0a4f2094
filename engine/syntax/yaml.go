package syntax

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// MaxBytes is how large a flow may be.
const MaxBytes = 256 << 10

const (
	maxDepth = 32     // a flow needs nine
	maxMarks = 12_000 // characters that begin an entry; a flow of 200 nodes needs a third of them
	// maxOther is the same for files that are no flows: their tests grow with the cases.
	maxOther = 20_000
)

// read makes YAML nodes of a text. Nil: it is not YAML, or too much of it; the diagnostic is reported.
func (r *reader) read() *yaml.Node {
	if len(r.source.Text) > MaxBytes {
		r.report("too-large", r.source.at(1, 1, 1), fmt.Sprintf("the file has %d KiB, at most %d are read", len(r.source.Text)>>10, MaxBytes>>10), r.smaller())
		return nil
	}
	if marks := strings.Count(r.source.Text, ",") + strings.Count(r.source.Text, "\n") + strings.Count(r.source.Text, "{") + strings.Count(r.source.Text, "["); marks > r.most() {
		r.report("too-large", r.source.at(1, 1, 1), fmt.Sprintf("the file has %d entries and lines, at most %d are read", marks, r.most()), r.smaller())
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
		r.report("yaml", r.source.at(second.Line, second.Column, 1), "a second document begins here", "a file is one document: remove the line ---")
		return nil
	case !errors.Is(err, io.EOF):
		r.broken(err)
		return nil
	}
	if len(document.Content) != 1 || empty(document.Content[0]) {
		r.report("yaml", r.source.at(1, 1, 1), "the file is empty", r.begins)
		return nil
	}
	return document.Content[0]
}

func (r *reader) most() int {
	if r.begins == emptyHint {
		return maxMarks
	}
	return maxOther
}

// smaller says how a file becomes smaller.
func (r *reader) smaller() string {
	if r.begins == emptyHint {
		return "move nodes that belong together into a part, and call it"
	}
	return "split it"
}

const emptyHint = "a flow begins with the keys flow, title, start and nodes"

// readable finds characters that no YAML holds, or that end a line for some readers and not for others: the YAML reader would name them without a place.
func (r *reader) readable() bool {
	for i, c := range r.source.Text {
		if ' ' <= c && c < 0x7f || c == '\n' || c == '\t' || c >= 0xa0 && c < 0x2028 {
			continue
		}
		var summary, hint string
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(r.source.Text[i:], "\uFFFD"):
			summary, hint = "this byte is not UTF-8", "save the file as UTF-8"
		case c == '\r' && !strings.HasPrefix(r.source.Text[i+1:], "\n"), c == '\u0085', c == '\u2028', c == '\u2029':
			summary, hint = fmt.Sprintf("the character U+%04X ends a line to some YAML readers, not to others", c), "end lines with a line feed, and write no other breaks"
		case c < ' ' && c != '\r', 0x7f <= c && c < 0xa0, c == 0xfffe, c == 0xffff, c == 0xfeff:
			summary, hint = fmt.Sprintf("the control character U+%04X cannot stand in YAML", c), "remove it"
		default:
			continue
		}
		at := r.source.pos(i)
		r.report("encoding", r.source.at(at.Line, at.Column, 1), summary, hint)
		return false
	}
	return true
}
