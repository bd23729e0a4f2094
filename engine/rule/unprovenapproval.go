package rule

import (
	"fmt"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// unprovenApproval holds a part behind a link to prove somebody on every path to `approved`: whoever opened it would else vouch for anybody. A
// link that only its account can have proves that by itself. That it is the very account that was asked is held when it runs.
func unprovenApproval(s *subject) {
	for _, n := range s.flow.Nodes {
		if n.Do == nil || n.Do.Opens == nil || n.Do.Opens.Part == nil || n.Do.Capability.Opens.Proves != "" {
			continue
		}
		part := n.Do.Opens.Part
		inside := newSubject(part, s.parts)
		w := inside.walk(inside.proof(anyMethod))
		for i, end := range part.Nodes {
			if end.End != nil && end.End.Outcome == "approved" && w.without(i) {
				s.report(n.Range, fmt.Sprintf("the part %q can be approved by somebody who proved nothing, on the path %s", part.Name, w.path(i)),
					"lead that path over an authenticator, such as user.checkPassword or session.check")
				break
			}
		}
	}
}

// anyMethod is a requirement that every proof meets.
const anyMethod = ""

// answers gives the nodes whose links a form waits for. Nil: that is not known, since the challenge comes by a variable.
func (s *subject) answers(f *graph.Form) []*graph.Node {
	needy, ok := f.Wait.For.(graph.Needy)
	if !ok {
		return nil
	}
	var nodes []*graph.Node
	for _, r := range needy.Reads() {
		n := s.flow.Node(r.Root)
		if n == nil || n.Do == nil || n.Do.Opens == nil || n.Do.Opens.Part == nil {
			return nil
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// approvalProves reports whether leaving a form by `approved` proves what is required, whichever of its links was opened.
func (s *subject) approvalProves(f *graph.Form, required string) bool {
	nodes := s.answers(f)
	for _, n := range nodes {
		if method := n.Do.Capability.Opens.Proves; (method == "" || !connector.Satisfies(method, required)) && !s.parts.proves(n.Do.Opens.Part, "approved", required) {
			return false
		}
	}
	return len(nodes) > 0
}
