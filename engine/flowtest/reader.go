package flowtest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
)

// maxFile is the most bytes of a test file.
const maxFile = 256 << 10

// reader turns YAML into a file and collects what is wrong with it.
type reader struct {
	name  string
	flow  *graph.Flow
	home  *graph.Flow // the flow of the tests, while steps are those of a browser at a link. Nil: flow is it
	users map[string]*person
	waits waiting
	diags []diag.Diagnostic
	named []string // what the steps of a case have read so far
}

func (r *reader) place(n *yaml.Node) diag.Range {
	at := diag.Pos{Line: max(n.Line, 1), Column: max(n.Column, 1)}
	end := at
	if n.Kind == yaml.ScalarNode {
		end.Column += utf8.RuneCountInString(n.Value)
	}
	end.Column = max(end.Column, at.Column+1)
	return diag.Range{File: r.name, Start: at, End: end}
}

func (r *reader) mistake(n *yaml.Node, rule, hint, format string, args ...any) {
	r.diags = append(r.diags, diag.Diagnostic{Severity: diag.Error, Rule: rule, Summary: fmt.Sprintf(format, args...), Hint: hint, Subject: r.place(n)})
}

// load reads the one document of the file. Nil: it is said why.
func (r *reader) load(source []byte) *yaml.Node {
	top := &yaml.Node{Line: 1, Column: 1}
	if len(source) > maxFile {
		r.mistake(top, "too-large", "split it into several files", "the file has %d bytes, more than %d", len(source), maxFile)
		return nil
	}
	var document yaml.Node
	err := yaml.Unmarshal(source, &document)
	if errors.Is(err, io.EOF) || (err == nil && len(document.Content) == 0) {
		r.mistake(top, "yaml", "a test file begins with the key flow", "the file is empty")
		return nil
	}
	if err != nil {
		var broken *yaml.LoadError
		if errors.As(err, &broken) {
			top.Line, top.Column = broken.Mark.Line, broken.Mark.Column
			err = errors.New(broken.Message)
		}
		r.mistake(top, "yaml", "", "this is not YAML: %v", err)
		return nil
	}
	return document.Content[0]
}

// entries gives the pairs of a map. A key that stands twice is a mistake.
func (r *reader) entries(n *yaml.Node, what string) []pair {
	if n.Kind != yaml.MappingNode {
		r.mistake(n, "shape", "", "%s must be a map", what)
		return nil
	}
	var pairs []pair
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.mistake(key, "duplicate-key", "keep one", "%s has the key %q twice", what, key.Value)
			continue
		}
		seen[key.Value] = true
		pairs = append(pairs, pair{key, n.Content[i+1]})
	}
	return pairs
}

// keys gives the values of the known keys of a map and names the others.
func (r *reader) keys(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	for _, p := range r.entries(n, what) {
		if !slices.Contains(known, p.key.Value) {
			r.mistake(p.key, "unknown-key", diag.DidYouMean(p.key.Value, known, "Its keys are"), "%s has no key %q", what, p.key.Value)
			continue
		}
		values[p.key.Value] = p.value
	}
	return values
}

func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.mistake(n, "shape", "", "%s must be a list", what)
		return nil
	}
	return n.Content
}

func (r *reader) text(n *yaml.Node, what string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.mistake(n, "shape", "", "%s must be a text", what)
		return ""
	}
	return n.Value
}

func (r *reader) texts(n *yaml.Node, what string) []string {
	if n == nil {
		return nil
	}
	items := r.items(n, what)
	list := make([]string, len(items))
	for i := range items {
		list[i] = r.text(items[i], what)
	}
	return list
}

func (r *reader) flag(n *yaml.Node, what string) bool {
	if n == nil {
		return false
	}
	if n.Kind != yaml.ScalarNode || (n.Value != "true" && n.Value != "false") {
		r.mistake(n, "type", "write true or false", "%s must be true or false", what)
	}
	return n.Value == "true"
}

func (r *reader) duration(n *yaml.Node, what string) time.Duration {
	if n == nil {
		return 0
	}
	d, err := connector.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.mistake(n, "type-literal", "write it as 90s, 15m, 8h or 30d", "%s must be a duration", what)
	}
	return d
}

func (r *reader) user(n *yaml.Node) string {
	name := r.text(n, "a user")
	if _, known := r.users[name]; !known {
		names := make([]string, 0, len(r.users))
		for u := range r.users {
			names = append(names, u)
		}
		slices.Sort(names)
		r.mistake(n, "unknown-user", diag.DidYouMean(name, names, "The users are"), "there is no user %q", name)
	}
	return name
}

// nodeOf finds a node of a flow. Nil: it is said that there is none.
func (r *reader) nodeOf(n *yaml.Node, flow *graph.Flow, name string) *graph.Node {
	node := flow.Node(name)
	if node == nil {
		names := make([]string, len(flow.Nodes))
		for i := range flow.Nodes {
			names[i] = flow.Nodes[i].Name
		}
		what := "the flow"
		if flow != r.flow {
			what = "the part " + strconv.Quote(flow.Name)
		}
		help := diag.DidYouMean(name, names, "Its nodes are")
		if way := wayTo(flow, name); way != "" {
			help = fmt.Sprintf("write %s: the part that is called has a node of that name", way)
		}
		r.mistake(n, "unknown-node", help, "%s has no node %q", what, name)
	}
	return node
}

// wayTo is the shortest path to a node inside the parts that a flow calls. Empty: none of them has it.
func wayTo(flow *graph.Flow, name string) string {
	type called struct {
		part *graph.Flow
		way  string
	}
	reached := []called{{flow, ""}}
	for i := 0; i < len(reached); i++ { // parts never call in a circle
		for _, node := range reached[i].part.Nodes {
			if i > 0 && node.Name == name {
				return reached[i].way + name
			}
			if node.Call != nil && node.Call.Part != nil {
				reached = append(reached, called{node.Call.Part, reached[i].way + node.Name + "/"})
			}
		}
	}
	return ""
}

// resolve finds a node by its path: its name, inside parts with the calls that lead there (enrol/details). Nil: it is said that there is none.
func (r *reader) resolve(n *yaml.Node, path string) (*graph.Node, *graph.Flow) {
	flow := r.flow
	for {
		name, rest, inside := strings.Cut(path, "/")
		node := r.nodeOf(n, flow, name)
		switch {
		case node == nil:
			return nil, nil
		case !inside:
			return node, flow
		case node.Call == nil:
			r.mistake(n, "unknown-node", "write the name of a call before the stroke", "%q calls no part", name)
			return nil, nil
		}
		flow, path = node.Call.Part, rest
	}
}

// value reads a setting or a claim: numbers and bools where YAML says so, texts otherwise.
func (r *reader) value(n *yaml.Node) any {
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i := range n.Content {
			list[i] = r.value(n.Content[i])
		}
		return list
	case yaml.MappingNode:
		object := map[string]any{}
		for _, p := range r.entries(n, "an object") {
			object[p.key.Value] = r.value(p.value)
		}
		return object
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
		if n.Value == "true" || n.Value == "false" {
			return n.Value == "true"
		}
		if number, err := strconv.ParseFloat(n.Value, 64); err == nil && !strings.ContainsAny(n.Value, "_xXnN") {
			return number
		}
	}
	return n.Value
}
