package rule

import (
	"slices"
	"strconv"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// exit is one wired way out of a node.
type exit struct {
	outcome string
	gives   []connector.Field
	edge    *graph.Edge
	to      int // the index of the node it leads to
}

// exitsOf gives the wired ways out of a node, in the order of its outcomes. The entries of a choice are called 1, 2, ….
func exitsOf(n *graph.Node) []exit {
	if n.Choose != nil {
		list := make([]exit, len(n.Choose))
		for i := range n.Choose {
			list[i] = exit{outcome: strconv.Itoa(i + 1), edge: n.Choose[i].Edge}
		}
		return list
	}
	outcomes := n.Outcomes()
	list := make([]exit, 0, len(outcomes))
	for _, o := range outcomes {
		if edge := n.Then[o.Name]; edge != nil {
			list = append(list, exit{outcome: o.Name, gives: o.Outputs, edge: edge})
		}
	}
	return list
}

// fact is something that is true or not along a path: up to maxBits things at once, one bit each, of which one is enough.
type fact struct {
	width int                             // how many bits; zero is plain reachability
	first int                             // bits true before the first node
	enter func(to *graph.Node) int        // bits that entering makes false
	leave func(n *graph.Node, e exit) int // bits that the outcome makes true
	set   func(e exit) int                // bits that `set` makes true
}

const maxBits = 4

// ways are all places a run can be in: a node, with what is true there. Each knows the step by which a shortest path reaches it.
type ways struct {
	subject *subject
	width   int
	steps   []step
}

// step is how a place is reached.
type step struct {
	from    int32
	exit    int16 // of the node it comes from; -1: the first node
	reached bool
}

// walk finds every place that can be reached, breadth first.
func (s *subject) walk(f fact) *ways {
	w := &ways{subject: s, width: f.width, steps: make([]step, len(s.flow.Nodes)<<f.width)}
	if s.flow.Start == nil {
		return w
	}
	begin := s.index[s.flow.Start]<<f.width | f.first&^f.enter(s.flow.Start)
	w.steps[begin] = step{exit: -1, reached: true}
	queue := append(s.queue[:0], begin)
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		node := at >> f.width
		for j := range s.exits[node] {
			e := &s.exits[node][j]
			bits := at&(1<<f.width-1) | f.leave(s.flow.Nodes[node], *e) | f.set(*e)
			next := e.to<<f.width | bits&^f.enter(e.edge.To)
			if !w.steps[next].reached {
				w.steps[next] = step{from: int32(at), exit: int16(j), reached: true}
				queue = append(queue, next)
			}
		}
		s.spent += len(s.exits[node])
	}
	s.queue = queue
	return w
}

// without reports whether a node can be reached with nothing of the fact true.
func (w *ways) without(node int) bool { return w.steps[node<<w.width].reached }

// longest is how many nodes of a path are told.
const longest = 14

// path tells how a node is reached with nothing of the fact true: session -none-> credentials -continue-> verify.
func (w *ways) path(node int) string {
	var words []string
	for at := node << w.width; ; {
		words = append(words, w.subject.flow.Nodes[at>>w.width].Name)
		step := w.steps[at]
		if step.exit < 0 {
			break
		}
		at = int(step.from)
		words = append(words, "-"+w.subject.exits[at>>w.width][step.exit].outcome+"->")
	}
	slices.Reverse(words)
	if len(words) > 2*longest {
		words = slices.Concat(words[:longest], []string{"…"}, words[len(words)-longest:])
	}
	return strings.Join(words, " ")
}
