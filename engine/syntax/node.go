package syntax

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

func (r *reader) nodes(n *yaml.Node) []Node {
	var list []Node
	for _, pair := range r.entries(n, "nodes") {
		name := r.scalar(pair[0])
		if len(list) > maxNodes {
			list = append(list, Node{Name: name, Broken: true}) // counted, no longer read
			continue
		}
		if len(list) > 0 && slices.Contains(nodeKeys, name.Value) && !hasVerb(pair[1]) {
			above := &list[len(list)-1]
			r.report("unknown-key", name.Range, fmt.Sprintf("among the nodes stands a key of one: %q", name.Value), fmt.Sprintf("begin it in column %d, if it belongs to %q", name.Range.Start.Column+2, above.Name.Value))
			above.Broken = true
			continue
		}
		if word, rest, cut := strings.Cut(name.Value, " {"); cut && pair[1].Kind == yaml.ScalarNode && namePattern.MatchString(word) {
			r.report("yaml", name.Range, "a colon is missing behind "+word, fmt.Sprintf("write %s: {%s: …", word, rest))
			name.Value = word
			list = append(list, Node{Name: name, Broken: true})
			continue
		}
		well := r.nodeName(name)
		node := r.node(name, pair[1])
		node.Broken = node.Broken || !well
		list = append(list, node)
	}
	return list
}

// nodeKeys are the keys of a node.
var nodeKeys = append([]string{"with", "then", "limit"}, verbs...)

const verbHint = "form shows a page, do asks for a piece of work, choose branches, call runs a part, end ends the flow"

func (r *reader) node(name Scalar, n *yaml.Node) Node {
	node := Node{Name: name}
	before := len(r.found) + r.known
	what := fmt.Sprintf("node %q", name.Value)
	var verbs []string
	var with, then, limit *yaml.Node
	verb := func(name string, read func(*yaml.Node)) key {
		return key{name, func(n *yaml.Node) { verbs = append(verbs, name); read(n) }}
	}
	ok := r.mapping(n, what,
		verb("form", func(n *yaml.Node) { node.Form = r.form(n) }),
		verb("do", func(n *yaml.Node) { node.Do = &Work{Name: r.text(n, "do")} }),
		verb("choose", func(n *yaml.Node) { node.Choose = r.choices(n) }),
		verb("call", func(n *yaml.Node) { node.Call = &Work{Name: r.text(n, "call")} }),
		verb("end", func(n *yaml.Node) { node.End = &Work{Name: r.text(n, "end")} }),
		key{"with", func(n *yaml.Node) { with = n }},
		key{"then", func(n *yaml.Node) { then = n; node.Then = r.exits(n) }},
		key{"limit", func(n *yaml.Node) { limit = n; node.Limit = r.integer(n, "limit", maxLimit) }},
	)
	switch {
	case !ok:
	case r.swallowed:
		r.swallowed = false
		node.Form, node.Do, node.Choose, node.Call, node.End = nil, nil, nil, nil, nil
		r.forgiveTwice(n)
	case len(verbs) == 0 && len(r.found)+r.known > before && has(n, mergeKey):
	case len(verbs) == 0:
		r.report("verb", name.Range, what+" has no verb", "give it one of form, do, choose, call, end: "+verbHint)
	case len(verbs) > 1:
		r.report("verb", name.Range, fmt.Sprintf("%s has the verbs %s, wanted one", what, strings.Join(verbs, " and ")), "make two nodes of it: each has a name of its own and one verb")
		node.Form, node.Do, node.Choose, node.Call, node.End = nil, nil, nil, nil, nil // nothing follows from any of them
		r.forgiveTwice(n)
	default:
		r.fits(&node, verbs[0], with, then, limit)
	}
	node.Broken = node.Form == nil && node.Do == nil && node.Choose == nil && node.Call == nil && node.End == nil || len(verbs) != 1 || len(r.found)+r.known > before
	return node
}

// forgiveTwice takes back that keys stand twice in a node of several verbs: the line with the name of the second is not there, which is one mistake.
func (r *reader) forgiveTwice(n *yaml.Node) {
	r.torn = true
	r.found = slices.DeleteFunc(r.found, func(d diag.Diagnostic) bool {
		return d.Rule == "duplicate-key" && slices.ContainsFunc(n.Content, func(key *yaml.Node) bool {
			return d.Subject.Start == diag.Pos{Line: key.Line, Column: key.Column}
		})
	})
}

