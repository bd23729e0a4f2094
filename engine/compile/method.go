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

// required holds the words of `requires` against the methods and classes that there are.
func (c *compiler) required(a *graph.Argument) {
	list, written := a.Value.(expression.List)
	if !written {
		return
	}
	known := append(c.around.Registry.Methods(), connector.Classes()...)
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

// askedMethod holds the method that session.check is asked for against those that there are. No session has another: the outcome active would
// never come. It gives the one that was meant, so that nothing more is said of it. Empty: there is nothing to say.
func (c *compiler) askedMethod(w *syntax.Work, capability *connector.Capability) string {
	s := methodOf(w)
	if s == nil || capability.Name != sessionCheck {
		return ""
	}
	known := c.around.Registry.Methods()
	if slices.Contains(known, s.Value) {
		return ""
	}
	hint := diag.DidYouMean(s.Value, known, "The methods are")
	if slices.Contains(connector.Classes(), s.Value) {
		hint = "it is a class of methods: name one of them, such as pwd or otp"
	}
	c.report("unknown-method", s.Range, fmt.Sprintf("no method is called %q", s.Value), hint)
	return orElse(diag.Nearest(s.Value, known), s.Value)
}
