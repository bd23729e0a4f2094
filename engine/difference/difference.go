package difference

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vigil/engine/syntax"
)

// Difference is what changed from one version of a flow to another.
type Difference struct {
	Changes []Change
	// Gone and New are the ways from the start to an end which one version alone has. A way passes no node twice.
	Gone, New []string
	// Cut: there were too many ways to look at all of them.
	Cut bool
}

// Change is one fact that is not the same.
type Change struct {
	Node     string // empty: the flow's head
	Fact     string // empty: the node itself came or went
	Was, Now string // empty: it was, or is, not there
}

// None reports whether both do the same.
func (d Difference) None() bool { return len(d.Changes) == 0 && len(d.Gone) == 0 && len(d.New) == 0 }

// Between compares two versions.
func Between(was, now *syntax.File) Difference {
	var d Difference
	d.facts("", headFacts(was), headFacts(now))
	later := map[string]*syntax.Node{}
	for i := range now.Nodes {
		later[now.Nodes[i].Name.Value] = &now.Nodes[i]
	}
	earlier := map[string]bool{}
	for i := range was.Nodes {
		n := &was.Nodes[i]
		earlier[n.Name.Value] = true
		if same := later[n.Name.Value]; same != nil {
			d.facts(n.Name.Value, nodeFacts(n), nodeFacts(same))
		} else {
			d.Changes = append(d.Changes, Change{Node: n.Name.Value, Was: does(n)})
		}
	}
	for i := range now.Nodes {
		if n := &now.Nodes[i]; !earlier[n.Name.Value] {
			d.Changes = append(d.Changes, Change{Node: n.Name.Value, Now: does(n)})
		}
	}
	if len(d.Changes) > 0 { // from the same facts follow the same ways
		d.ways(was, now)
	}
	return d
}

// facts compares what is said of one thing.
func (d *Difference) facts(node string, was, now map[string]string) {
	names := slices.Collect(maps.Keys(was))
	for name := range now {
		if _, known := was[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if was[name] != now[name] {
			d.Changes = append(d.Changes, Change{node, name, was[name], now[name]})
		}
	}
}

// ways compares the ways through both.
func (d *Difference) ways(was, now *syntax.File) {
	before, cutBefore := ways(was)
	after, cutAfter := ways(now)
	if d.Cut = cutBefore || cutAfter; d.Cut {
		return
	}
	d.Gone, d.New = without(before, after), without(after, before)
}

func without(ways, others []string) []string {
	known := make(map[string]bool, len(others))
	for _, way := range others {
		known[way] = true
	}
	return slices.DeleteFunc(slices.Clone(ways), func(way string) bool { return known[way] })
}

// mostWays bounds how many ways of a flow are looked at.
const mostWays = 20_000

// ways lists every way from the start to an end that passes no node twice.
func ways(file *syntax.File) (list []string, cut bool) {
	nodes := map[string]*syntax.Node{}
	for i := range file.Nodes {
		nodes[file.Nodes[i].Name.Value] = &file.Nodes[i]
	}
	on, steps := map[string]bool{}, 0
	var walk func(name, way string)
	walk = func(name, way string) {
		n := nodes[name]
		if n == nil || on[name] || cut {
			return
		}
		if steps++; steps > 20*mostWays || len(list) > mostWays {
			cut = true
			return
		}
		way += name
		if n.End != nil {
			list = append(list, way)
			return
		}
		on[name] = true
		for i := range n.Then {
			walk(n.Then[i].Edge.To.Value, fmt.Sprintf("%s -%s-> ", way, n.Then[i].Outcome.Value))
		}
		for i := range n.Choose {
			walk(n.Choose[i].Edge.To.Value, fmt.Sprintf("%s -%d-> ", way, i+1))
		}
		on[name] = false
	}
	walk(file.Start.Value, "")
	return list, cut
}

// String writes the difference for people. Empty: there is none.
func (d Difference) String() string {
	var b strings.Builder
	last := "\x00"
	for _, c := range d.Changes {
		switch {
		case c.Fact == "" && c.Was == "":
			fmt.Fprintf(&b, "+ %s: %s\n", c.Node, c.Now)
			last = "\x00"
			continue
		case c.Fact == "":
			fmt.Fprintf(&b, "- %s: %s\n", c.Node, c.Was)
			last = "\x00"
			continue
		case c.Node != last:
			name := c.Node
			if name == "" {
				name = "the flow"
			}
			fmt.Fprintf(&b, "~ %s\n", name)
			last = c.Node
		}
		fmt.Fprintf(&b, "    %s: %s, now %s\n", c.Fact, orNothing(c.Was), orNothing(c.Now))
	}
	if d.Cut {
		b.WriteString("there are too many ways to compare\n")
	}
	list(&b, "-", "gone", d.Gone)
	list(&b, "+", "new", d.New)
	return b.String()
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// list writes the first ways and counts the others.
func list(b *strings.Builder, sign, word string, ways []string) {
	const shown = 10
	for i, way := range ways {
		if i == shown {
			fmt.Fprintf(b, "%s … and %d more ways %s\n", sign, len(ways)-shown, word)
			return
		}
		fmt.Fprintf(b, "%s way %s: %s\n", sign, word, way)
	}
}
