package rule

import (
	"fmt"
	"time"

	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
)

// unevenIdleTime warns of successes that give different idle timeouts: people then see sessions of different lives (seed 003).
func unevenIdleTime(s *subject) {
	if s.flow.Part {
		return
	}
	var first *graph.Node
	var firstIdle time.Duration
	for _, n := range s.flow.Nodes {
		if n.End == nil || n.End.Outcome != "success" {
			continue
		}
		idle, where, written := idleTimeout(n)
		switch {
		case !written:
			continue
		case first == nil:
			first, firstIdle = n, idle
		case idle != firstIdle:
			_, other, _ := idleTimeout(first)
			d := s.report(where, fmt.Sprintf("%q and %q give different idle timeouts", first.Name, n.Name), "give all of them the same; where none is written it is 30d")
			d.Severity = diag.Warning
			d.Related = []diag.Related{{Message: fmt.Sprintf("%q stands here", first.Name), Range: other}}
		}
	}
}

// idleTimeout is what a success gives, and where that stands. False: it is computed.
func idleTimeout(n *graph.Node) (time.Duration, diag.Range, bool) {
	for i := range n.End.With {
		if a := &n.End.With[i]; a.Name == "idleTimeout" {
			literal, ok := a.Value.(expression.Literal)
			if !ok {
				return 0, a.Range, false
			}
			idle, _ := literal.Value().(time.Duration)
			return idle, a.Range, true
		}
	}
	return graph.StandardIdleTimeout, n.Range, true
}
