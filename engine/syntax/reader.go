package syntax

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// reader collects the mistakes of one file.
type reader struct {
	source    *Source
	flow      map[*yaml.Node]bool // nodes inside { } or [ ]
	what      string              // the file is, such as a flow
	begins    string              // how such a file does
	torn      bool                // a node holds what belongs to another, whose name is not there
	swallowed bool                // the node at work holds another one
	known     int                 // how often something was passed over because its mistake was named already
	found     []diag.Diagnostic
}

func (r *reader) report(rule string, where diag.Range, summary, hint string) {
	diag.Add(&r.found, diag.Diagnostic{Severity: diag.Error, Rule: rule, Summary: summary, Hint: hint, Subject: where})
}

func (r *reader) reportRelated(rule string, where diag.Range, text sentence, other diag.Related) {
	diag.Add(&r.found, diag.Diagnostic{
		Severity: diag.Error, Rule: rule, Summary: text.summary, Hint: text.hint, Subject: where, Related: []diag.Related{other},
	})
}

// key is a key of a map and what reads its value.
type key struct {
	name string
	read func(*yaml.Node)
}

// mapping reads the known keys of a map in the order of the file and names the unknown ones. False: n is no map.
func (r *reader) mapping(n *yaml.Node, what string, keys ...key) bool {
	if n.Kind != yaml.MappingNode {
		r.wrongShape(n, what, "a map")
		return false
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if name.Kind != yaml.ScalarNode || seen[name.Value] {
			continue
		}
		seen[name.Value] = true
		if !r.dispatch(name.Value, value, keys) {
			r.unknownKey(n, name, value, what, keys)
		}
	}
	return true
}

func (r *reader) dispatch(name string, value *yaml.Node, keys []key) bool {
	for i := range keys {
		if keys[i].name == name {
			keys[i].read(value)
			return true
		}
	}
	return false
}

// entries gives the pairs of a map whose keys the author chose, without those that stand twice.
func (r *reader) entries(n *yaml.Node, what string) [][2]*yaml.Node {
	if empty(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.wrongShape(n, what, "a map")
		return nil
	}
	pairs := make([][2]*yaml.Node, 0, len(n.Content)/2)
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			continue
		}
		if seen[key.Value] { // which is said; where the first holds nothing, the second is meant
			for j := range pairs {
				if pairs[j][0].Value == key.Value && empty(pairs[j][1]) {
					pairs[j][1] = value
				}
			}
			continue
		}
		seen[key.Value] = true
		pairs = append(pairs, [2]*yaml.Node{key, value})
	}
	return pairs
}

// items gives the entries of a list.
func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.wrongShape(n, what, "a list")
		return nil
	}
	return n.Content
}

func empty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0
}

func (r *reader) wrongShape(n *yaml.Node, what, wanted string) {
	if n.Kind == yaml.AliasNode || n.Style&yaml.TaggedStyle != 0 {
		r.known++
		return
	}
	hint := r.shapeHint(n, what, wanted)
	r.report("shape", r.where(n), fmt.Sprintf("%s is %s, wanted %s", what, ShapeOf(n), wanted), hint)
}

// bracesHint is for a text that begins with {{ and is not quoted: YAML takes it for a map.
const bracesHint = "put a text that begins with {{ in single quotes"

func (r *reader) shapeHint(n *yaml.Node, what, wanted string) string {
	first := ""
	if len(n.Content) > 0 {
		first = n.Content[0].Value
	}
	text := n.Kind == yaml.ScalarNode && !empty(n)
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode:
		return bracesHint
	case what == "then" && text:
		return fmt.Sprintf("name the outcome that leads there: then: {done: %s}", n.Value)
	case what == "wait" && text:
		return fmt.Sprintf("write wait: {for: %s}", n.Value)
	case what == "a field" && text:
		return fmt.Sprintf("write {name: %s, type: text, label: …}", n.Value)
	case what == "a button" && text:
		return fmt.Sprintf("write {name: %s, label: …}", n.Value)
	case what == "vars" || what == "inputs":
		return fmt.Sprintf("write %s: {name: string}, with a type behind each name", what)
	case what == "fields" && n.Kind == yaml.MappingNode:
		return fmt.Sprintf("begin every field with a dash and its name: - {name: %s, type: …, label: …}", first)
	case what == "choose" && n.Kind == yaml.MappingNode:
		return "write - {when: …, to: …} and, last, - {to: …}"
	case wanted == "a map" && n.Kind == yaml.SequenceNode:
		return "write key: value pairs without dashes and brackets"
	case wanted == "a map" && what == "set" && text:
		return "write set: {variable: = value}"
	case wanted == "a map":
		return "write key: value pairs below it, indented, or inside { }"
	case wanted == "a list":
		return "write entries below it, each beginning with -, or inside [ ]"
	}
	return "write one value behind the colon"
}

// where is the range of any node: the whole scalar, what stands inside brackets or braces of one line with them, or else the first character.
func (r *reader) where(n *yaml.Node) diag.Range {
	if n.Kind == yaml.ScalarNode {
		return r.scalar(n).Range
	}
	where := r.source.at(n.Line, n.Column, 1)
	if n.Style&yaml.FlowStyle == 0 {
		return where
	}
	last := where.End
	if len(n.Content) > 0 {
		last = r.endOf(n.Content[len(n.Content)-1])
	}
	rest := r.source.from(last)
	closing := strings.TrimLeft(rest, " ,")
	if last.Line == where.Start.Line && (strings.HasPrefix(closing, "}") || strings.HasPrefix(closing, "]")) {
		where.End = diag.Pos{Line: last.Line, Column: last.Column + len(rest) - len(closing) + 1}
	}
	return where
}

// endOf is the place behind a node.
func (r *reader) endOf(n *yaml.Node) diag.Pos {
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0 {
		return r.endOf(n.Content[len(n.Content)-1]) // a pair without braces
	}
	return r.where(n).End
}

// scalar makes a Scalar of a node.
func (r *reader) scalar(n *yaml.Node) Scalar {
	s := Scalar{Value: n.Value, style: n.Style, source: r.source, InFlow: r.inFlow(n), Comment: n.LineComment != ""}
	s.Quoted = n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	length := utf8.RuneCountInString(n.Value)
	s.Range = r.source.at(n.Line, n.Column, length)
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		s.Range = r.source.at(n.Line, n.Column, 1)
		s.places = s.follow()
	case s.Quoted || strings.Contains(n.Value, " ") && !strings.HasPrefix(r.source.from(s.Range.Start), n.Value):
		s.places = s.follow()
		if s.places != nil {
			s.Range.End = s.places[len(s.places)-1]
			if s.Quoted {
				s.Range.End.Column++
			}
		}
	}
	return s
}

func (r *reader) inFlow(n *yaml.Node) bool { return r.flow[n] }

// markFlow remembers which nodes stand inside { } or [ ].
func (r *reader) markFlow(n *yaml.Node, inside bool) {
	if inside {
		r.flow[n] = true
	}
	inside = inside || n.Style&yaml.FlowStyle != 0
	for _, child := range n.Content {
		r.markFlow(child, inside)
	}
}