// fits holds the keys beside a verb against it.
func (r *reader) fits(node *Node, verb string, with, then, limit *yaml.Node) {
	what := fmt.Sprintf("node %q", node.Name.Value)
	if with != nil {
		switch work := cmp.Or(node.Do, node.Call, node.End); {
		case work != nil:
			work.With = r.values(with, "with")
			work.Torn = with.Kind != yaml.MappingNode && !empty(with)
		default:
			r.report("shape", r.where(with), fmt.Sprintf("%s is %s: it takes no with", what, aVerb(verb)), "with belongs to do, call and end")
		}
	}
	if limit != nil && node.Do == nil && node.Call == nil {
		r.report("shape", r.where(limit), fmt.Sprintf("%s is %s: it takes no limit", what, aVerb(verb)), "limit belongs to do and call")
	}
	if then != nil && (verb == "choose" || verb == "end") {
		hint := "remove then: an end leads nowhere"
		if verb == "choose" {
			hint = "write to: in the entries of choose"
		}
		r.report("shape", r.where(then), fmt.Sprintf("%s is %s: it takes no then", what, aVerb(verb)), hint)
	}
	if len(node.Then) > maxOutcomes {
		r.report("too-large", node.Then[maxOutcomes].Outcome.Range, fmt.Sprintf("%s has %d outcomes, at most %d are allowed", what, len(node.Then), maxOutcomes), "move some of them into a part")
		node.Then = node.Then[:maxOutcomes]
	}
}

func aVerb(verb string) string {
	if verb == "end" {
		return "an end"
	}
	return "a " + verb
}

func (r *reader) exits(n *yaml.Node) []Exit {
	var list []Exit
	for _, pair := range r.entries(n, "then") {
		if len(list) > maxItems {
			break // too many, which is said of the node
		}
		outcome := r.scalar(pair[0])
		edge, ok := r.edge(pair[1], fmt.Sprintf("the edge of %q", outcome.Value))
		if ok {
			list = append(list, Exit{Outcome: outcome, Edge: edge})
		}
	}
	return list
}

// edge reads a node name, or a map.
func (r *reader) edge(n *yaml.Node, what string) (Edge, bool) {
	if n.Kind == yaml.ScalarNode && !empty(n) {
		to := r.scalar(n)
		return Edge{Range: to.Range, To: to}, true
	}
	if n.Kind != yaml.MappingNode {
		r.wrongShape(n, what, "a node name or a map")
		return Edge{}, false
	}
	edge := Edge{Range: r.where(n)}
	r.mapping(n, what, r.edgeKeys(&edge)...)
	return edge, r.ends(&edge, what)
}

func (r *reader) edgeKeys(edge *Edge) []key {
	return []key{
		{"to", func(n *yaml.Node) { edge.To = r.text(n, "to") }},
		{"set", func(n *yaml.Node) { edge.Set = r.values(n, "set"); edge.Torn = n.Kind != yaml.MappingNode }},
		{"message", func(n *yaml.Node) { edge.Message = r.textAt(n, "message") }},
		{"notice", func(n *yaml.Node) { edge.Notice = r.textAt(n, "notice") }},
		{"field", func(n *yaml.Node) { edge.Field = r.writtenAt(n, "field") }},
	}
}

func (r *reader) ends(edge *Edge, what string) bool {
	if edge.To.Range == (diag.Range{}) {
		r.report("missing-key", edge.Range, what+" has no key \"to\"", "write to: and the name of a node")
		return false
	}
	return edge.To.Value != ""
}

func (r *reader) choices(n *yaml.Node) []Choice {
	items := r.items(n, "choose")
	all := len(items)
	if all > maxOutcomes {
		r.report("too-large", r.where(items[maxOutcomes]), fmt.Sprintf("choose has %d entries, at most %d are allowed", all, maxOutcomes), "split it in two")
		items = items[:maxOutcomes]
	}
	list := make([]Choice, 0, len(items))
	for i, item := range items {
		what := fmt.Sprintf("entry %d of choose", i+1)
		choice := Choice{Range: r.where(item)}
		choice.Edge.Range = choice.Range
		if !r.mapping(item, what, append(r.edgeKeys(&choice.Edge), key{"when", func(n *yaml.Node) { choice.When = r.valueAt(n) }})...) {
			continue
		}
		if !r.ends(&choice.Edge, what) {
			continue
		}
		switch last := i == all-1; {
		case last && choice.When != nil:
			r.report("choose", choice.Range, "the last entry of choose has a condition: then nothing may hold", "add an entry without when at the end: - to: …")
		case !last && choice.When == nil:
			r.report("choose", choice.Range, what+" has no condition: no later entry is ever reached", "give it a when, or make it the last")
		}
		list = append(list, choice)
	}
	if n.Kind == yaml.SequenceNode && len(items) == 0 {
		r.report("choose", r.where(n), "choose has no entries", "write - {when: …, to: …} and - {to: …}")
	}
	return list
}
