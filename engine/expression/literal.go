package expression

import (
	"vigil/engine/connector"
	"vigil/engine/graph"
)

// Literal is a value that was written out.
type Literal struct {
	value any
	typ   connector.Type
}

// NewLiteral makes a Literal of a run-time value of the flow language.
func NewLiteral(value any, typ connector.Type) Literal { return Literal{value, typ} }

// Eval gives the value. It never fails.
func (l Literal) Eval(graph.Scope) (any, error) { return l.value, nil }

// Type is the type it was written for.
func (l Literal) Type() connector.Type { return l.typ }

// Value is what was written.
func (l Literal) Value() any { return l.value }

// List is a list that was written out, whose entries may be computed.
type List struct {
	Items []graph.Value
	Of    connector.Type
}

// Eval computes the entries.
func (l List) Eval(scope graph.Scope) (any, error) {
	values := make([]any, len(l.Items))
	for i, item := range l.Items {
		value, err := item.Eval(scope)
		if err != nil {
			return nil, err
		}
		values[i] = value
	}
	return values, nil
}

// Type is the type of the list.
func (l List) Type() connector.Type { return l.Of }

// Needs tells what the entries need.
func (l List) Needs() []graph.Need { return needsOf(l.Items) }

// Reads tells what the entries read.
func (l List) Reads() []graph.Reference { return readsOf(l.Items) }

// Object is a map that was written out, whose values may be computed.
type Object struct {
	Names  []string
	Values []graph.Value
	Of     connector.Type
}

// Eval computes the values. One that is absent is left out.
func (o Object) Eval(scope graph.Scope) (any, error) {
	object := make(map[string]any, len(o.Names))
	for i, name := range o.Names {
		value, err := o.Values[i].Eval(scope)
		if err != nil {
			return nil, err
		}
		if value != nil {
			object[name] = value
		}
	}
	return object, nil
}

// Type is the type of the object.
func (o Object) Type() connector.Type { return o.Of }

// Needs tells what the values need.
func (o Object) Needs() []graph.Need { return needsOf(o.Values) }

// Reads tells what the values read.
func (o Object) Reads() []graph.Reference { return readsOf(o.Values) }

func needsOf(values []graph.Value) []graph.Need {
	var needs []graph.Need
	for _, v := range values {
		if needy, ok := v.(graph.Needy); ok {
			needs = append(needs, needy.Needs()...)
		}
	}
	return needs
}

func readsOf(values []graph.Value) []graph.Reference {
	var reads []graph.Reference
	for _, v := range values {
		if needy, ok := v.(graph.Needy); ok {
			reads = append(reads, needy.Reads()...)
		}
	}
	return reads
}

// Constant gives a value that was written out as a whole. False: some of it is computed.
func Constant(v graph.Value) (any, bool) {
	switch v := v.(type) {
	case Literal:
		return v.value, true
	case List:
		list := make([]any, len(v.Items))
		for i, item := range v.Items {
			value, ok := Constant(item)
			if !ok {
				return nil, false
			}
			list[i] = value
		}
		return list, true
	case Object:
		object := make(map[string]any, len(v.Names))
		for i, name := range v.Names {
			value, ok := Constant(v.Values[i])
			if !ok {
				return nil, false
			}
			object[name] = value
		}
		return object, true
	}
	return nil, false
}

// Words gives the texts of a list that was written out. Nil: some of it is computed, or no text.
func Words(v graph.Value) []string {
	constant, _ := Constant(v)
	list, ok := constant.([]any)
	if !ok {
		return nil
	}
	words := make([]string, len(list))
	for i := range list {
		if words[i], ok = list[i].(string); !ok {
			return nil
		}
	}
	return words
}
