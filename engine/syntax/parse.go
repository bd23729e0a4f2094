package syntax

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// Parse reads one flow. The file's name, without folders and .yaml, must be the flow's. File is nil when there is nothing to go on with;
// otherwise it holds all that could be read, and the diagnostics name the rest.
func Parse(name string, text []byte) (*File, []diag.Diagnostic) {
	r := &reader{source: NewSource(name, text), flow: map[*yaml.Node]bool{}, what: "a flow", begins: emptyHint}
	root := r.read()
	if root == nil {
		return nil, r.found
	}
	r.markFlow(root, false)
	r.clean(root)
	if root.Kind != yaml.MappingNode {
		r.wrongShape(root, "a flow", "a map")
		return nil, r.found
	}
	file := r.file(root)
	r.forgiveNamed()
	return file, r.found
}

func (r *reader) file(root *yaml.Node) *File {
	f := &File{Source: r.source, Lost: map[string]bool{}}
	var nodes, start *yaml.Node
	reading := func(name string, read func(*yaml.Node)) key {
		return key{name, func(n *yaml.Node) {
			before := len(r.found) + r.known
			read(n)
			f.Lost[name] = len(r.found)+r.known > before || twice(root, name)
		}}
	}
	r.mapping(root, "a flow",
		key{"flow", func(n *yaml.Node) { f.Flow = r.text(n, "flow") }},
		key{"title", func(n *yaml.Node) { f.Title = r.text(n, "title") }},
		key{"timeout", func(n *yaml.Node) { f.Timeout = r.duration(n, "timeout", maxTimeout) }},
		reading("inputs", func(n *yaml.Node) { f.Inputs = r.declarations(n, "inputs") }),
		reading("outcomes", func(n *yaml.Node) { f.Part = true; f.Outcomes = r.outcomes(n) }),
		reading("vars", func(n *yaml.Node) { f.Vars = r.declarations(n, "vars") }),
		key{"start", func(n *yaml.Node) { start = n; f.Start = r.text(n, "start") }},
		key{"nodes", func(n *yaml.Node) {
			nodes = n
			f.Nodes = r.nodes(n)
			f.Lost["nodes"] = n.Kind != yaml.MappingNode || len(n.Content) == 0 || twice(root, "nodes")
		}},
	)
	for _, required := range []struct {
		name, hint string
		there      bool
	}{
		{"flow", "begin with flow: " + flowName(r.source.Name), has(root, "flow")},
		{"title", "add title: and one sentence on what the flow does", has(root, "title")},
		{"start", "add start: and the name of the first node", start != nil},
		{"nodes", "add nodes: with one node at least", nodes != nil},
	} {
		if !required.there {
			r.report("missing-key", r.source.at(1, 1, 1), fmt.Sprintf("the flow has no key %q", required.name), required.hint)
		}
	}
	r.checkHead(f, nodes)
	f.Lost["nodes"] = f.Lost["nodes"] || r.torn
	return f
}

// twice tells of a key that stands in a map more than once: what is under the second was not read.
func twice(n *yaml.Node, name string) bool {
	count := 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			count++
		}
	}
	return count > 1
}

func has(n *yaml.Node, name string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return true
		}
	}
	return false
}

func flowName(file string) string { return strings.TrimSuffix(path.Base(file), ".yaml") }

var flowNamePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// checkHead holds the flow's own name and shape against the rules.
func (r *reader) checkHead(f *File, nodes *yaml.Node) {
	if name := f.Flow; name.Value != "" {
		switch wanted := flowName(r.source.Name); {
		case !flowNamePattern.MatchString(name.Value):
			hint := "small letters, digits and hyphens, beginning with a letter"
			if flowNamePattern.MatchString(wanted) {
				hint = fmt.Sprintf("write flow: %s, as the file is called: %s", wanted, hint)
			}
			r.report("name", name.Range, fmt.Sprintf("%q cannot name a flow", name.Value), hint)
		case name.Value != wanted:
			r.report("flow-name", name.Range, fmt.Sprintf("the flow is called %q, but its file %q", name.Value, path.Base(r.source.Name)),
				fmt.Sprintf("write flow: %s, or rename the file", wanted))
			f.Flow.Value = wanted // as others call it
		}
	}
	if strings.Contains(f.Title.Value, "{{") {
		r.report("expression", f.Title.Range, "the title of a flow is for its authors: nothing is computed in it", "remove {{ }}")
	}
	if len(f.Inputs) > 0 && !f.Part {
		r.report("shape", f.Inputs[0].Name.Range, "a sign-on flow has no inputs: it reads request", "remove inputs, or declare outcomes to make it a part")
		f.Part, f.Lost["outcomes"] = true, true // as one: what it reads and how it ends is no further mistake
	}
	if nodes != nil && nodes.Kind == yaml.MappingNode && len(nodes.Content) == 0 {
		r.report("missing-key", r.where(nodes), "the flow has no nodes", "add one node at least")
	}
	if len(f.Nodes) > maxNodes {
		over := f.Nodes[maxNodes].Name.Range
		r.report("too-large", over, fmt.Sprintf("the flow has %d nodes, at most %d are allowed", len(f.Nodes), maxNodes), "move nodes that belong together into a part, and call it")
		f.Nodes, f.Lost["nodes"] = f.Nodes[:maxNodes], true // nothing follows from those that are too many
	}
}

// declarations reads inputs, vars, or the outputs of an outcome.
func (r *reader) declarations(n *yaml.Node, what string) []Declaration {
	var list []Declaration
	pairs := r.entries(n, what)
	if len(pairs) > maxItems {
		r.report("too-large", r.scalar(pairs[maxItems][0]).Range, fmt.Sprintf("%s has %d entries, at most %d are allowed", what, len(pairs), maxItems), "a part takes some of them over")
		pairs = pairs[:maxItems]
	}
	for _, pair := range pairs {
		d := Declaration{Name: r.scalar(pair[0])}
		if !r.name(d.Name, "a name under "+what) {
			continue
		}
		about := fmt.Sprintf("%s.%s", what, d.Name.Value)
		if pair[1].Kind == yaml.MappingNode {
			r.mapping(pair[1], about,
				key{"type", func(n *yaml.Node) { d.Type = r.text(n, "type") }},
				key{"default", func(n *yaml.Node) { v := r.value(n); d.Default = &v }},
			)
			if !has(pair[1], "type") {
				r.report("missing-key", d.Name.Range, fmt.Sprintf("%s has no type", about), "write {type: string, default: …}")
			}
		} else {
			d.Type = r.text(pair[1], about)
		}
		list = append(list, d)
	}
	return list
}

func (r *reader) outcomes(n *yaml.Node) []Outcome {
	var list []Outcome
	pairs := r.entries(n, "outcomes")
	if len(pairs) == 0 && (empty(n) || n.Kind == yaml.MappingNode) {
		r.report("shape", r.where(n), "a part has one outcome at least", "write outcomes: {done: {}}")
	}
	if len(pairs) > maxOutcomes {
		r.report("too-large", r.scalar(pairs[maxOutcomes][0]).Range, fmt.Sprintf("the part has %d outcomes, at most %d are allowed", len(pairs), maxOutcomes), "make two parts of it, or give an output that says which")
		pairs = pairs[:maxOutcomes]
	}
	for _, pair := range pairs {
		o := Outcome{Name: r.scalar(pair[0])}
		if !r.name(o.Name, "an outcome") {
			continue
		}
		if o.Name.Value == "error" || o.Name.Value == "exhausted" {
			r.report("name", o.Name.Range, fmt.Sprintf("the outcome %q is the engine's", o.Name.Value), "remove it: every part may end in error as it is")
			continue
		}
		o.Outputs = r.declarations(pair[1], o.Name.Value)
		list = append(list, o)
	}
	return list
}
