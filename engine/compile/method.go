package compile

import (
	"fmt"
	"slices"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// required holds the words of `requires` against the methods that there are. What the flow asks session.check for is one, however it is called.
func (c *compiler) required(a *graph.Argument) {
	list, written := a.Value.(expression.List)
	if !written {
		return
	}
	known := slices.Concat(c.around.Registry.Methods(), c.askedMethods())
	items, ranges := []graph.Value{}, []diag.Range{}
	for i, word := range expression.Words(a.Value) {
		if slices.Contains(known, word) {
			items, ranges = append(items, list.Items[i]), append(ranges, a.Items[i])
			continue
		}
		c.report("unknown-method", a.Items[i], fmt.Sprintf("no method is called %q", word), diag.DidYouMean(word, known, "The methods and classes are"))
	}
	// What stays out is no further mistake: that nothing proves it would only repeat this one.
	list.Items = items
	a.Value, a.Items = list, ranges
}

// askedMethods are those that this flow asks session.check for: sessions may come to know them in ways of their own.
func (c *compiler) askedMethods() []string {
	var methods []string
	for i := range c.file.Nodes {
		n := &c.file.Nodes[i]
		if n.Do == nil || n.Do.Name.Value != sessionCheck {
			continue
		}
		if s := methodOf(n.Do); s != nil {
			methods = append(methods, s.Value)
		}
	}
	return methods
}

const sessionCheck = "session.check"

// methodOf is the method that session.check is asked for, where it is written out. Nil: it is not.
func methodOf(w *syntax.Work) *syntax.Scalar {
	for i := range w.With {
		entry := &w.With[i]
		if entry.Key.Value != "method" || entry.Value.Scalar == nil {
			continue
		}
		if _, _, computed := entry.Value.Scalar.Expression(); !computed {
			return entry.Value.Scalar
		}
	}
	return nil
}

// askedMethod warns of a method that session.check is asked for when it is nearly another's name.
func (c *compiler) askedMethod(w *syntax.Work, capability *connector.Capability) {
	s := methodOf(w)
	if s == nil || capability.Name != sessionCheck {
		return
	}
	known := c.around.Registry.Methods()
	if near := diag.Nearest(s.Value, known); near != "" && near != s.Value {
		c.warn("unknown-method", s.Range, fmt.Sprintf("no method is called %q: no session has it", s.Value), fmt.Sprintf("did you mean %q?", near))
	}
}
