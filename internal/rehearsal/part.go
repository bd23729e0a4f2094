package rehearsal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/flowtest"
	"vigil/engine/graph"
)

// A part is played by a flow of our own that calls it, given what the case gives, and notes in which outcome it ended.
const (
	calling   = "rehearsal-call"
	callNode  = "part"
	underPart = callNode + "/" // what paths of nodes begin with then
)

// given is the method by which the users that a case gives to a part were proved. It is nobody else's.
const given = "rehearsal"

// ended is how a part did.
type ended struct {
	outcome string
	output  map[string]any
	methods []string // sorted
}

// inputsUnable says why no flow can give a part what the case gives. Empty: one can.
func inputsUnable(scene flowtest.Scene) string {
	for _, input := range scene.Flow.Inputs {
		switch input.Type.Kind {
		case connector.List, connector.Object:
			if holdsPeople(scene.Inputs[input.Name]) {
				return fmt.Sprintf("the part is given people inside of %q", input.Name)
			}
		case connector.Session, connector.Challenge, connector.Device:
			return fmt.Sprintf("no flow can make the %s that the part is given as %q", input.Type.Kind, input.Name)
		}
	}
	return ""
}

func holdsPeople(value any) bool {
	switch v := value.(type) {
	case connector.UserValue, connector.AccountValue:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsPeople)
	case map[string]any:
		for _, inner := range v {
			if holdsPeople(inner) {
				return true
			}
		}
	}
	return false
}

// handed are the inputs that the case gives, in the part's order.
func (p *performance) handed() []connector.Field {
	return slices.DeleteFunc(slices.Clone(p.scene.Flow.Inputs), func(f connector.Field) bool { return p.scene.Inputs[f.Name] == nil })
}

// outcomesOf are those of a call of the part, and error.
func outcomesOf(part *graph.Flow) []connector.Outcome {
	return (&graph.Node{Call: &graph.Call{Part: part}}).Outcomes()
}

// caller writes the flow that calls the part.
func (p *performance) caller() []byte {
	part := p.scene.Flow
	var b strings.Builder
	inputs := p.handed()
	start := callNode
	if len(inputs) > 0 {
		start = "given0"
	}
	fmt.Fprintf(&b, "flow: %s\ntitle: Call a part\ntimeout: %s\nstart: %s\nnodes:\n", calling, connector.FormatDuration(part.Timeout), start)
	with := make([]string, len(inputs))
	for i, field := range inputs {
		next := callNode
		if i+1 < len(inputs) {
			next = fmt.Sprintf("given%d", i+1)
		}
		fmt.Fprintf(&b, "  given%d: {do: rehearsal.given%d, then: {success: %s}}\n", i, i, next)
		with[i] = fmt.Sprintf("%s: = given%d.%s", field.Name, i, outputName(field))
	}
	fmt.Fprintf(&b, "  %s:\n    call: %s\n    with: {%s}\n    then:\n", callNode, part.Name, strings.Join(with, ", "))
	outcomes := outcomesOf(part)
	for i, o := range outcomes {
		fmt.Fprintf(&b, "      %s: ended%d\n", o.Name, i)
	}
	for i, o := range outcomes {
		outputs := make([]string, len(o.Outputs))
		for j, field := range o.Outputs {
			outputs[j] = fmt.Sprintf("%s: = %s.%s", field.Name, callNode, field.Name)
		}
		fmt.Fprintf(&b, "  ended%d: {do: rehearsal.ended%d, with: {%s}, then: {done: over}}\n", i, i, strings.Join(outputs, ", "))
	}
	b.WriteString("  over: {end: error, with: {code: access_denied}}\n")
	return []byte(b.String())
}

func outputName(field connector.Field) string {
	if field.Type.Kind == connector.User {
		return "user"
	}
	return "value"
}

