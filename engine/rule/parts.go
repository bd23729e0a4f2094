package rule

import "vigil/engine/graph"

// parts remembers what was found out of each part, since many nodes call the same one.
type parts struct {
	guess  map[*graph.Flow]bool
	asks   map[*graph.Flow]bool
	proved map[proved]bool
}

// proved is the question whether a part proves something on every path to an outcome.
type proved struct {
	part              *graph.Flow
	outcome, required string
}

func newParts() *parts {
	return &parts{guess: map[*graph.Flow]bool{}, asks: map[*graph.Flow]bool{}, proved: map[proved]bool{}}
}

// guesses reports whether entering a node tries a secret. A part does when it holds a check without a limit.
func (p *parts) guesses(n *graph.Node) bool {
	switch {
	case n.Do != nil:
		return n.Do.Capability != nil && n.Do.Capability.Guessable
	case n.Call == nil || n.Call.Part == nil:
		return false
	}
	part := n.Call.Part
	answer, known := p.guess[part]
	if !known {
		for _, inner := range part.Nodes {
			answer = answer || inner.Limit == 0 && p.guesses(inner)
		}
		p.guess[part] = answer
	}
	return answer
}

// waits reports whether entering a node waits for a person. A part does when every path through it shows a form.
func (p *parts) waits(n *graph.Node) bool {
	if n.Call == nil || n.Call.Part == nil {
		return n.Form != nil
	}
	part := n.Call.Part
	answer, known := p.asks[part]
	if !known {
		answer = p.everyPathWaits(part)
		p.asks[part] = answer
	}
	return answer
}

func (p *parts) everyPathWaits(part *graph.Flow) bool {
	seen := map[*graph.Node]bool{part.Start: true}
	queue := []*graph.Node{part.Start}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		switch {
		case p.waits(n):
			continue
		case n.End != nil:
			return false
		}
		for _, e := range exitsOf(n) {
			if !seen[e.edge.To] {
				seen[e.edge.To] = true
				queue = append(queue, e.edge.To)
			}
		}
	}
	return true
}

// proves reports whether every path through a part to an outcome proves what is required.
func (p *parts) proves(part *graph.Flow, outcome, required string) bool {
	question := proved{part, outcome, required}
	answer, known := p.proved[question]
	if !known {
		s := newSubject(part, p)
		w := s.walk(s.proof(required))
		for i, n := range part.Nodes {
			if n.End == nil || n.End.Outcome != outcome {
				continue
			}
			if w.without(i) {
				answer = false
				break
			}
			answer = answer || w.steps[i<<w.width|1].reached
		}
		p.proved[question] = answer
	}
	return answer
}
