package compile

import (
	"fmt"
	"slices"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/syntax"
)

// readable are the types that a field of an answer can have.
var readable = []connector.Kind{connector.String, connector.Bool, connector.Number, connector.Duration, connector.Time, connector.Object, connector.List}

// expecting gives a capability as one node uses it: what the node says that it expects types what the capability gives.
func (c *compiler) expecting(n *syntax.Node, capability *connector.Capability) *connector.Capability {
	var fields []connector.Field
	known := true
	for i := range n.Do.With {
		if entry := &n.Do.With[i]; entry.Key.Value == capability.Expects.Input {
			fields, known = c.expectedFields(entry)
		}
	}
	own := *capability
	if !known { // what is read of it is no further mistake
		c.quiet[n.Name.Value], c.holes = true, true
	}
	own.Outcomes = slices.Clone(capability.Outcomes)
	for i := range own.Outcomes {
		outputs := slices.Clone(own.Outcomes[i].Outputs)
		if !known {
			outputs = slices.DeleteFunc(outputs, func(f connector.Field) bool { return f.Name == capability.Expects.Output })
		}
		for j := range outputs {
			if outputs[j].Name == capability.Expects.Output {
				outputs[j].Type.Fields = fields
			}
		}
		own.Outcomes[i].Outputs = outputs
	}
	return &own
}

// expectedFields reads a map of names and types. Not known: a mistake was named.
func (c *compiler) expectedFields(entry *syntax.Entry) (fields []connector.Field, known bool) {
	if entry.Value.Shape != syntax.MapShape {
		return nil, false // as an input it is named already
	}
	known = true
	fields = make([]connector.Field, 0, len(entry.Value.Entries))
	for i := range entry.Value.Entries {
		field := &entry.Value.Entries[i]
		if field.Value.Scalar == nil {
			known = false
			c.report("unknown-type", field.Value.Range, fmt.Sprintf("the type of %q must be a word", field.Key.Value), "write string, bool, number, duration, time, object or list<string>")
			continue
		}
		word := field.Value.Scalar.Value
		t, err := connector.ParseType(word)
		if err != nil || !slices.Contains(readable, t.Kind) || (t.Elem != nil && !slices.Contains(readable, t.Elem.Kind)) {
			known = false
			names := make([]string, len(readable))
			for i, kind := range readable {
				names[i] = string(kind)
			}
			c.report("unknown-type", field.Value.Range, fmt.Sprintf("%q is no type that an answer can have", word), diag.DidYouMean(word, names, "The types are"))
			continue
		}
		fields = append(fields, connector.Field{Name: field.Key.Value, Type: t})
	}
	return fields, known
}
