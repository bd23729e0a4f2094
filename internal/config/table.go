package config

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// kind is a sort of value: what it is called, in messages and in the manual, and how it is read.
type kind[V any] struct {
	name string // with its article: "a duration"
	read func(r *reader, n *yaml.Node, path string) (V, bool)
	rows []row // of a mapping or a list of mappings
}

// row is what the manual says of a field.
type row struct {
	key      string
	kind     string
	required bool
	standard string // the default, as it would be written, or in words
	doc      string
	rows     []row
}

// field is one key of a mapping that becomes a T.
type field[T any] struct {
	row
	read func(r *reader, n *yaml.Node, path string, into *T)
	fill func(into *T) // sets the default. Nil: the zero value is it
}

// at binds a key to a kind and to a place in T.
func at[T, V any](key string, k kind[V], place func(*T) *V, doc string) field[T] {
	return field[T]{
		row: row{key: key, kind: k.name, doc: doc, rows: k.rows},
		read: func(r *reader, n *yaml.Node, path string, into *T) {
			v, ok := k.read(r, n, path)
			if !ok {
				r.failed[path] = true
				return
			}
			*place(into) = v
		},
	}
}

// must makes the key required.
func (f field[T]) must() field[T] {
	f.required = true
	return f
}

// or gives the default as it would be written in the file; it is read like a value of the file.
func (f field[T]) or(standard string) field[T] {
	f = f.from(standard)
	f.standard = "`" + standard + "`"
	return f
}

// whole makes an absent mapping the same as an empty one.
func (f field[T]) whole() field[T] { return f.from("{}") }

func (f field[T]) from(standard string) field[T] {
	root := sync.OnceValue(func() *yaml.Node {
		var doc yaml.Node
		if err := yaml.Load([]byte(standard), &doc); err != nil || len(doc.Content) != 1 {
			return nil
		}
		return doc.Content[0]
	})
	f.fill = func(into *T) {
		r := &reader{places: map[string]*yaml.Node{}, failed: map[string]bool{}}
		if n := root(); n != nil {
			f.read(r, n, f.key, into)
		}
	}
	return f
}

// orElse says in words what absence means; a check sets it.
func (f field[T]) orElse(words string) field[T] {
	f.standard = words
	return f
}

// mapping reads keys by a table, then lets finish look at the whole. Finish may be nil.
func mapping[T any](name string, fields []field[T], finish func(r *reader, n *yaml.Node, path string, v *T)) kind[T] {
	k := kind[T]{name: name}
	for _, f := range fields {
		k.rows = append(k.rows, f.row)
	}
	k.read = func(r *reader, n *yaml.Node, path string) (T, bool) {
		var v T
		if n.Kind != yaml.MappingNode {
			r.fault(n, ruleType, "wanted %s, got %s", name, what(n)).Hint = "its keys are " + listed(keys(k.rows))
			r.hidden = append(r.hidden, n)
			return v, false
		}
		readKeys(r, n, path, fields, &v)
		for _, f := range fields {
			switch {
			case r.places[join(path, f.key)] != nil, r.failed[join(path, f.key)]:
			case f.required:
				r.fault(n, ruleMissingKey, "%s is missing here: %s", shown(f.key), f.doc)
				r.failed[join(path, f.key)] = true
			case f.fill != nil:
				f.fill(&v)
			}
		}
		if finish != nil {
			finish(r, n, path, &v)
		}
		return v, true
	}
	return k
}

