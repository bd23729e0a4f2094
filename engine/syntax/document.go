package syntax

import (
	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// Document is the YAML of a file that is no flow, such as the tests beside one.
type Document struct {
	Root *yaml.Node
	r    *reader
}

// Read reads the YAML of a file that is no flow. What says what it is, such as "a test file", and begins how it begins. Nil: there is nothing to go
// on with; the diagnostics name what YAML such files do not have, too.
func Read(name string, text []byte, what, begins string) (*Document, []diag.Diagnostic) {
	r := &reader{source: NewSource(name, text), flow: map[*yaml.Node]bool{}, what: what, begins: begins}
	root := r.read()
	if root == nil {
		return nil, r.found
	}
	r.markFlow(root, false)
	r.clean(root)
	return &Document{Root: root, r: r}, r.found
}

// Range is where a node stands: a text whole, what stands in brackets of one line with them, or else the first character.
func (d *Document) Range(n *yaml.Node) diag.Range { return d.r.where(n) }

// ShapeOf says what a node is: a text, a map, a list or nothing.
func ShapeOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a map"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case empty(n):
		return "nothing"
	}
	return "a text"
}
