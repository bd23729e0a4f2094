package rule

import (
	"fmt"
	"strings"

	"vigil/engine/graph"
)

// machineLoop finds circles that run round without waiting for a person and without a limit.
func machineLoop(s *subject) {
	for _, circle := range s.circles(func(n *graph.Node) bool { return !s.parts.waits(n) }) {
		d := s.report(circle[0].Range, fmt.Sprintf("%q runs round without a person and without a limit", circle[0].Name),
			"lead the way back over a form, or give a limit to a node of the circle")
		if len(circle) > 1 {
			names := make([]string, len(circle))
			for i, n := range circle {
				names[i] = n.Name
			}
			d.Detail = "on the circle are " + strings.Join(names, ", ")
		}
	}
}
