package rule

import (
	"fmt"

	"vigil/engine/graph"
)

// unlimitedGuessing finds checks of a secret that can be repeated without end.
func unlimitedGuessing(s *subject) {
	for _, circle := range s.circles(func(*graph.Node) bool { return true }) {
		for _, n := range circle {
			if n.Limit > 0 || !s.parts.guesses(n) {
				continue
			}
			d := s.report(n.Range, fmt.Sprintf("%q can be tried for ever: give it a limit", n.Name), "add limit: 5, and exhausted: under then")
			if n.Call != nil {
				d.Detail = fmt.Sprintf("the part %q checks a secret without a limit", n.Call.Part.Name)
			}
		}
	}
}
