package rule

import (
	"fmt"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
)

// notAssigned proves that whatever a value reads is there, on every path: a variable was set, a node was last left by an outcome that gives it.
func notAssigned(s *subject) {
	a := &assignment{subject: s, reached: map[string]*ways{}, told: map[diag.Range]bool{}}
	for i, n := range s.flow.Nodes {
		for _, need := range needsOf(entryValues(n)) {
			a.onEntry(i, need)
		}
		for _, e := range s.exits[i] {
			for _, assign := range e.edge.Set {
				for _, need := range needsOf([]graph.Value{assign.Value}) {
					a.onExit(i, e, need, false)
				}
			}
			for _, need := range needsOf(append(textValues(e.edge.Message), textValues(e.edge.Notice)...)) {
				a.onExit(i, e, need, true)
			}
		}
	}
}

type assignment struct {
	*subject
	reached map[string]*ways // by need
	told    map[diag.Range]bool
	tired   bool
}

// onEntry proves a need of a value that is computed when a node is entered.
func (a *assignment) onEntry(node int, need graph.Need) {
	refs, f, given := a.fact(need)
	if given {
		return
	}
	if w := a.walkOnce(refs, f, need); w != nil && w.without(node) {
		a.tell(refs, need, w.path(node))
	}
}

// onExit proves a need of a value that is computed on an edge: after the outcome, and for texts after `set`.
func (a *assignment) onExit(node int, e exit, need graph.Need, afterSet bool) {
	refs, f, given := a.fact(need)
	if given || f.leave(a.flow.Nodes[node], e) != 0 || afterSet && f.set(e) != 0 {
		return
	}
	if w := a.walkOnce(refs, f, need); w != nil && w.without(node) {
		a.tell(refs, need, fmt.Sprintf("%s -%s-> %s", w.path(node), e.outcome, e.edge.To.Name))
	}
}

func (a *assignment) tell(refs []graph.Reference, need graph.Need, path string) {
	if a.told[need.Range] || a.full() {
		return
	}
	a.told[need.Range] = true
	names := make([]string, len(refs))
	for i := range refs {
		names[i] = refs[i].String()
	}
	hint := fmt.Sprintf("lead that path elsewhere, or say what to take instead: %s ?? …", names[len(names)-1])
	if last := refs[len(refs)-1]; last.Root == "vars" {
		hint = fmt.Sprintf("set it on that path, or give it a default: {type: …, default: …}, or write %s ?? …", last)
	}
	if len(names) > 1 {
		a.report(need.Range, fmt.Sprintf("none of %s is there on the path %s", strings.Join(names, ", "), path), "where three or more paths meet, set a variable on each")
		return
	}
	a.report(need.Range, fmt.Sprintf("%s is not there on the path %s", names[0], path), hint)
}

// fact makes the fact that one of the references of a need is there. Given: it always is.
func (a *assignment) fact(need graph.Need) (refs []graph.Reference, f fact, given bool) {
	for _, r := range need.OneOf {
		switch r.Root {
		case "inputs", "request", "settings", "secrets":
			return nil, fact{}, true
		}
		if len(refs) < maxBits && !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
	}
	for i, r := range refs {
		if r.Root == "vars" && a.hasDefault(r.Name) {
			f.first |= 1 << i
		}
	}
	f.width = len(refs)
	f.enter = func(to *graph.Node) int {
		return bitsOf(refs, func(r graph.Reference) bool { return r.Root == to.Name })
	}
	f.leave = func(n *graph.Node, e exit) int {
		return bitsOf(refs, func(r graph.Reference) bool {
			return r.Root == n.Name && slices.ContainsFunc(e.gives, func(o connector.Field) bool { return o.Name == r.Name })
		})
	}
	f.set = func(e exit) int {
		return bitsOf(refs, func(r graph.Reference) bool {
			return r.Root == "vars" && slices.ContainsFunc(e.edge.Set, func(s graph.Assignment) bool { return s.Variable == r.Name })
		})
	}
	return refs, f, false
}

func bitsOf(refs []graph.Reference, holds func(graph.Reference) bool) int {
	bits := 0
	for i, r := range refs {
		if holds(r) {
			bits |= 1 << i
		}
	}
	return bits
}

// hasDefault reports whether a variable is there from the start. One that may be absent is: it is then absent.
func (a *assignment) hasDefault(name string) bool {
	return slices.ContainsFunc(a.flow.Vars, func(v graph.Variable) bool { return v.Name == name && (v.Default != nil || v.Type.Optional) })
}

// mostSteps bounds what proving all references of a flow may cost.
const mostSteps = 200_000

// walkOnce walks for a need, or takes a walk that was made for one like it: outputs given by the same outcomes of a node are there together.
// Nil: the proof would take too long, and that is reported.
func (a *assignment) walkOnce(refs []graph.Reference, f fact, need graph.Need) *ways {
	var key strings.Builder
	for _, r := range refs {
		key.WriteString(a.origin(r))
		key.WriteByte(' ')
	}
	if w := a.reached[key.String()]; w != nil {
		return w
	}
	if a.spent > mostSteps {
		if !a.tired {
			a.tired = true
			a.report(need.Range, "the flow has more paths and references than can be proved in time", "move nodes that belong together into a part, and call it").Rule = "too-large"
		}
		return nil
	}
	w := a.walk(f)
	a.reached[key.String()] = w
	return w
}

// origin names a reference by what makes it true.
func (a *assignment) origin(r graph.Reference) string {
	if r.Root == "vars" {
		return r.String()
	}
	name := r.Root + ":"
	if n := a.flow.Node(r.Root); n != nil {
		for _, e := range a.exits[a.index[n]] {
			if slices.ContainsFunc(e.gives, func(o connector.Field) bool { return o.Name == r.Name }) {
				name += e.outcome + ","
			}
		}
	}
	return name
}
