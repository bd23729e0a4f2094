package rule

import (
	"vigil/engine/diag"
	"vigil/engine/graph"
)

// Known is what the compiler found before.
type Known struct {
	// Holes: some node or edge is missing. What is concluded from something missing would only repeat that.
	Holes bool
	// Quiet nodes could not be read: a limit or an edge may only seem to be missing.
	Quiet map[string]bool
	// Errors: some value is missing. Warnings about what is never used would be wrong.
	Errors bool
}

// subject is a flow with what several rules ask of it.
type subject struct {
	flow  *graph.Flow
	index map[*graph.Node]int
	exits [][]exit // by the index of the node
	parts *parts
	quiet map[string]bool
	rule  string // at work
	queue []int  // of walks, used again
	spent int    // exits looked at by walks
	found []diag.Diagnostic
}

// rules are all of them. A rule that rests on holes concludes from what is missing.
var rules = []struct {
	name          string
	check         func(*subject)
	needsWhole    bool
	needsNoErrors bool
}{
	{name: "message-needs-form", check: messageNeedsForm},
	{name: "not-assigned", check: notAssigned},
	{name: "machine-loop", check: machineLoop},
	{name: "unlimited-guessing", check: unlimitedGuessing},
	{name: "unreachable", check: unreachable, needsWhole: true},
	{name: "no-way-out", check: noWayOut, needsWhole: true},
	{name: "unproven-method", check: unprovenMethod, needsWhole: true},
	{name: "unproven-approval", check: unprovenApproval, needsWhole: true},
	{name: "unasked-device", check: unaskedDevice, needsWhole: true},
	{name: "tells-strangers", check: tellsStrangers, needsNoErrors: true},
	{name: "uneven-idle-time", check: unevenIdleTime, needsNoErrors: true},
	{name: "unused-variable", check: unusedVariable, needsNoErrors: true},
}

// Names lists the rules in the order in which they run.
func Names() []string {
	names := make([]string, len(rules))
	for i := range rules {
		names[i] = rules[i].name
	}
	return names
}

// Check runs all rules over a graph.
func Check(flow *graph.Flow, known Known) []diag.Diagnostic {
	s := newSubject(flow, newParts())
	s.quiet = known.Quiet
	for _, r := range rules {
		if r.needsWhole && (known.Holes || flow.Start == nil) || r.needsNoErrors && (known.Errors || known.Holes) {
			continue
		}
		s.rule = r.name
		r.check(s)
	}
	return s.found
}

func newSubject(flow *graph.Flow, p *parts) *subject {
	s := &subject{flow: flow, index: make(map[*graph.Node]int, len(flow.Nodes)), exits: make([][]exit, len(flow.Nodes)), parts: p}
	for i, n := range flow.Nodes {
		s.index[n] = i
	}
	for i, n := range flow.Nodes {
		s.exits[i] = exitsOf(n)
		for j := range s.exits[i] {
			s.exits[i][j].to = s.index[s.exits[i][j].edge.To]
		}
	}
	return s
}

// report adds an error. What it gives may be made a warning, or told more.
func (s *subject) report(where diag.Range, summary, hint string) *diag.Diagnostic {
	diag.Add(&s.found, diag.Diagnostic{Severity: diag.Error, Rule: s.rule, Summary: summary, Hint: hint, Subject: where})
	return &s.found[len(s.found)-1]
}

// full reports that more will not be told.
func (s *subject) full() bool { return len(s.found) == diag.Most }
