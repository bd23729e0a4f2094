package syntax_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vigil/engine/diag"
	"vigil/engine/syntax"
)

const head = "flow: x\ntitle: A flow\nstart: a\n"

func say(found []diag.Diagnostic) string {
	var lines []string
	for _, d := range found {
		lines = append(lines, fmt.Sprintf("%d:%d [%s] %s", d.Subject.Start.Line, d.Subject.Start.Column, d.Rule, d.Summary))
	}
	return strings.Join(lines, "\n")
}

func TestWhatIsNoYAMLIsToldInPlainWordsWithItsPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "1:1 [yaml] the file is empty"},
		{"# only a comment\n", "1:1 [yaml] the file is empty"},
		{"a: b: c\n", `1:5 [yaml] a ": " in a plain value begins a map, and no map can stand here`},
		{"flow: [", "1:7 [yaml] this [ is never closed"},
		{"a: [1, 2\nb: 3\n", "1:4 [yaml] this [ is never closed"},
		{"a: {b: = c in ['d', 'e']}\n", "1:15 [yaml] inside { } a plain value cannot hold a ["},
		{"a: 'x\n", "1:4 [yaml] the quote that begins here is never closed"},
		{"a:\n\tb: 1\n", "2:1 [yaml] a tab cannot indent"},
		{"a: b\n\tc: d\n", "2:1 [yaml] a tab cannot indent"},
		{"a: @b\n", "1:4 [yaml] no plain value can begin with this character"},
		{"a: \"\\q\"\n", "1:5 [yaml] there is no such escape in double quotes"},
		{"a:\n  - b\n c: d\n", "3:2 [yaml] no map around this line begins in column 2"},
		{"- a\nb: c\n", "2:1 [yaml] an entry of the list, beginning with -, was expected here"},
		{"a: 'b' c\n", "1:8 [yaml] the text in quotes ended before this"},
		{"a: |\n x\nb", "3:1 [yaml] a key without a colon"},
		{"{a: b}}\n", "1:7 [yaml] this } closes nothing"},
		{"a: *b\n", "1:4 [anchor] an alias of something that is not there"},
		{"a: &\n", "1:4 [anchor] & begins a YAML anchor and * an alias: a flow has none"},
		{"%YAML 3.0\n---\na: 1\n", "1:1 [yaml] a line that begins with % is a YAML directive"},
		{"a: 1\n---\nb: 2\n", "2:1 [yaml] a second document begins here"},
		{"a: é\xff\n", "1:5 [encoding] this byte is not UTF-8"},
		{"a: b\n\x00", "2:1 [encoding] the control character U+0000 cannot stand in YAML"},
		{"text\n", "1:1 [shape] a flow is a text, wanted a map"},
		{"- a\n", "1:1 [shape] a flow is a list, wanted a map"},
		{strings.Repeat("[", 40), "1:33 [too-large] more than 32 maps and lists stand inside each other"},
		{"a: " + strings.Repeat("x", 256<<10), "1:1 [too-large] the file has 256 KiB, at most 256 are read"},
	} {
		_, found := syntax.Parse("x.yaml", []byte(c.text))
		if got := say(found); got != c.want {
			t.Errorf("%.40q:\n got %s\nwant %s", c.text, got, c.want)
		}
		for _, d := range found {
			if d.Hint == "" {
				t.Errorf("%.40q: no help", c.text)
			}
		}
	}
}

