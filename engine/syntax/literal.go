package syntax

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
)

const (
	maxTimeout  = 48 * time.Hour
	maxNodes    = 200
	maxOutcomes = 20
	maxFields   = 50
	maxLimit    = 100
	maxText     = 2000
	maxItems    = 200
)

// reserved words begin references, so they cannot name nodes.
var reserved = []string{"inputs", "vars", "request", "settings", "secrets"}

// operators are words of the expression language.
var operators = []string{"in", "not", "and", "or", "contains", "matches", "startsWith", "endsWith", "let", "if", "else", "nil"}

var namePattern = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

// name holds a name that the author chose against the rules.
func (r *reader) name(s Scalar, what string) bool {
	switch {
	case isAmbiguous(s.Value):
		if s.Quoted || r.keyless(what) {
			r.report("ambiguous-name", s.Range, fmt.Sprintf("%s cannot be called %q: other YAML readers take it for a yes or no", what, s.Value), "choose another name")
		}
		return false
	case !namePattern.MatchString(s.Value):
		hint := "letters and digits, beginning with a small letter"
		if name := AsName(s.Value); name != "" {
			hint = fmt.Sprintf("%s: %s", hint, name)
		}
		r.report("name", s.Range, fmt.Sprintf("%q cannot be the name of %s", s.Value, strings.TrimPrefix(what, "a name under ")), hint)
		return false
	case len(s.Value) > 64:
		r.report("too-large", s.Range, "a name has at most 64 letters", "shorten it")
		return false
	}
	return true
}

// keyless names stand as values, so the walk over keys has not seen them.
func (r *reader) keyless(what string) bool { return what == "a field" || what == "a button" }

// nodeName holds the name of a node against the rules, and against the words of references and operators. Names of functions the compiler knows.
func (r *reader) nodeName(s Scalar) bool {
	if !r.name(s, "a node") {
		return false
	}
	switch {
	case slices.Contains(reserved, s.Value):
		r.report("name", s.Range, fmt.Sprintf("a node cannot be called %q: references begin with that word", s.Value), "choose another name")
	case slices.Contains(operators, s.Value):
		r.report("name", s.Range, fmt.Sprintf("a node cannot be called %q: it is a word of expressions", s.Value), "choose another name")
	default:
		return true
	}
	return false
}

// text reads one scalar.
func (r *reader) text(n *yaml.Node, what string) Scalar {
	if n.Kind != yaml.ScalarNode || empty(n) {
		r.wrongShape(n, what, "a text")
		return Scalar{Range: r.where(n)}
	}
	s := r.scalar(n)
	if length := utf8.RuneCountInString(s.Value); length > maxText {
		r.report("too-large", s.Range, fmt.Sprintf("%s has %d characters, at most %d are allowed", what, length, maxText), "shorten it, or move it into a page template")
	}
	return s
}

func (r *reader) textAt(n *yaml.Node, what string) *Scalar {
	if n.Kind == yaml.ScalarNode && n.Value == "" && !empty(n) {
		s := r.scalar(n)
		return &s
	}
	s := r.text(n, what)
	if s.source == nil {
		return nil
	}
	return &s
}

// written is a literal that cannot be computed.
func (r *reader) written(n *yaml.Node, what string) (Scalar, bool) {
	s := r.text(n, what)
	if s.source == nil {
		return s, false
	}
	if _, _, computed := s.Expression(); computed {
		r.report("type-literal", s.Range, what+" cannot be computed", "write the value itself")
		return s, false
	}
	return s, true
}

// writtenAt is a literal that may be left out.
func (r *reader) writtenAt(n *yaml.Node, what string) *Scalar {
	s, ok := r.written(n, what)
	if !ok {
		return nil
	}
	return &s
}

func (r *reader) bool(n *yaml.Node, what string) bool {
	s, ok := r.written(n, what)
	if ok && s.Value != "true" && s.Value != "false" {
		r.report("type-literal", s.Range, fmt.Sprintf("%s is %q, wanted true or false", what, s.Value), "write true or false")
	}
	return s.Value == "true"
}

func (r *reader) integer(n *yaml.Node, what string, most int) int {
	s, ok := r.written(n, what)
	if !ok {
		return 0
	}
	count, err := strconv.Atoi(s.Value)
	if err != nil || count < 1 || count > most {
		r.report("type-literal", s.Range, fmt.Sprintf("%s is %q, wanted a number from 1 to %d", what, s.Value, most), fmt.Sprintf("write a number from 1 to %d", most))
		return 0
	}
	return count
}

// duration reads a duration above zero. Zero: it was wrong.
func (r *reader) duration(n *yaml.Node, what string, most time.Duration) time.Duration {
	s, ok := r.written(n, what)
	if !ok {
		return 0
	}
	d, err := connector.ParseDuration(s.Value)
	switch {
	case err != nil || d == 0:
		r.report("type-literal", s.Range, fmt.Sprintf("%s is %q, wanted a duration", what, s.Value), DurationHint(s.Value))
		return 0
	case d > most:
		r.report("too-large", s.Range, fmt.Sprintf("%s is %s, at most %s is allowed", what, s.Value, connector.FormatDuration(most)), "write a shorter one")
		return 0
	}
	return d
}

// value reads a literal or an expression of any shape.
func (r *reader) value(n *yaml.Node) Value {
	v := Value{Range: r.where(n)}
	if len(n.Content) > maxItems*2 {
		r.report("too-large", v.Range, fmt.Sprintf("a list has at most %d entries", maxItems), "shorten it")
		return v
	}
	switch n.Kind {
	case yaml.SequenceNode:
		v.Shape = ListShape
		for _, item := range n.Content {
			v.Items = append(v.Items, r.value(item))
		}
		if len(n.Content) > maxItems {
			r.report("too-large", v.Range, fmt.Sprintf("a list has at most %d entries", maxItems), "shorten it")
		}
	case yaml.MappingNode:
		v.Shape = MapShape
		v.Entries = r.values(n, "a map")
	case yaml.ScalarNode:
		switch {
		case n.Style&yaml.TaggedStyle != 0:
			r.known++
			return v
		case empty(n):
			r.report("shape", v.Range, "a value is missing here", "write it behind the colon; an empty text is ''")
			return v
		}
		s := r.text(n, "a value")
		v.Scalar = &s
	}
	return v
}

func (r *reader) valueAt(n *yaml.Node) *Value {
	v := r.value(n)
	return &v
}

// values reads a map whose keys the author chose.
func (r *reader) values(n *yaml.Node, what string) []Entry {
	pairs := r.entries(n, what)
	if len(pairs) > maxItems {
		r.report("too-large", r.scalar(pairs[maxItems][0]).Range, fmt.Sprintf("%s has %d entries, at most %d are allowed", what, len(pairs), maxItems), "shorten it")
		pairs = pairs[:maxItems]
	}
	list := make([]Entry, 0, len(pairs))
	for _, pair := range pairs {
		if word, rest := uncolon(pair[0].Value); rest != "" && r.inFlow(pair[0]) && empty(pair[1]) && namePattern.MatchString(word) {
			key := r.scalar(pair[0])
			r.report("shape", key.Range, fmt.Sprintf("%q has no value", key.Value), strayHint(key.Value, []string{word}))
			key.Value = word // as it was meant; what its value is nobody knows
			list = append(list, Entry{Key: key, Value: Value{Range: key.Range}})
			continue
		}
		list = append(list, Entry{Key: r.scalar(pair[0]), Value: r.value(pair[1])})
	}
	return list
}
