package rule

import (
	"fmt"

	"vigil/engine/graph"
)

// nothing is the fact of plain reachability.
var nothing = fact{
	enter: func(*graph.Node) int { return 0 },
	leave: func(*graph.Node, exit) int { return 0 },
	set:   func(exit) int { return 0 },
}

// unreachable finds nodes that no path from the start comes to.
func unreachable(s *subject) {
	reached := s.walk(nothing)
	for i, n := range s.flow.Nodes {
		if !reached.without(i) {
			s.report(n.Range, fmt.Sprintf("no path from %q reaches %q", s.flow.Start.Name, n.Name), "lead an edge there, or remove the node")
		}
	}
}
