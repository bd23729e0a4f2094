package graph

import (
	"slices"

	"vigil/engine/connector"
	"vigil/engine/diag"
)

// Reference is what an expression reads: vars.user, verify.user, request.loginHint.
type Reference struct{ Root, Name string }

// String spells the reference as authors write it.
func (r Reference) String() string { return r.Root + "." + r.Name }

// Need is what must be there when a value is computed: one of several references, since `a.x ?? b.y` is content with either.
type Need struct {
	OneOf []Reference
	Range diag.Range
}

// Needy is a value that reads references. Values that do not implement it need nothing.
type Needy interface {
	Needs() []Need
	// Reads gives every reference, needed or not.
	Reads() []Reference
}

// Parts gives the parts that a flow calls or opens itself, each as often as it does.
func (f *Flow) Parts() []*Flow {
	var parts []*Flow
	for _, n := range f.Nodes {
		switch {
		case n.Call != nil && n.Call.Part != nil:
			parts = append(parts, n.Call.Part)
		case n.Do != nil && n.Do.Opens != nil && n.Do.Opens.Part != nil:
			parts = append(parts, n.Do.Opens.Part)
		}
	}
	return parts
}

// Reads gives what a flow and all its parts read of their environment: settings with their types, and secrets, once each.
func (f *Flow) Reads() (settings []connector.Field, secrets []string) {
	seen := map[*Flow]bool{}
	var visit func(*Flow)
	visit = func(f *Flow) {
		if seen[f] {
			return
		}
		seen[f] = true
		for _, s := range f.Settings {
			if !slices.ContainsFunc(settings, func(known connector.Field) bool { return known.Name == s.Name }) {
				settings = append(settings, s)
			}
		}
		for _, s := range f.Secrets {
			if !slices.Contains(secrets, s) {
				secrets = append(secrets, s)
			}
		}
		for _, part := range f.Parts() {
			visit(part)
		}
	}
	visit(f)
	return settings, secrets
}

// Outcomes gives the ways out of a node with what each gives: the engine's own (error, exhausted) come last. Choose and end have none.
func (n *Node) Outcomes() []connector.Outcome {
	switch {
	case n.Form != nil:
		return n.Form.outcomes()
	case n.Do != nil && n.Do.Capability != nil:
		return n.withEngineOutcomes(n.Do.Capability.Outcomes)
	case n.Call != nil && n.Call.Part != nil:
		return n.withEngineOutcomes(n.Call.Part.Outcomes)
	}
	return nil
}

// Outcome finds a way out of a node by name.
func (n *Node) Outcome(name string) (connector.Outcome, bool) {
	for _, o := range n.Outcomes() {
		if o.Name == name {
			return o, true
		}
	}
	return connector.Outcome{}, false
}

func (n *Node) withEngineOutcomes(declared []connector.Outcome) []connector.Outcome {
	outcomes := make([]connector.Outcome, 0, len(declared)+2)
	outcomes = append(outcomes, declared...)
	if n.Limit > 0 {
		outcomes = append(outcomes, connector.Outcome{Name: "exhausted"})
	}
	code := connector.Type{Kind: connector.Object, Fields: []connector.Field{{Name: "code", Type: connector.Type{Kind: connector.String}}}}
	return append(outcomes, connector.Outcome{Name: "error", Outputs: []connector.Field{{Name: "error", Type: code}}})
}

func (f *Form) outcomes() []connector.Outcome {
	outputs := make([]connector.Field, 0, len(f.Fields))
	alone := map[string][]connector.Field{}
	for i := range f.Fields {
		field := connector.Field{Name: f.Fields[i].Name, Type: f.Fields[i].Gives}
		if f.Fields[i].Type.Pressed() {
			alone[field.Name] = []connector.Field{field}
			continue
		}
		outputs = append(outputs, field)
	}
	outcomes := make([]connector.Outcome, 0, len(f.Buttons)+3)
	for i := range f.Buttons {
		o := connector.Outcome{Name: f.Buttons[i].Name}
		switch {
		case f.Buttons[i].Field != "":
			o.Outputs = alone[f.Buttons[i].Field]
		case !f.Buttons[i].Link:
			o.Outputs = outputs
		}
		outcomes = append(outcomes, o)
	}
	if f.Wait != nil {
		user := []connector.Field{{Name: "user", Type: connector.Type{Kind: connector.User}}}
		outcomes = append(outcomes, connector.Outcome{Name: "approved", Outputs: user}, connector.Outcome{Name: "denied"}, connector.Outcome{Name: "expired"})
	}
	return outcomes
}
