package syntax

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// ambiguous are words that some YAML readers take for true, false or nothing.
var ambiguous = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

func isAmbiguous(word string) bool { return slices.Contains(ambiguous, strings.ToLower(word)) }

// clean walks over all nodes and names what a flow does not use of YAML.
func (r *reader) clean(n *yaml.Node) {
	if n.Anchor != "" {
		r.report("anchor", r.source.at(n.Line, n.Column, len(n.Anchor)+1), fmt.Sprintf("&%s is a YAML anchor: %s has none", n.Anchor, r.what),
			"write the value where it is needed; what is repeated is a part or a variable")
	}
	if n.Kind == yaml.AliasNode {
		r.report("anchor", r.source.at(n.Line, n.Column, len(n.Value)+1), fmt.Sprintf("*%s is a YAML alias: %s has none", n.Value, r.what), "write the value out")
		return
	}
	if n.Style&yaml.TaggedStyle != 0 {
		r.tagged(n)
	}
	if n.Kind == yaml.MappingNode {
		r.keys(n)
	}
	for i, child := range n.Content {
		if i%2 == 1 && n.Kind == yaml.MappingNode && n.Content[i-1].Value == mergeKey && child.Kind == yaml.AliasNode {
			continue // said of the key
		}
		r.clean(child)
	}
}

// tagged names a value that begins with an exclamation mark.
func (r *reader) tagged(n *yaml.Node) {
	written := r.source.from(diag.Pos{Line: n.Line, Column: n.Column})
	if cut := strings.IndexAny(written, " \t,}]"); cut >= 0 {
		written = written[:cut]
	}
	hint := "remove it: types follow from the key"
	if !strings.HasPrefix(written, "!!") && len(written) > 1 {
		rest := written
		if n.Kind == yaml.ScalarNode && n.Value != "" {
			rest += " " + n.Value
		}
		hint = fmt.Sprintf("did you mean %q?", "= "+rest)
	}
	r.report("tag", r.source.at(n.Line, n.Column, len(written)), "a value that begins with ! is a YAML tag", hint)
}

// keys finds keys that stand twice, that are no names, and that other YAML readers read differently.
func (r *reader) keys(n *yaml.Node) {
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			hint := "write key: value"
			if key.Kind == yaml.MappingNode {
				hint = bracesHint
			}
			r.report("shape", r.source.at(key.Line, key.Column, 1), "a key is one word", hint)
			continue
		}
		before := first[key.Value]
		if before == nil {
			first[key.Value] = key
		}
		if len(r.found) >= diag.Most || before == nil && key.Value != mergeKey && !isAmbiguous(key.Value) {
			continue
		}
		where := r.scalar(key).Range
		if key.Value == mergeKey {
			r.report("anchor", where, "<< takes over what a YAML anchor holds: "+r.what+" has no anchors", "write the keys out")
		}
		if key.Style == 0 && isAmbiguous(key.Value) {
			r.report("ambiguous-name", where, fmt.Sprintf("%q as a key is a yes or no to other YAML readers", key.Value), ambiguousHint(key.Value))
		}
		if before != nil {
			r.reportRelated("duplicate-key", where, sentence{summary: fmt.Sprintf("the key %q stands twice in one map", key.Value), hint: "remove one, or rename it"},
				diag.Related{Message: "it stands here first", Range: r.scalar(before).Range})
		}
	}
}

func ambiguousHint(word string) string {
	if strings.EqualFold(word, "on") {
		return "the outcomes of a node stand under then:"
	}
	return "choose another name"
}

// forgiveNamed takes back that a key is a yes or no where something is called so: the key only calls it by its name.
func (r *reader) forgiveNamed() {
	called := map[string]bool{}
	for i := range r.found {
		if word, ok := calledSo(r.found[i].Summary); ok {
			called[word] = true
		}
	}
	r.found = slices.DeleteFunc(r.found, func(d diag.Diagnostic) bool {
		word, _, ok := strings.Cut(strings.TrimPrefix(d.Summary, `"`), `" as a key is a yes or no`)
		return ok && called[word]
	})
}

// calledSo finds the word of a diagnostic that refuses to call something by it.
func calledSo(summary string) (string, bool) {
	_, rest, _ := strings.Cut(summary, ` cannot be called "`)
	return strings.CutSuffix(rest, `": other YAML readers take it for a yes or no`)
}
