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
	lost := make([]bool, len(s.flow.Nodes)) // and not behind another
	for i := range s.flow.Nodes {
		lost[i] = !reached.without(i)
	}
	for i := range s.flow.Nodes {
		if lost[i] {
			s.clearBehind(i, lost)
		}
	}
	for i, n := range s.flow.Nodes {
		if lost[i] {
			s.report(n.Range, fmt.Sprintf("no path from %q reaches %q", s.flow.Start.Name, n.Name), "lead an edge there, or remove the node")
		}
	}
}

// clearBehind takes out what a lost node leads to: whoever mends that one has mended those.
func (s *subject) clearBehind(from int, lost []bool) {
	seen := map[int]bool{from: true}
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, e := range s.exits[queue[0]] {
			if !seen[e.to] {
				seen[e.to] = true
				lost[e.to] = false
				queue = append(queue, e.to)
			}
		}
	}
}
