package syntax

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// habits are words for keys that authors bring along from elsewhere, by the key that they mean.
var habits = map[string][]string{
	"then":     {"on", "next", "outcomes", "transitions", "exits", "edges", "goto", "onSuccess"},
	"do":       {"action", "capability", "type", "run", "use", "uses", "task", "connector", "invoke"},
	"call":     {"subflow", "part", "include", "flow"},
	"with":     {"input", "inputs", "params", "parameters", "properties", "args", "arguments", "data", "config"},
	"form":     {"page", "screen", "view", "prompt", "template"},
	"choose":   {"switch", "branch", "branches", "decision", "choice"},
	"end":      {"finish", "result", "return", "stop"},
	"limit":    {"retries", "maxAttempts", "attempts", "max"},
	"when":     {"if", "condition", "visible", "show"},
	"to":       {"default", "else", "otherwise", "next", "then", "goto"},
	"name":     {"id", "key"},
	"label":    {"text", "title", "caption"},
	"title":    {"description", "header", "heading"},
	"text":     {"body", "content", "html"},
	"fields":   {"inputs", "components", "elements"},
	"buttons":  {"actions", "submit"},
	"default":  {"value", "initial"},
	"vars":     {"variables", "var", "context"},
	"nodes":    {"steps", "states", "tasks"},
	"start":    {"initial", "first", "begin", "entry"},
	"flow":     {"name", "id"},
	"timeout":  {"ttl", "expires", "maxDuration"},
	"message":  {"error", "errorMessage"},
	"options":  {"choices", "values", "items"},
	"required": {"mandatory", "optional"},
	"hint":     {"placeholder", "help", "description", "tooltip"},
	"for":      {"challenge"},
	"every":    {"interval", "poll"},
}

// elsewhere says of keys that no flow has where what they mean is written.
var elsewhere = map[string]string{
	"secrets":  "secrets are declared in vigil.yaml, under secrets of the environment; a flow reads secrets.name",
	"settings": "settings are declared in vigil.yaml, under settings of the environment; a flow reads settings.name",
	"version":  "remove it: a flow is known by its name, and its versions by what it says",
}

// meant is the key that somebody who wrote another most likely meant. Empty: none.
func meant(word string, names []string) string {
	if near := diag.Nearest(word, names); near != "" {
		return near
	}
	plain := plainWord(word)
	if len(plain) > 20 {
		return ""
	}
	for _, name := range names {
		if slices.ContainsFunc(habits[name], func(habit string) bool { return plainWord(habit) == plain }) {
			return name
		}
	}
	return ""
}

var underlines = strings.NewReplacer("_", "", "-", "")

// plainWord makes one word of a_word, a-word and aWord.
func plainWord(word string) string {
	return strings.ToLower(underlines.Replace(word))
}

// unknownKey names a key that is none. Where another was meant, and does not stand there, the value is read as its: what follows from that it
// is missing would only repeat the mistake.
func (r *reader) unknownKey(n, name, value *yaml.Node, what string, keys []key) {
	if name.Style == 0 && isAmbiguous(name.Value) || name.Value == mergeKey {
		r.known++
		r.readAs(n, name, value, name.Value, keys)
		return
	}
	if r.strayNode(n, name, value, what) {
		return
	}
	if len(r.found) >= diag.Most {
		r.known++
		return // nobody hears of more
	}
	names := make([]string, len(keys))
	for i := range keys {
		names[i] = keys[i].name
	}
	near := meant(name.Value, names)
	hint := listOf(near, names)
	if elsewhere[name.Value] != "" && near == "" {
		hint = elsewhere[name.Value]
	}
	where := r.scalar(name).Range
	if word, rest, cut := strings.Cut(name.Value, " "); cut && name.Style == 0 && slices.Contains(names, word) && !empty(value) {
		near, hint = "", fmt.Sprintf("a colon is missing behind %s: write %s: %s…", word, word, rest[:min(len(rest), 1)])
	}
	if word, rest := uncolon(name.Value); name.Style == 0 && !r.inFlow(name) && slices.Contains(names, word) && strings.IndexAny(rest, "{[") == 0 {
		near, value = word, &yaml.Node{Kind: yaml.AliasNode} // what stands there nobody knows
		hint = fmt.Sprintf("a colon and a space stand behind a key: write %s: %s…", word, rest)
	}
	if r.inFlow(name) && empty(value) {
		near, hint = "", strayHint(name.Value, names)
		if word, rest := uncolon(name.Value); rest != "" && slices.Contains(names, word) {
			near, value = word, r.behind(name, rest)
		} else if len(n.Content) == 2 && (names[0] == "to" || names[0] == "type") { // of an edge, or of a declaration
			near, value, hint = names[0], &yaml.Node{Kind: yaml.ScalarNode, Value: name.Value, Line: name.Line, Column: name.Column}, "write "+name.Value+" without { }"
		}
	}
	r.report("unknown-key", where, fmt.Sprintf("%s has no key %q", what, name.Value), hint)
	r.readAs(n, name, value, near, keys)
}

