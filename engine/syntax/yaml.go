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