func TestAllMistakesOfAFileAreNamedInOneRun(t *testing.T) {
	const text = `flow: X
titel: A flow
timeout: soon
vars: {y: string, Name: string, num: {typ: number}}
outcomes: {error: {}, done: {out: string}}
nodes:
  a:
    form:
      fields:
        - {name: on, type: text, label: L}
        - {type: text, label: L}
        - text
      buttons: []
      wait: {every: 2m}
    then: {continue: {message: m}}
    limit: 3
  no: {end: done}
  B: {end: done}
  not: {end: done}
  c: {do: x, with: [1], limit: many, then: {done: [a]}}
  d: {choose: [], with: {a: 1}}
  e: {choose: [{to: a}, {when: = true}], then: {1: a}}
  f: {call: '', end: done}
  g: text
  h: {end: done, then: {x: a}, unknown: 1}
  ? [i]
  : {end: done}
  j: {end: !!str done, with: {a: &b c, d: *b, e: }}
  k: {end: done, end: done}
`
	_, found := syntax.Parse("x.yaml", []byte(text))
	diag.Sort(found)
	want := `1:1 [missing-key] the flow has no key "start"
1:7 [name] "X" cannot name a flow
2:1 [unknown-key] a flow has no key "titel"
3:10 [type-literal] timeout is "soon", wanted a duration
4:8 [ambiguous-name] "y" as a key is a yes or no to other YAML readers
4:19 [name] "Name" cannot be the name of vars
4:39 [unknown-key] vars.num has no key "typ"
5:12 [name] the outcome "error" is the engine's
10:18 [ambiguous-name] a field cannot be called "on": other YAML readers take it for a yes or no
11:11 [missing-key] a field has no name
12:11 [shape] a field is a text, wanted a map
13:16 [shape] the form has no buttons
14:13 [missing-key] wait does not say what for
14:21 [too-large] every is 2m, at most 1m is allowed
15:22 [missing-key] the edge of "continue" has no key "to"
16:12 [shape] node "a" is a form: it takes no limit
17:3 [ambiguous-name] "no" as a key is a yes or no to other YAML readers
18:3 [name] "B" cannot be the name of a node
19:3 [name] a node cannot be called "not": it is a word of expressions
20:20 [shape] with is a list, wanted a map
20:32 [type-literal] limit is "many", wanted a number from 1 to 100
20:51 [shape] the edge of "done" is a list, wanted a node name or a map
21:15 [choose] choose has no entries
21:25 [shape] node "d" is a choose: it takes no with
22:16 [choose] entry 1 of choose has no condition: no later entry is ever reached
22:25 [missing-key] entry 2 of choose has no key "to"
22:48 [shape] node "e" is a choose: it takes no then
23:3 [verb] node "f" has the verbs call and end, wanted one
24:6 [shape] node "g" is a text, wanted a map
25:24 [shape] node "h" is an end: it takes no then
25:32 [unknown-key] node "h" has no key "unknown"
26:5 [shape] a key is one word
28:12 [tag] a value that begins with ! is a YAML tag
28:34 [anchor] &b is a YAML anchor: a flow has none
28:43 [anchor] *b is a YAML alias: a flow has none
28:50 [shape] a value is missing here
29:18 [duplicate-key] the key "end" stands twice in one map`
	if got := say(found); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, d := range found {
		if d.Hint == "" {
			t.Errorf("%s: no help", d.Summary)
		}
	}
}

func TestAFlowHasLimits(t *testing.T) {
	nodes := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "  n%d: {end: done}\n", i)
		}
		return head + "nodes:\n" + b.String()
	}
	repeat := func(before, entry string, n int, after string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, entry, i)
		}
		return head + "nodes: {a: " + before + b.String() + after + "}\n"
	}
	for _, c := range []struct{ well, bad, want string }{
		{nodes(200), nodes(201), "205:3 [too-large] the flow has 201 nodes, at most 200 are allowed"},
		{repeat("{form: {fields: [", "{name: f%d, type: text, label: L}, ", 50, "]}}"), repeat("{form: {fields: [", "{name: f%d, type: text, label: L}, ", 51, "]}}"), "4:1769 [too-large] the form has 51 fields, at most 50 are allowed"},
		{repeat("{form: {buttons: [", "{name: f%d, label: L}, ", 20, "]}}"), repeat("{form: {buttons: [", "{name: f%d, label: L}, ", 21, "]}}"), "4:480 [too-large] the form has 21 buttons, at most 20 are allowed"},
		{repeat("{do: x, then: {", "o%d: a, ", 20, "}}"), repeat("{do: x, then: {", "o%d: a, ", 21, "}}"), `4:177 [too-large] node "a" has 21 outcomes, at most 20 are allowed`},
		{repeat("{choose: [", "{when: = true, to: a%d}, ", 19, "{to: a}]}"), repeat("{choose: [", "{when: = true, to: a%d}, ", 20, "{to: a}]}"), "4:512 [too-large] choose has 21 entries, at most 20 are allowed"},
		{repeat("{end: x, with: {l: [", "%d, ", 200, "]}}"), repeat("{end: x, with: {l: [", "%d, ", 201, "]}}"), "4:31 [too-large] a list has at most 200 entries"},
		{head + "nodes: {a: {form: {text: " + strings.Repeat("x", 2000) + "}}}\n", head + "nodes: {a: {form: {text: " + strings.Repeat("x", 2001) + "}}}\n", "4:26 [too-large] text has 2001 characters, at most 2000 are allowed"},
	} {
		if _, found := syntax.Parse("x.yaml", []byte(c.well)); len(found) > 0 {
			t.Errorf("%.60s: %s", c.well, say(found))
		}
		if _, found := syntax.Parse("x.yaml", []byte(c.bad)); say(found) != c.want {
			t.Errorf("%.60s:\n got %s\nwant %s", c.bad, say(found), c.want)
		}
	}
}

