package flowtest

import (
	"strconv"

	"vigil/engine/diag"
	"vigil/engine/graph"
)

// Report is what the tests of one flow came to.
type Report struct {
	Flow  string
	Cases []Case
	// Diagnostics are mistakes in the test file. With any of severity error no case was run.
	Diagnostics []diag.Diagnostic
	Edges       int    // of the flow
	Unpassed    []Edge // in the order of the file
	Nodes       int    // of the flow
	Unentered   []string
}

// Case is how one case went.
type Case struct {
	Name string
	// Failed says what turned out otherwise, at the step. Nil: the case holds.
	Failed *diag.Diagnostic
	// LeftOut says why the case was not played in the other world up to its end. Empty: it was, or there is none.
	LeftOut string
}

// Edge is a way out of a node.
type Edge struct {
	Node, Outcome, To string
	Range             diag.Range // in the flow's file
}

// String draws the edge: verify -failure-> credentials.
func (e Edge) String() string { return e.Node + " -" + e.Outcome + "-> " + e.To }

// OK reports whether the file was sound and every case held. Edges that no case passed do not count.
func (r Report) OK() bool { return len(r.Failures()) == 0 }

// Failures gives all that went wrong, in the order of the file.
func (r Report) Failures() []diag.Diagnostic {
	var all []diag.Diagnostic
	for _, d := range r.Diagnostics {
		if d.Severity == diag.Error {
			all = append(all, d)
		}
	}
	for _, c := range r.Cases {
		if c.Failed != nil {
			all = append(all, *c.Failed)
		}
	}
	return all
}

// passage names an edge without where it leads.
type passage struct{ node, outcome string }

// edges lists every way out that the flow wires, in the order of its file.
func edges(flow *graph.Flow) []Edge {
	var all []Edge
	for _, n := range flow.Nodes {
		for i := range n.Choose {
			e := n.Choose[i].Edge
			all = append(all, Edge{Node: n.Name, Outcome: strconv.Itoa(i + 1), To: e.To.Name, Range: e.Range})
		}
		for _, outcome := range outcomesInOrder(n) {
			e := n.Then[outcome]
			all = append(all, Edge{Node: n.Name, Outcome: outcome, To: e.To.Name, Range: e.Range})
		}
	}
	return all
}

func unpassed(all []Edge, passed map[passage]bool) []Edge {
	var left []Edge
	for _, e := range all {
		if !passed[passage{e.Node, e.Outcome}] {
			left = append(left, e)
		}
	}
	return left
}

// unentered lists the nodes that were not entered, in the order of the file.
func unentered(flow *graph.Flow, entered map[string]bool) []string {
	var left []string
	for _, n := range flow.Nodes {
		if !entered[n.Name] {
			left = append(left, n.Name)
		}
	}
	return left
}
