package engine_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/internal/samples"
)

// update writes what the engine says now into the expectations. Read the difference before you commit it.
var update = flag.Bool("update", false, "write the expectations of the corpus")

// corpora are what is known of broken flows, and how many mistakes each holds at least.
var corpora = map[string]int{"testdata/mistakes.txt": 130, "testdata/authors.txt": 330}

// mistake is one block of the corpus: a flow of testdata/flows, a change to it, and what is said of that.
type mistake struct {
	title    string
	flow     string
	old, new string
	expected string
}

func TestEveryMistakeOfTheCorpusIsNamedWithAPlaceAndAFix(t *testing.T) {
	for file, least := range corpora {
		head, mistakes := readCorpus(t, file)
		if len(mistakes) < least {
			t.Errorf("%s holds %d mistakes, wanted %d at least", file, len(mistakes), least)
		}
		for i := range mistakes {
			mistakes[i].hold(t)
		}
		if *update {
			writeCorpus(t, file, head, mistakes)
		}
	}
	if fixes < 80 {
		t.Errorf("only %d fixes can be applied by programs", fixes)
	}
}

// hold breaks the flow and looks at what is said of it.
func (m *mistake) hold(t *testing.T) {
	t.Helper()
	broken := m.broken(t)
	flow, found := m.compile(broken)
	got := told(found)
	for ending, text := range map[string]string{"CRLF": strings.ReplaceAll(broken, "\n", "\r\n"), "a byte order mark": "\uFEFF" + broken} {
		if _, other := m.compile(text); told(other) != got {
			t.Errorf("%s: with %s it says\n%s\ninstead of\n%s", m.title, ending, told(other), got)
		}
	}
	if *update {
		m.expected = got
	}
	if got != m.expected {
		t.Errorf("%s: got\n%s\nwanted\n%s", m.title, got, m.expected)
	}
	if got == "" || flow != nil && diag.HasErrors(found) || flow == nil && !diag.HasErrors(found) {
		t.Errorf("%s: a flow with errors is served, or nothing was found", m.title)
	}
	for i := range found {
		inside(t, m.title, found[i], broken)
		m.mends(t, &found[i], broken)
	}
}

// broken is the flow with the mistake in it.
func (m *mistake) broken(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("testdata/flows/" + m.flow + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), m.old) {
		t.Fatalf("%s: %q does not stand in %s", m.title, m.old, m.flow)
	}
	return strings.Replace(string(source), m.old, strings.ReplaceAll(m.new, "⇥", "\t"), 1)
}

func (m *mistake) compile(source string) (*graph.Flow, []diag.Diagnostic) {
	notify := connector.Field{Name: "notify", Type: connector.Type{Kind: connector.Bool}}
	return engine.Compile(m.flow+".yaml", []byte(source), samples.Registry(), engine.WithSettings(notify), engine.WithSecrets("apiKey"))
}

// mends holds that a fix that programs can apply takes the mistake away.
func (m *mistake) mends(t *testing.T, d *diag.Diagnostic, broken string) {
	t.Helper()
	fix, ok := diag.FixOf(d)
	if !ok {
		return
	}
	lines := strings.Split(broken, "\n")
	line := []rune(lines[fix.Range.Start.Line-1])
	lines[fix.Range.Start.Line-1] = string(line[:fix.Range.Start.Column-1]) + fix.Text + string(line[fix.Range.End.Column-1:])
	_, found := m.compile(strings.Join(lines, "\n"))
	for _, left := range found {
		if left.Subject.Start == d.Subject.Start && left.Rule == d.Rule {
			t.Errorf("%s: with %q still %q", m.title, fix.Text, left.Summary)
		}
	}
	fixes++
}

// fixes counts those that were tried.
var fixes int

