package flowtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// reader turns YAML into a file and collects what is wrong with it.
type reader struct {
	name  string
	doc   *syntax.Document // nil: it could not be read
	flow  *graph.Flow
	home  *graph.Flow // the flow of the tests, while steps are those of a browser at a link. Nil: flow is it
	users map[string]*person
	lost  bool // users could not be read: that one is not there is no further mistake
	waits waiting
	diags []diag.Diagnostic
	named []string // what the steps of a case have read so far
}

func (r *reader) place(n *yaml.Node) diag.Range {
	if r.doc != nil && n.Line > 0 {
		return r.doc.Range(n)
	}
	at := diag.Pos{Line: max(n.Line, 1), Column: max(n.Column, 1)}
	return diag.Range{File: r.name, Start: at, End: diag.Pos{Line: at.Line, Column: at.Column + 1}}
}

func (r *reader) mistake(n *yaml.Node, rule, hint, format string, args ...any) {
	r.diags = append(r.diags, diag.Diagnostic{Severity: diag.Error, Rule: rule, Summary: fmt.Sprintf(format, args...), Hint: hint, Subject: r.place(n)})
}

// load reads the one document of the file. Nil: it is said why.
func (r *reader) load(source []byte) *yaml.Node {
	doc, found := syntax.Read(r.name, source, "a test file", "a test file begins with flow: "+r.flow.Name+", users and cases")
	r.diags = append(r.diags, found...)
	if doc == nil {
		return nil
	}
	r.doc = doc
	return doc.Root
}

// shape names what has another shape than was wanted. An alias was named before.
func (r *reader) shape(n *yaml.Node, what, wanted, hint string) {
	if n.Kind != yaml.AliasNode && n.Style&yaml.TaggedStyle == 0 {
		r.mistake(n, "shape", hint, "%s is %s, wanted %s", what, syntax.ShapeOf(n), wanted)
	}
}

// entries gives the pairs of a map. Of a key that stands twice, which was named before, the first.
func (r *reader) entries(n *yaml.Node, what string) []pair {
	if n.Kind != yaml.MappingNode {
		r.shape(n, what, "a map", mapHint(what))
		return nil
	}
	var pairs []pair
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.ScalarNode && !seen[key.Value] {
			seen[key.Value] = true
			pairs = append(pairs, pair{key, n.Content[i+1]})
		}
	}
	return pairs
}

func mapHint(what string) string {
	switch what {
	case "users":
		return "write users: {ada: {password: …}}"
	case "enter", "shows":
		return "write " + what + ": {field: text}"
	case "answers":
		return "write answers: {node: outcome}"
	case "a step":
		return "write what happens and with what: {at: form, enter: {field: text}}, or {ends: success}"
	}
	return "write key: value pairs below it, indented, or inside { }"
}

// keys gives the values of the known keys of a map and names the others. The value of one that was most likely meant for another counts as its.
func (r *reader) keys(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	var strange []pair
	for _, p := range r.entries(n, what) {
		if !slices.Contains(known, p.key.Value) {
			strange = append(strange, p)
			continue
		}
		values[p.key.Value] = p.value
	}
	for _, p := range strange {
		list := "Its keys are " + strings.Join(known, ", ") + "."
		near := nearKey(p.key.Value, known)
		if near != "" {
			list = fmt.Sprintf("did you mean %q? %s", near, list)
			if values[near] == nil {
				values[near] = p.value
			}
		}
		r.mistake(p.key, "unknown-key", list, "%s has no key %q", what, p.key.Value)
	}
	return values
}

// otherKeys are words for keys of tests that authors bring along from elsewhere.
var otherKeys = map[string][]string{
	"at": {"form", "page", "on", "node", "see", "expect"}, "enter": {"input", "fill", "type", "values", "fields", "data", "submit"}, "press": {"click", "button", "action"},
	"ends": {"outcome", "result", "end", "expects", "finish"}, "advance": {"wait", "sleep", "after", "delay"}, "says": {"contains", "body"}, "passed": {"path", "nodes", "visits"},
	"cases": {"tests", "scenarios", "examples"}, "steps": {"do", "actions", "script"}, "name": {"title", "description", "it", "case"}, "users": {"people", "accounts"},
	"answers": {"mocks", "fakes", "stubs"}, "email": {"mail"}, "givenName": {"firstName", "first_name", "given_name"}, "familyName": {"lastName", "last_name", "family_name"},
	"proved": {"methods", "amr"}, "with": {"output", "outputs"}, "methods": {"amr", "proved"}, "clientId": {"client", "client_id"}, "acrValues": {"acr", "acr_values"},
}

func nearKey(word string, known []string) string {
	if near := diag.Nearest(word, known); near != "" {
		return near
	}
	for _, key := range known {
		if slices.Contains(otherKeys[key], word) {
			return key
		}
	}
	return ""
}

func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		hint := "write a list: [a, b]"
		switch {
		case what == "cases" && n.Kind == yaml.MappingNode:
			hint = "begin every case with a dash: - name: what it promises"
		case what == "cases" || what == "steps":
			hint = "write entries below it, each beginning with -"
		case n.Kind == yaml.ScalarNode && n.Value != "":
			hint = "write [" + n.Value + "]"
		}
		r.shape(n, what, "a list", hint)
		return nil
	}
	return n.Content
}

func (r *reader) text(n *yaml.Node, what string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.shape(n, what, "a text", "write one value behind the colon")
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
		r.mistake(n, "type-literal", "write true or false", "%s is %q, wanted true or false", what, n.Value)
	}
	return n.Value == "true"
}

func (r *reader) duration(n *yaml.Node, what string) time.Duration {
	if n == nil {
		return 0
	}
	d, err := connector.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.mistake(n, "type-literal", syntax.DurationHint(n.Value), "%s is %q, wanted a duration", what, n.Value)
	}
	return d
}

func (r *reader) user(n *yaml.Node) string {
	name := r.text(n, "a user")
	if _, known := r.users[name]; !known && !r.lost {
		names := make([]string, 0, len(r.users))
		for u := range r.users {
			names = append(names, u)
		}
		slices.Sort(names)
		r.mistake(n, "unknown-user", orElse(diag.DidYouMean(name, names, "The users are"), "add users: {"+name+": {password: …}} to the file"), "there is no user %q", name)
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
		last := name[strings.LastIndexAny(name, "./")+1:]
		for _, call := range flow.Nodes { // by-mail/code and prove.code for prove/code
			first, _, _ := strings.Cut(name, ".")
			if call.Call != nil && call.Call.Part != nil && (call.Name == first || call.Call.Part.Name == name) {
				_, inside, _ := strings.Cut(n.Value, "/")
				help = fmt.Sprintf("nodes of parts are called by the node that calls: %s/%s", call.Name, orElse(inside, "…"))
			}
		}
		if way := wayTo(flow, last); way != "" {
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

func orElse(text, other string) string {
	if text != "" {
		return text
	}
	return other
}