func TestTheTreeHoldsWhatWasWritten(t *testing.T) {
	file, found := syntax.Parse("folder/sign-on.yaml", []byte(`flow: sign-on
title: Sign on
timeout: 1h30m
vars: {user: user, num: {type: number, default: 3}}
start: page
nodes:
  page:
    form:
      title: Sign on
      fields: [{name: word, type: text, label: Word, required: false, when: = true}]
      buttons: [{name: go, label: Go}, {name: stop, label: Stop, kind: link}]
    then:
      go: {to: page, set: {num: = 1}, message: Again., field: word}
      stop: page
`))
	if len(found) > 0 {
		t.Fatal(say(found))
	}
	page := file.Nodes[0]
	if file.Timeout != 90*time.Minute || file.Part || len(file.Vars) != 2 || file.Vars[1].Default.Scalar.Value != "3" {
		t.Errorf("the head is %+v", file)
	}
	if f := page.Form.Fields[0]; f.Name.Value != "word" || f.Required == nil || *f.Required || f.When.Scalar.Value != "= true" {
		t.Errorf("the field is %+v", f)
	}
	if b := page.Form.Buttons; len(b) != 2 || b[0].Link || !b[1].Link {
		t.Errorf("the buttons are %+v", b)
	}
	edge := page.Then[0].Edge
	if edge.To.Value != "page" || edge.Message.Value != "Again." || edge.Field.Value != "word" || edge.Set[0].Key.Value != "num" || page.Then[1].Edge.To.Value != "page" {
		t.Errorf("the edges are %+v", page.Then)
	}
}

func TestCharactersOfAScalarAreFoundThroughQuotesAndFolding(t *testing.T) {
	for _, c := range []struct {
		name, value  string
		line, column int
	}{
		{"plain", "one two", 4, 24},
		{"single quotes", "'it''s two'", 4, 27},
		{"double quotes", `"a\tb \u00e9 \x41 two"`, 4, 38},
		{"letters of two bytes", "'é two'", 4, 23},
		{"plain over lines", "one\n    is\n    two", 6, 5},
		{"plain with a comment in between", "one\n    is two # not this two", 5, 8},
		{"single quotes over lines", "'one\n\n    is two'", 6, 8},
		{"double quotes over lines", "\"one \\\n    is two\"", 5, 8},
		{"folded block", ">-\n    one\n    is two", 6, 8},
		{"literal block", "|\n    one\n      is two\n", 6, 10},
		{"literal block with empty lines", "|\n\n    one\n\n    two\n", 8, 5},
	} {
		source := "flow: x\nstart: a\nnodes: {a: {end: x}}\ntitle:             " + strings.TrimSuffix(c.value, "\n") + "\n"
		file, found := syntax.Parse("x.yaml", []byte(source))
		if len(found) > 0 {
			t.Errorf("%s: %s", c.name, say(found))
			continue
		}
		title := file.Title
		offset := len([]rune(title.Value[:strings.Index(title.Value, "two")]))
		at := title.At(offset, 3)
		if at.Start.Line != c.line || at.Start.Column != c.column || at.End.Column != c.column+3 {
			t.Errorf("%s: found at %v-%v, wanted %d:%d", c.name, at.Start, at.End, c.line, c.column)
		}
	}
}
