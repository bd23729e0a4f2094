package format_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"vigil/engine/format"
)

const untidy = `# what this is
title:   Find, then   ask
flow: x
start: who
vars:
    user:   {default: '', type:  string}
nodes:


   who:
        then: { cancel: gone ,continue: { message: 'a, b', to:  second } }
        form:     # a page
            fields:
            -   label: Name   # of the person
                type: text
                name: username
            # the last one
            - {label: "Say \"x: {y}\"", value: = request.loginHint ?? '', type: text, name: other}
            title: |
                 Hello,
                   you

                 there
            text: one
               and two
            notice: 'it''s
              fine'
   second:
     choose:
       - to: gone
         when: = len(vars.user) == 0
       - {to: done}
   gone: {with: {code: access_denied}, end: error}
   #note
   done: {end: success}
   # the end
`

const tidy = `flow: x
# what this is
title: Find, then   ask
vars:
  user: {type: string, default: ''}
start: who

nodes:
  who:
    form:  # a page
      title: |
        Hello,
          you

        there
      text: one
        and two
      notice: 'it''s
        fine'
      fields:
        - name: username
          type: text
          label: Name  # of the person
        # the last one
        - {name: other, type: text, label: "Say \"x: {y}\"", value: = request.loginHint ?? ''}
    then: {cancel: gone, continue: {to: second, message: 'a, b'}}

  second:
    choose:
      - when: = len(vars.user) == 0
        to: gone
      - {to: done}

  gone: {end: error, with: {code: access_denied}}

  # note
  done: {end: success}
  # the end
`

func TestAFileComesIntoForm(t *testing.T) {
	got, err := format.Source([]byte(untidy))
	if err != nil || string(got) != tidy {
		t.Fatalf("%v\n%s", err, got)
	}
	if again, err := format.Source(got); err != nil || string(again) != tidy {
		t.Errorf("formatting twice differs: %v\n%s", err, again)
	}
	if dos, err := format.Source([]byte("\uFEFF" + strings.ReplaceAll(untidy, "\n", "\r\n"))); err != nil || string(dos) != tidy {
		t.Errorf("with other line ends: %v\n%s", err, dos)
	}
}

// sources are the flows that ship, those of the compiler's tests, and the broken and whole examples of the rules.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"../../flows/*.yaml", "../testdata/flows/*.yaml", "../rule/testdata/*/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(name, ".test.yaml") {
				all[name] = string(source)
			}
		}
	}
	return all
}

func decoded(t *testing.T, name, text string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, text)
	}
	return value
}

func TestFormattingChangesNoMeaningAndLosesNoComment(t *testing.T) {
	for name, source := range sources(t) {
		for way, text := range map[string]string{"as it is": source, "turned about": turned(source), "moved to the right": moved(source)} {
			got, err := format.Source([]byte(text))
			if err != nil {
				t.Errorf("%s %s: %v", name, way, err)
				continue
			}
			if !reflect.DeepEqual(decoded(t, name, source), decoded(t, name, string(got))) {
				t.Errorf("%s %s means something else:\n%s", name, way, got)
			}
			if strings.Count(string(got), "#") != strings.Count(text, "#") {
				t.Errorf("%s %s: a comment is lost:\n%s", name, way, got)
			}
			if again, err := format.Source(got); err != nil || string(again) != string(got) {
				t.Errorf("%s %s: formatting twice differs: %v", name, way, err)
			}
		}
	}
}

// turned brings the keys of the file's head to its end.
func turned(source string) string {
	head, nodes, found := strings.Cut(source, "\nnodes:")
	if !found {
		return source
	}
	return "nodes:" + strings.TrimRight(nodes, "\n") + "\n" + head + "\n"
}

// moved indents by twice as much.
func moved(source string) string {
	lines := strings.Split(source, "\n")
	for i, line := range lines {
		lines[i] = strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))) + line
	}
	return strings.Join(lines, "\n")
}

func TestTheFlowsThatShipAreInForm(t *testing.T) {
	for name, source := range sources(t) {
		if got, err := format.Source([]byte(source)); strings.HasPrefix(name, "../../flows/") && (err != nil || string(got) != source) {
			t.Errorf("%s is not in form: vigil flow fmt %s\n%v", name, name, err)
		}
	}
}

func TestWhatNoFlowHoldsIsRefusedWithItsLine(t *testing.T) {
	for text, line := range map[string]int{
		"flow: x\nnodes: &a {}\n":                2,
		"flow: x\nnodes: *a\n":                   2,
		"flow: !!str x\n":                        1,
		"flow: x\n\tnodes: y\n":                  2,
		"flow: x\nnodes\n":                       2,
		"flow: x\ntitle: |2\n    more\n":         2,
		"flow: x\ntitle: |\n  no line ends here": 3,
		"flow: x\ntitle: |+\n  more\n\n":         4,
		"flow: x\ntitle: \"open\n":               3,
		"flow: x\nvars: {a: b\n":                 3,
		"flow: x\n? complex\n: key\n":            2,
		"flow: x\n- entry\n":                     2,
		"nodes:\n  a: {end: b}\n c: {end: d}":    3,
	} {
		got, err := format.Source([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("line %d: ", line)) {
			t.Errorf("%q: %v, %q", text, err, got)
		}
	}
}

func FuzzFormattingKeepsTheMeaningAndIsDoneOnce(f *testing.F) {
	f.Add(untidy)
	f.Add(tidy)
	f.Add("a: {b: c, d: [e, 'f', \"g\"]}\nh: |\n  i\n\n  j\n         \nk:\n- l\n- m: n\n  o: p # q\n")
	f.Fuzz(func(t *testing.T, text string) {
		once, err := format.Source([]byte(text))
		if err != nil {
			return
		}
		twice, err := format.Source(once)
		if err != nil || string(twice) != string(once) {
			t.Errorf("%v\n%q\n%q\n%q", err, text, once, twice)
		}
		var was, now any
		if yaml.Unmarshal([]byte(text), &was) != nil {
			return // nothing to keep
		}
		if err := yaml.Unmarshal(once, &now); err != nil || !reflect.DeepEqual(was, now) {
			t.Errorf("%v\n%q\n%q", err, text, once)
		}
	})
}

func TestWhatAFileBeginsWithStaysAtItsTopAndBracesKeepTheirShape(t *testing.T) {
	const written = `# © somebody

# what the title says
title : Odd
"flow": odd
start: a
nodes:
    "a":
        end: error
        # first

        # second
        with: {
          code: access_denied,
        }
`
	const wanted = `# © somebody

"flow": odd
# what the title says
title: Odd
start: a

nodes:
  "a":
    end: error
    # first

    # second
    with: {
      code: access_denied,
    }
`
	got, err := format.Source([]byte(written))
	if err != nil || string(got) != wanted {
		t.Errorf("%v\n%s", err, got)
	}
	if again, err := format.Source(got); err != nil || string(again) != wanted {
		t.Errorf("once more: %v\n%s", err, again)
	}
}
