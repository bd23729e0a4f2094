package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
)

// Settings are what flows read as settings.x, in the order of the file.
type Settings struct {
	Types  []connector.Field
	Values map[string]any // as flows know them: string, bool, float64, time.Duration, time.Time, []any, map[string]any
}

// settingName is what a flow can write after "settings." and "secrets.".
var settingName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

const settingNameHint = "begin with a small letter; letters and digits may follow"

// settings reads a mapping of values, each with its type: a text, a number, true or false, a list of one of these or a mapping is of the type
// that it looks like; {type: duration, value: 8h} says it.
func settings() kind[Settings] {
	const name = "a mapping of values"
	return kind[Settings]{name: name, read: func(r *reader, n *yaml.Node, path string) (Settings, bool) {
		s := Settings{Values: map[string]any{}}
		if n.Kind != yaml.MappingNode {
			r.fault(n, ruleType, "wanted %s, got %s", name, what(n))
			return s, false
		}
		r.named(n, path, func(key string, value *yaml.Node) {
			r.places[join(path, key)] = value
			t, v, ok := r.setting(value, path)
			if ok {
				s.Types, s.Values[key] = append(s.Types, connector.Field{Name: key, Type: t}), v
			}
		})
		return s, !r.failed[path]
	}}
}

// named goes through the keys of a mapping that a flow is to write.
func (r *reader) named(n *yaml.Node, path string, each func(key string, value *yaml.Node)) {
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		earlier := first[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || !settingName.MatchString(key.Value):
			r.failed[path] = true
			r.fault(key, ruleValue, "%s is not a name that a flow can write", shown(key.Value)).Hint = settingNameHint
			r.hidden = append(r.hidden, value)
		case earlier != nil:
			r.failed[path] = true
			r.fault(key, ruleDuplicateKey, "%s is given twice", shown(key.Value)).Related = []diag.Related{
				{Message: "the first is here", Range: r.rangeOf(earlier)},
			}
			r.hidden = append(r.hidden, value)
		default:
			first[key.Value] = key
			each(key.Value, value)
		}
	}
}

// settable are the types that a setting can be said to have.
var settable = []connector.Kind{connector.String, connector.Bool, connector.Number, connector.Duration, connector.Time, connector.Object, connector.List}

// setting reads one value with its type, said or seen. False: it was refused, and path is marked.
func (r *reader) setting(n *yaml.Node, path string) (t connector.Type, value any, ok bool) {
	if said := declared(n); said != nil {
		t, err := connector.ParseType(said.Value)
		plain := slices.Contains(settable, t.Kind) && (t.Elem == nil || slices.Contains(settable, t.Elem.Kind))
		if err != nil || t.Optional || !plain {
			r.failed[path] = true
			r.fault(said, ruleValue, "%s is not a type of settings", shown(said.Value)).Hint = "write string, bool, number, duration, time, object, or list<…> of one of these"
			return t, nil, false
		}
		value, ok = r.ofType(beside(n), t, path)
		return t, value, ok
	}
	before := r.failed[path]
	r.failed[path] = false
	t, value = r.value(n, path)
	ok = !r.failed[path]
	r.failed[path] = before || !ok
	return t, value, ok
}

// declared is the type in {type: …, value: …}. Nil: the mapping is none of that kind.
func declared(n *yaml.Node) *yaml.Node {
	if n.Kind != yaml.MappingNode || len(n.Content) != 4 || beside(n) == nil {
		return nil
	}
	for i := 0; i < 4; i += 2 {
		if n.Content[i].Value == "type" && n.Content[i+1].Kind == yaml.ScalarNode {
			return n.Content[i+1]
		}
	}
	return nil
}

func beside(n *yaml.Node) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "value" {
			return n.Content[i+1]
		}
	}
	return nil
}