// uncolon parts a key inside { } that swallowed its value, since the colon behind it, or the space behind that, was left out. Rest is empty: it did not.
func uncolon(key string) (word, rest string) {
	end := strings.IndexAny(key, " :=")
	if end <= 0 {
		return key, ""
	}
	rest = strings.TrimLeft(key[end:], " :")
	if value, equals := strings.CutPrefix(rest, "= "); equals && (!strings.ContainsAny(value, ".('") || strings.HasPrefix(value, "= ")) {
		rest = value // the sign stands for the colon, and begins no expression
	}
	return key[:end], rest
}

// behind is the value that a key swallowed.
func (r *reader) behind(key *yaml.Node, rest string) *yaml.Node {
	at := utf8.RuneCountInString(key.Value[:strings.LastIndex(key.Value, rest)])
	value := &yaml.Node{Kind: yaml.ScalarNode, Value: rest, Line: key.Line, Column: key.Column + at}
	r.flow[value] = true
	return value
}

// verbs are the keys of which a node has one.
var verbs = []string{"form", "do", "choose", "call", "end"}

func hasVerb(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && slices.ContainsFunc(verbs, func(verb string) bool { return has(n, verb) })
}

// strayNode tells of a node that begins in a column too deep: it stands among the keys of the node above.
func (r *reader) strayNode(n, name, value *yaml.Node, what string) bool {
	if what == "a flow" && hasVerb(value) {
		r.report("unknown-key", r.scalar(name).Range, fmt.Sprintf("among the keys of the flow stands a node: %q", name.Value), "begin it in the column of the other nodes, below nodes")
		r.torn = true
		return true
	}
	if !strings.HasPrefix(what, "node ") || r.inFlow(name) || !hasVerb(value) && !(empty(value) && hasVerb(n) && namePattern.MatchString(name.Value) && r.indent(name.Line+1) == name.Column-1) {
		return false
	}
	r.report("unknown-key", r.scalar(name).Range, fmt.Sprintf("inside of %s begins another one: %q", what, name.Value), "begin its line in the column of the other nodes")
	r.torn, r.swallowed = true, true
	return true
}

const mergeKey = "<<"

func listOf(near string, names []string) string {
	list := "Its keys are " + strings.Join(names, ", ") + "."
	if near == "" {
		return list
	}
	return fmt.Sprintf("did you mean %q? %s", near, list)
}

// readAs reads a value as that of another key, unless that one stands in the map too. That its shape is another is no further mistake.
func (r *reader) readAs(n, written, value *yaml.Node, name string, keys []key) {
	if strings.EqualFold(name, "on") {
		name = "then"
	}
	if name == "" || has(n, name) {
		return
	}
	written.Value = name // from here on it is that key
	before := len(r.found)
	r.dispatch(name, value, keys)
	where := r.where(value)
	kept := slices.DeleteFunc(r.found[before:], func(d diag.Diagnostic) bool { return d.Subject == where && d.Rule == "shape" })
	r.found = r.found[:before+len(kept)]
}

// strayHint is for a key inside { } that has no value: a colon, the space behind it, or quotes around what comes before it were left out.
func strayHint(name string, names []string) string {
	word, rest := uncolon(name)
	if rest != "" && slices.Contains(names, word) {
		return fmt.Sprintf("a colon and a space stand behind a key: write %s: %s", word, strings.TrimSpace(rest))
	}
	return "inside { } a comma ends the value before it: quote the whole value"
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "é", "e", "è", "e")

// AsName makes a name of a word that is none: done-twice gives doneTwice. A name stays as it is. Empty: there is none in it.
func AsName(word string) string {
	var b strings.Builder
	raise := false
	for _, c := range umlauts.Replace(word) {
		switch ascii := c < 0x80 && (unicode.IsLetter(c) || unicode.IsDigit(c)); {
		case !ascii:
			raise = b.Len() > 0
		case b.Len() == 0 && unicode.IsDigit(c):
		case b.Len() == 0:
			b.WriteRune(unicode.ToLower(c))
		case raise:
			b.WriteRune(unicode.ToUpper(c))
			raise = false
		default:
			b.WriteRune(c)
		}
	}
	if name := b.String(); namePattern.MatchString(name) && !isAmbiguous(name) {
		return name
	}
	return ""
}