// inside holds every place of a diagnostic to lie in the file, and a fix to be there.
func inside(t *testing.T, title string, d diag.Diagnostic, source string) {
	t.Helper()
	lines := strings.Split(source, "\n")
	start := d.Subject.Start
	if start.Line < 1 || start.Column < 1 || start.Line > len(lines) || start.Column > len([]rune(lines[start.Line-1]))+1 {
		t.Errorf("%s: %v is no place in the file", title, start)
	}
	if end := d.Subject.End; end.Line < start.Line || end.Line == start.Line && end.Column <= start.Column {
		t.Errorf("%s: the range %v-%v is empty", title, start, end)
	}
	if word := lastQuoted(d.Summary); strings.HasPrefix(d.Rule, "unknown-") && word != "" {
		line := []rune(lines[start.Line-1])
		if at := string(line[start.Column-1 : d.Subject.End.Column-1]); at != word {
			t.Errorf("%s: %q is said to stand where %q stands", title, word, at)
		}
	}
	if d.Hint == "" {
		t.Errorf("%s: %q comes without help", title, d.Summary)
	}
}

// lastQuoted is what a sentence is about: there is no node "verfy".
func lastQuoted(sentence string) string {
	parts := strings.Split(sentence, `"`)
	if len(parts) < 3 {
		return ""
	}
	return parts[len(parts)-2]
}

// told writes diagnostics as the corpus does, with the characters they stand at.
func told(found []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range found {
		length := d.Subject.End.Column - d.Subject.Start.Column
		if d.Subject.End.Line != d.Subject.Start.Line {
			length = 0
		}
		fmt.Fprintf(&b, "%d:%d+%d %s [%s] %s\n", d.Subject.Start.Line, d.Subject.Start.Column, length, d.Severity, d.Rule, d.Summary)
		if d.Detail != "" {
			fmt.Fprintf(&b, "    note: %s\n", d.Detail)
		}
		for _, r := range d.Related {
			fmt.Fprintf(&b, "    %d:%d: %s\n", r.Range.Start.Line, r.Range.Start.Column, r.Message)
		}
		fmt.Fprintf(&b, "    help: %s\n", d.Hint)
	}
	return b.String()
}

func readCorpus(t *testing.T, file string) (head string, list []mistake) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), "\n\n")
	for _, block := range strings.Split(strings.TrimSpace(rest), "\n\n") {
		var m mistake
		var before, after []string
		for _, line := range strings.Split(block, "\n") {
			switch {
			case strings.HasPrefix(line, "# "):
				m.title = line[2:]
			case strings.HasPrefix(line, "flow "):
				m.flow = line[5:]
			case strings.HasPrefix(line, "-"):
				before = append(before, line[1:])
			case strings.HasPrefix(line, "+"):
				after = append(after, line[1:])
			default:
				m.expected += line + "\n"
			}
		}
		m.old, m.new = strings.Join(before, "\n"), strings.Join(after, "\n")
		list = append(list, m)
	}
	return head, list
}

func writeCorpus(t *testing.T, file, head string, list []mistake) {
	t.Helper()
	var b strings.Builder
	b.WriteString(head + "\n")
	for _, m := range list {
		fmt.Fprintf(&b, "\n# %s\nflow %s\n-%s\n", m.title, m.flow, strings.ReplaceAll(m.old, "\n", "\n-"))
		if m.new != "" {
			fmt.Fprintf(&b, "+%s\n", strings.ReplaceAll(m.new, "\n", "\n+"))
		}
		b.WriteString(m.expected)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestMostTornFlowsSayOneThing(t *testing.T) {
	source, err := os.ReadFile("testdata/flows/step-up.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(source), "\n")
	torn, one, worst := 0, 0, 0
	for i := range lines {
		for _, line := range []string{"", " " + lines[i], strings.TrimPrefix(lines[i], " "), strings.Replace(lines[i], ": ", " ", 1), strings.Replace(lines[i], "}", "", 1), strings.Replace(lines[i], ",", "", 1)} {
			changed := append(append(append([]string{}, lines[:i]...), line), lines[i+1:]...)
			_, found := engine.Compile("step-up.yaml", []byte(strings.Join(changed, "\n")), samples.Registry())
			if !diag.HasErrors(found) {
				continue
			}
			torn++
			if len(found) == 1 {
				one++
			}
			worst = max(worst, len(found))
		}
	}
	if torn < 150 || one*100 < torn*85 || worst > 5 {
		t.Errorf("of %d torn flows %d say one thing, and one says %d", torn, one, worst)
	}
}