// ofType reads a value of a type that was said.
func (r *reader) ofType(n *yaml.Node, t connector.Type, path string) (value any, ok bool) {
	refuse := func(hint string) (any, bool) {
		r.failed[path] = true
		r.fault(n, ruleType, "wanted %s, got %s", t, what(n)).Hint = hint
		return nil, false
	}
	if t.Kind == connector.List {
		if n.Kind != yaml.SequenceNode {
			return refuse("write a list: [a, b]")
		}
		items := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			item, good := any(nil), false
			if t.Elem != nil {
				item, good = r.ofType(c, *t.Elem, path)
			}
			if !good {
				return nil, false
			}
			items = append(items, item)
		}
		return items, true
	}
	if t.Kind == connector.Object {
		if n.Kind != yaml.MappingNode {
			return refuse("write a mapping: {a: 1}")
		}
		_, value = r.value(n, path)
		return value, !r.failed[path]
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		return refuse("write the value itself")
	}
	var err error
	switch t.Kind {
	case connector.String:
		return n.Value, true
	case connector.Bool:
		value, err = strconv.ParseBool(strings.ToLower(n.Value))
		if len(n.Value) < len("true") {
			return refuse("write true or false")
		}
	case connector.Number:
		value, err = strconv.ParseFloat(n.Value, 64)
	case connector.Duration:
		value, err = connector.ParseDuration(n.Value)
	case connector.Time:
		value, err = connector.ParseTime(n.Value)
	}
	if err != nil {
		return refuse("write it as true, 3.5, 8h or 2026-11-21")
	}
	return value, true
}

// value reads a value of the type that it looks like. It marks path as failed when something in it is refused.
func (r *reader) value(n *yaml.Node, path string) (connector.Type, any) {
	switch n.Kind {
	case yaml.MappingNode:
		return r.object(n, path)
	case yaml.SequenceNode:
		return r.values(n, path)
	}
	switch n.ShortTag() {
	case "!!bool":
		return connector.Type{Kind: connector.Bool}, strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		number, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			r.failed[path] = true
			r.fault(n, ruleValue, "%s is not a decimal number", shown(n.Value)).Hint = "put it in quotes if it is a text"
		}
		return connector.Type{Kind: connector.Number}, number
	case "!!str":
		return connector.Type{Kind: connector.String}, n.Value
	}
	r.failed[path] = true
	hint := "put it in quotes if it is a text; leave the key out if there is no value"
	if n.ShortTag() == "!!timestamp" {
		hint = "write {type: time, value: " + n.Value + "}, or put it in quotes if it is a text"
	}
	r.fault(n, ruleType, "wanted a value, got %s", what(n)).Hint = hint
	return connector.Type{}, nil
}

// values reads a list, whose entries are of one type.
func (r *reader) values(n *yaml.Node, path string) (connector.Type, any) {
	items := make([]any, len(n.Content))
	elem := connector.Type{Kind: connector.String}
	for i, c := range n.Content {
		t, v := r.value(c, path)
		if items[i] = v; i == 0 {
			elem = t
		}
		if t.Kind != elem.Kind && t.Kind != "" && elem.Kind != "" {
			r.failed[path] = true
			r.fault(c, ruleType, "the list begins with %s, and this is %s", elem, t).Hint = "put it in quotes if all are texts"
		}
	}
	if elem.Kind == connector.List {
		r.failed[path] = true
		r.fault(n, ruleType, "a list holds no lists").Hint = "put mappings into it"
	}
	return connector.Type{Kind: connector.List, Elem: &elem}, items
}

func (r *reader) object(n *yaml.Node, path string) (connector.Type, any) {
	t, values := connector.Type{Kind: connector.Object, Fields: []connector.Field{}}, map[string]any{}
	r.named(n, path, func(key string, value *yaml.Node) {
		field, v := r.value(value, path)
		t.Fields, values[key] = append(t.Fields, connector.Field{Name: key, Type: field}), v
	})
	return t, values
}

// flowSecrets reads a mapping of secrets that stand elsewhere: the file of the configuration is read by more people than may know them.
func flowSecrets() kind[map[string]string] {
	const name = "a mapping of secrets"
	return kind[map[string]string]{name: name, read: func(r *reader, n *yaml.Node, path string) (map[string]string, bool) {
		r.hidden = append(r.hidden, n)
		if n.Kind != yaml.MappingNode {
			r.fault(n, ruleType, "wanted %s, got %s", name, what(n))
			return nil, false
		}
		one, values := secret(), map[string]string{}
		r.named(n, path, func(key string, value *yaml.Node) {
			if value.Kind == yaml.ScalarNode && value.ShortTag() == "!!str" && value.Value != "" && !strings.Contains(value.Value, "${") {
				r.failed[path] = true
				r.fault(value, ruleSecret, "the secret %s is written out", shown(key)).Hint = "write ${NAME} to read the environment variable NAME, or ${file:PATH} to read a file"
				return
			}
			v, ok := one.read(r, value, path)
			if values[key] = v; !ok {
				r.failed[path] = true
			}
		})
		return values, !r.failed[path]
	}}
}
