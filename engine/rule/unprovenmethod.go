package rule

import (
	"fmt"

	"vigil/engine/connector"
	"vigil/engine/expression"
	"vigil/engine/graph"
)

// unprovenMethod holds `requires` of every success against what each path to it proves. That the proofs belong to one person is held when it runs.
func unprovenMethod(s *subject) {
	for i, n := range s.flow.Nodes {
		if n.End == nil || n.End.Outcome != "success" || s.flow.Part {
			continue
		}
		for _, a := range n.End.With {
			if a.Name != "requires" {
				continue
			}
			for k, method := range expression.Words(a.Value) {
				where := a.Range
				if k < len(a.Items) {
					where = a.Items[k]
				}
				if w := s.walk(s.proof(method)); w.without(i) {
					s.report(where, fmt.Sprintf("%q is required but not proved on the path %s", method, w.path(i)),
						"lead that path over an authenticator that proves it, or take it out of requires")
				}
			}
		}
	}
}

// proof is the fact that somebody proved a method, or one of a class (know, have).
func (s *subject) proof(required string) fact {
	return fact{
		width: 1,
		enter: func(*graph.Node) int { return 0 },
		set:   func(exit) int { return 0 },
		leave: func(n *graph.Node, e exit) int {
			if s.proves(n, e.outcome, required) {
				return 1
			}
			return 0
		},
	}
}

// proves reports whether leaving a node by an outcome proves what is required.
func (s *subject) proves(n *graph.Node, outcome, required string) bool {
	switch {
	case n.Do != nil && n.Do.Capability != nil:
		capability := n.Do.Capability
		if outcome == "success" && (connector.Proves(capability, required) || required == anyMethod && capability.Proves != "") {
			return true
		}
		return capability.Name == "session.check" && outcome == "active" && (required == anyMethod || connector.Satisfies(asked(n.Do.With), required))
	case n.Form != nil && n.Form.Wait != nil && outcome == "approved":
		return s.approvalProves(n.Form, required)
	case n.Call != nil && n.Call.Part != nil:
		return s.parts.proves(n.Call.Part, outcome, required)
	}
	return false
}

// asked is the method that session.check was asked for, where it is written out.
func asked(with []graph.Argument) string {
	for i := range with {
		if with[i].Name == "method" {
			if literal, ok := with[i].Value.(expression.Literal); ok {
				method, _ := literal.Value().(string)
				return method
			}
		}
	}
	return ""
}
