package flowtest

import (
	"errors"
	"slices"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
)

// answers reads {node: outcome}, {node: {outcome: …, output: {…}}}, or a list of these, which are given in turn.
func (r *reader) answers(p pair, into map[place][]answer) {
	node, flow := r.resolve(p.key, p.key.Value)
	if node == nil {
		return
	}
	if node.Do == nil {
		r.mistake(p.key, "unknown-node", "answer a node that has do", "%q asks no capability", p.key.Value)
		return
	}
	told := []*yaml.Node{p.value}
	if p.value.Kind == yaml.SequenceNode {
		told = p.value.Content
	}
	for _, n := range told {
		if a, ok := r.answer(node, n); ok {
			at := place{flow.Name, node.Name}
			into[at] = append(into[at], a)
		}
	}
}

func (r *reader) answer(node *graph.Node, n *yaml.Node) (answer, bool) {
	name, output := n, (*yaml.Node)(nil)
	if n.Kind == yaml.MappingNode {
		keys := r.keys(n, "an answer", "outcome", "output")
		name, output = keys["outcome"], keys["output"]
		if name == nil {
			r.mistake(n, "missing-key", "add outcome", "an answer has an outcome")
			return answer{}, false
		}
	}
	a := answer{outcome: r.text(name, "outcome")}
	if a.outcome == "error" {
		return a, true
	}
	declared := node.Do.Capability.Outcomes
	at := slices.IndexFunc(declared, func(o connector.Outcome) bool { return o.Name == a.outcome })
	if at < 0 {
		names := make([]string, len(declared), len(declared)+1)
		for i := range declared {
			names[i] = declared[i].Name
		}
		r.mistake(name, "unknown-outcome", diag.DidYouMean(a.outcome, append(names, "error"), "Its outcomes are"), "node %q has no outcome %q", node.Name, a.outcome)
		return answer{}, false
	}
	a.output = r.outputs(n, output, declared[at])
	return a, true
}

// outputs reads the values of an answered outcome by their declared types.
func (r *reader) outputs(where, n *yaml.Node, outcome connector.Outcome) map[string]any {
	given := map[string]*yaml.Node{}
	if n != nil {
		names := make([]string, len(outcome.Outputs))
		for i := range outcome.Outputs {
			names[i] = outcome.Outputs[i].Name
		}
		given = r.keys(n, "the output of "+outcome.Name, names...)
	}
	values := map[string]any{}
	for _, field := range outcome.Outputs {
		value := given[field.Name]
		switch {
		case value != nil:
			values[field.Name] = r.typed(value, field.Type)
		case !field.Type.Optional && field.Default == nil:
			r.mistake(where, "missing-output", "write {outcome: "+outcome.Name+", output: {"+field.Name+": …}}", "outcome %q gives %q", outcome.Name, field.Name)
		}
	}
	return values
}

// typed reads a value of a type. Accounts and users are written by the names of the test's users.
func (r *reader) typed(n *yaml.Node, t connector.Type) any {
	switch t.Kind {
	case connector.String:
		return r.text(n, "a string")
	case connector.Secret:
		return connector.NewSecret(r.text(n, "a secret"))
	case connector.Duration:
		return r.duration(n, "the value")
	case connector.Number, connector.Bool:
		value := r.value(n)
		_, isNumber := value.(float64)
		_, isBool := value.(bool)
		if t.Kind == connector.Number && !isNumber || t.Kind == connector.Bool && !isBool {
			hint := "write digits, such as 3, without quotes"
			if t.Kind == connector.Bool {
				hint = "write true or false, without quotes"
			}
			r.mistake(n, "type-literal", hint, "the value is %q, wanted a %s", n.Value, t.Kind)
		}
		return value
	case connector.Time:
		moment, err := connector.ParseTime(r.text(n, "a time"))
		if err != nil {
			r.mistake(n, "type-literal", "write it as 2026-11-21", "this is not a time")
		}
		return moment
	case connector.Account, connector.User:
		p := r.users[r.user(n)]
		if p == nil {
			return nil
		}
		if t.Kind == connector.User {
			return connector.UserValue{AccountValue: p.account}
		}
		return p.account
	case connector.List:
		items := r.items(n, "a list")
		list := make([]any, len(items))
		for i := range items {
			list[i] = r.value(items[i])
			if t.Elem != nil {
				list[i] = r.typed(items[i], *t.Elem)
			}
		}
		return list
	}
	return r.value(n)
}

// result is what the answered capability gives. An authenticator's success proves its user.
func (a answer) result(c connector.Capability, call connector.Call) (connector.Result, error) {
	if a.outcome == "error" {
		return connector.Result{}, errors.New("the case wants an error here")
	}
	result := connector.Result{Outcome: a.outcome, Output: a.output}
	if user, ok := a.output["user"].(connector.UserValue); ok && a.outcome == "success" && c.Proves != "" {
		for _, method := range append([]string{c.Proves}, c.ProvesAlso...) {
			result.Proofs = append(result.Proofs, connector.Proof{AccountID: user.ID, Method: method, At: call.Now})
		}
	}
	return result, nil
}
