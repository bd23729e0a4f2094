package rule

import "fmt"

// noWayOut finds nodes from which no path reaches an end. Of several that lead to each other it names those where a path comes in.
func noWayOut(s *subject) {
	before := make([][]int, len(s.flow.Nodes))
	for i := range s.flow.Nodes {
		for _, e := range s.exits[i] {
			before[e.to] = append(before[e.to], i)
		}
	}
	free := make([]bool, len(s.flow.Nodes))
	var queue []int
	for i, n := range s.flow.Nodes {
		if n.End != nil {
			free[i] = true
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, from := range before[at] {
			if !free[from] {
				free[from] = true
				queue = append(queue, from)
			}
		}
	}
	reached := s.walk(nothing)
	for i, n := range s.flow.Nodes {
		if !reached.without(i) || free[i] {
			continue
		}
		entrance := n == s.flow.Start
		for _, from := range before[i] {
			entrance = entrance || free[from]
		}
		if entrance {
			s.report(n.Range, fmt.Sprintf("from %q no path reaches an end", n.Name), "give it an outcome that leads to an end")
		}
	}
}