func readKeys[T any](r *reader, n *yaml.Node, path string, fields []field[T], v *T) {
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" {
			r.fault(key, ruleType, "wanted a key, got %s", what(key))
			r.hidden = append(r.hidden, value)
			continue
		}
		if earlier := first[key.Value]; earlier != nil {
			d := r.fault(key, ruleDuplicateKey, "%s is given twice", shown(key.Value))
			d.Related = []diag.Related{{Message: "the first is here", Range: r.rangeOf(earlier)}}
			r.hidden = append(r.hidden, value)
			continue
		}
		first[key.Value] = key
		f := slices.IndexFunc(fields, func(f field[T]) bool { return f.key == key.Value })
		if f < 0 {
			near := r.unknown(key, path, keysOf(fields))
			harmless := value.Kind == yaml.ScalarNode && slices.ContainsFunc(fields, func(f field[T]) bool { return f.key == near && f.kind != secretName && f.kind != secretsName })
			if !harmless {
				r.hidden = append(r.hidden, value)
			}
			continue
		}
		p := join(path, key.Value)
		r.places[p] = value
		fields[f].read(r, value, p, v)
	}
}

// unknown names the nearest key, if any. That one counts as given and refused, so that nobody hears that it is missing as well.
func (r *reader) unknown(key *yaml.Node, path string, known []string) (near string) {
	d := r.fault(key, ruleUnknownKey, "%s is not a setting here", shown(key.Value))
	d.Hint = diag.DidYouMean(key.Value, known, "The settings here are")
	if near = diag.Nearest(key.Value, known); near != "" {
		r.failed[join(path, near)] = true
	}
	return near
}

// list reads each item, and says of each what is wrong with it.
func list[V any](name string, each kind[V]) kind[[]V] {
	return kind[[]V]{name: name, rows: each.rows, read: func(r *reader, n *yaml.Node, path string) ([]V, bool) {
		if n.Kind != yaml.SequenceNode {
			d := r.fault(n, ruleType, "wanted %s, got %s", name, what(n))
			if n.Kind == yaml.ScalarNode {
				d.Hint = "put each item on its own line, after a hyphen"
			}
			if len(each.rows) > 0 {
				r.hidden = append(r.hidden, n)
			}
			return nil, false
		}
		values, ok := make([]V, 0, len(n.Content)), true
		for i, c := range n.Content {
			p := item(path, i)
			r.places[p] = c
			v, good := each.read(r, c, p)
			if !good {
				r.failed[p], ok = true, false
				continue
			}
			values = append(values, v)
		}
		return values, ok
	}}
}

// set is a list without repetitions.
func set(name string, each kind[string]) kind[[]string] {
	plain := list(name, each)
	return kind[[]string]{name: name, read: func(r *reader, n *yaml.Node, path string) ([]string, bool) {
		values, ok := plain.read(r, n, path)
		first := map[string]*yaml.Node{}
		for i := 0; n.Kind == yaml.SequenceNode && i < len(n.Content); i++ {
			c := n.Content[i]
			earlier := first[c.Value]
			switch {
			case r.failed[item(path, i)]:
			case earlier != nil:
				r.fault(c, ruleTwice, "%s is listed twice", shown(c.Value)).Related = []diag.Related{{Message: "the first is here", Range: r.rangeOf(earlier)}}
				ok = false
			default:
				first[c.Value] = c
			}
		}
		return values, ok
	}}
}

// oneOrMore accepts a single item for a list of one.
func oneOrMore(name string, each kind[string]) kind[[]string] {
	many := set(name, each)
	return kind[[]string]{name: name, read: func(r *reader, n *yaml.Node, path string) ([]string, bool) {
		if n.Kind == yaml.SequenceNode {
			return many.read(r, n, path)
		}
		v, ok := each.read(r, n, path)
		return []string{v}, ok
	}}
}

// pointer reads a T and gives its address.
func pointer[T any](k kind[T]) kind[*T] {
	return kind[*T]{name: k.name, rows: k.rows, read: func(r *reader, n *yaml.Node, path string) (*T, bool) {
		v, ok := k.read(r, n, path)
		return &v, ok
	}}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func keys(rows []row) []string {
	names := make([]string, len(rows))
	for i, f := range rows {
		names[i] = f.key
	}
	return names
}

func keysOf[T any](fields []field[T]) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.key
	}
	return names
}

func listed(names []string) string { return strings.Join(names, ", ") }
