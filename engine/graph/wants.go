package graph

import "vigil/engine/diag"

// Want is what an environment must be configured with for a node of a flow to work.
type Want struct {
	What       string // as the capability's Needs
	Capability string
	At         diag.Range // the node
}

// Wants lists what the environment of a flow, with all parts it calls or opens, must be configured with: each once, where it is first wanted.
func (f *Flow) Wants() []Want {
	var wants []Want
	told, seen := map[string]bool{}, map[*Flow]bool{}
	var visit func(*Flow)
	visit = func(f *Flow) {
		if seen[f] {
			return
		}
		seen[f] = true
		for _, n := range f.Nodes {
			if n.Do == nil || n.Do.Capability == nil {
				continue
			}
			if what := n.Do.Capability.Needs; what != "" && !told[what] {
				told[what] = true
				wants = append(wants, Want{what, n.Do.Capability.Name, n.Range})
			}
		}
		for _, part := range f.Parts() {
			visit(part)
		}
	}
	visit(f)
	return wants
}