// props are capabilities that only flows of rehearsals use.
func (p *performance) props() []connector.Capability {
	all := []connector.Capability{{
		Name: "rehearsal.act", Proves: "pwd", Outcomes: []connector.Outcome{{Name: "success", Outputs: []connector.Field{{Name: "user", Type: connector.Type{Kind: connector.User}}}}},
		Run: func(_ context.Context, call connector.Call) (connector.Result, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			for i := range p.scene.People {
				if a := p.scene.People[i].Account; a.ID == p.acting {
					return proving("user", connector.UserValue{AccountValue: a}, "pwd", call), nil
				}
			}
			return connector.Result{}, fmt.Errorf("there is no %q", p.acting)
		},
	}}
	if !p.scene.Flow.Part {
		return all
	}
	for i, field := range p.handed() {
		field.Type.Optional = false
		c := connector.Capability{
			Name:     fmt.Sprintf("rehearsal.given%d", i),
			Outcomes: []connector.Outcome{{Name: "success", Outputs: []connector.Field{{Name: outputName(field), Type: field.Type}}}},
		}
		if field.Type.Kind == connector.User {
			c.Proves = given
		}
		value := p.scene.Inputs[field.Name]
		c.Run = func(_ context.Context, call connector.Call) (connector.Result, error) {
			return proving(outputName(field), value, c.Proves, call), nil
		}
		all = append(all, c)
	}
	for i, o := range outcomesOf(p.scene.Flow) {
		all = append(all, connector.Capability{
			Name: fmt.Sprintf("rehearsal.ended%d", i), Inputs: o.Outputs, Outcomes: []connector.Outcome{{Name: "done"}},
			Run: func(_ context.Context, call connector.Call) (connector.Result, error) {
				p.end(o.Name, call)
				return connector.Result{Outcome: "done"}, nil
			},
		})
	}
	return all
}

// proving gives a value, proved if it is a user.
func proving(name string, value any, method string, call connector.Call) connector.Result {
	result := connector.Result{Outcome: "success", Output: map[string]any{name: value}}
	if user, ok := value.(connector.UserValue); ok {
		result.Proofs = []connector.Proof{{AccountID: user.ID, Method: method, At: call.Now}}
	}
	return result
}

// end notes how the part ended.
func (p *performance) end(outcome string, call connector.Call) {
	e := &ended{outcome: outcome, output: call.Inputs}
	for _, proof := range call.Proofs {
		if proof.Method != given {
			e.methods = append(e.methods, proof.Method)
		}
	}
	slices.Sort(e.methods)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = e
}

// partEnds holds how the part ended against how it did on the stage.
func (p *performance) partEnds(end flowtest.Ending) error {
	p.mu.Lock()
	e := p.ended
	p.mu.Unlock()
	switch {
	case e == nil:
		return fmt.Errorf("the part ended in %s on the stage, but not at the server", end.Outcome)
	case e.outcome != end.Outcome:
		return fmt.Errorf("the part ended in %s at the server and in %s on the stage", e.outcome, end.Outcome)
	case !slices.Equal(e.methods, end.Methods):
		return fmt.Errorf("the part proved [%s] at the server and [%s] on the stage", strings.Join(e.methods, ", "), strings.Join(end.Methods, ", "))
	}
	for name, want := range end.Output {
		if got := e.output[name]; common(got) != common(want) {
			return fmt.Errorf("the part gave %q as %s at the server and as %s on the stage", name, common(got), common(want))
		}
	}
	return nil
}

// common writes what two worlds have in common of a value: people by their names, since each world has ids of its own, and nothing of what is
// drawn by chance or tells the time.
func common(value any) string {
	switch v := value.(type) {
	case connector.UserValue:
		return v.Username
	case connector.AccountValue:
		return v.Username
	case nil, string, bool, float64:
		return literal(v)
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, name+": "+common(v[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = common(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case time.Duration:
		return connector.FormatDuration(v)
	}
	return fmt.Sprintf("(%T)", value)
}
