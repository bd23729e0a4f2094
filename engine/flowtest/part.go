package flowtest

import (
	"context"
	"fmt"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
)

// A part is tested by a flow of our own that calls it: one call, and behind each of its outcomes a capability that notes what came out.
const (
	callNode  = "part"
	underPart = callNode + "/" // what paths of nodes begin with then
	noting    = "flowtest."    // what the names of the noting capabilities begin with
)

// outcome is how a part ended.
type outcome struct {
	name   string
	output map[string]any
	proofs []connector.Proof
}

// caller makes the flow that calls a part.
func caller(part *graph.Flow, inputs map[string]any) *graph.Flow {
	over := &graph.Node{Name: "over", End: &graph.End{Outcome: "error"}}
	call := &graph.Node{Name: callNode, Call: &graph.Call{Part: part}, Then: map[string]*graph.Edge{}}
	flow := &graph.Flow{Name: part.Name + " (tested)", Title: part.Title, Hash: part.Hash, Timeout: part.Timeout, Start: call, Nodes: []*graph.Node{call, over}}
	for _, field := range part.Inputs {
		if value, given := inputs[field.Name]; given {
			call.Call.With = append(call.Call.With, graph.Argument{Name: field.Name, Type: field.Type, Value: handed{value, field.Type}})
		}
	}
	for _, o := range call.Outcomes() {
		note := &graph.Node{Name: "to-" + o.Name, Do: &graph.Do{Capability: noted(o, nil)}, Then: map[string]*graph.Edge{"done": {To: over}}}
		for _, field := range o.Outputs {
			note.Do.With = append(note.Do.With, graph.Argument{Name: field.Name, Type: field.Type, Value: output{field}})
		}
		call.Then[o.Name] = &graph.Edge{To: note}
		flow.Nodes = append(flow.Nodes, note)
	}
	return flow
}

// noted is the capability behind an outcome.
func noted(o connector.Outcome, note func(outcome)) *connector.Capability {
	return &connector.Capability{
		Name: noting + o.Name, Inputs: o.Outputs, Outcomes: []connector.Outcome{{Name: "done"}},
		Run: func(_ context.Context, call connector.Call) (connector.Result, error) {
			note(outcome{o.Name, call.Inputs, call.Proofs})
			return connector.Result{Outcome: "done"}, nil
		},
	}
}

// handed is an input as a case gives it.
type handed struct {
	value any
	kind  connector.Type
}

func (g handed) Eval(graph.Scope) (any, error) { return g.value, nil }
func (g handed) Type() connector.Type          { return g.kind }

// output is what the part gave under a name.
type output struct{ field connector.Field }

func (o output) Type() connector.Type { return o.field.Type }

func (o output) Eval(scope graph.Scope) (any, error) {
	value, there := scope.Lookup(callNode, o.field.Name)
	if !there && !o.field.Type.Optional {
		return nil, fmt.Errorf("the part gave no %s", o.field.Name)
	}
	return value, nil
}

// inputs reads what a case gives to the part.
func (r *reader) inputs(where, n *yaml.Node) map[string]any {
	if !r.flow.Part {
		if n != nil {
			r.mistake(n, "unknown-key", "say what the application asks for under request", "a sign-on flow has no inputs")
		}
		return nil
	}
	given := map[string]*yaml.Node{}
	if n != nil {
		names := make([]string, len(r.flow.Inputs))
		for i := range r.flow.Inputs {
			names[i] = r.flow.Inputs[i].Name
		}
		given = r.keys(n, "the part", names...)
	}
	values := map[string]any{}
	for _, field := range r.flow.Inputs {
		switch value := given[field.Name]; {
		case value != nil:
			values[field.Name] = r.typed(value, field.Type)
		case !field.Type.Optional && field.Default == nil:
			r.mistake(where, "missing-input", "add inputs: {"+field.Name+": …} to the case", "the part wants %q", field.Name)
		}
	}
	return values
}

// endOf holds an outcome against those in which the flow can end. False: it is none.
func (r *reader) endOf(n *yaml.Node) bool {
	name := r.text(n, "ends")
	if !r.flow.Part {
		if name != "success" && name != "error" {
			hint := "a sign-on flow ends in success or error"
			if near := diag.Nearest(name, []string{"success", "error"}); near != "" {
				hint = fmt.Sprintf("did you mean %q? A sign-on flow ends in success or error.", near)
			}
			r.mistake(n, "unknown-outcome", hint, "no flow ends in %q", name)
			return false
		}
		return true
	}
	if _, known := r.outcomeOf(name); !known {
		names := []string{}
		for _, o := range r.flow.Outcomes {
			names = append(names, o.Name)
		}
		r.mistake(n, "unknown-outcome", diag.DidYouMean(name, append(names, "error"), "Its outcomes are"), "the part has no outcome %q", name)
		return false
	}
	return true
}

// outcomeOf finds an outcome of the part. The engine's own, error, gives a code.
func (r *reader) outcomeOf(name string) (connector.Outcome, bool) {
	for _, o := range r.flow.Outcomes {
		if o.Name == name {
			return o, true
		}
	}
	return connector.Outcome{Name: "error", Outputs: []connector.Field{{Name: "code"}}}, name == "error"
}
