package config_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"vigil/engine/diag"
	"vigil/internal/config"
)

var update = flag.Bool("update", false, "write what is said into testdata/broken.txt, to be read by a person afterwards")

const corpus = "testdata/broken.txt"

// environment is what os.LookupEnv is to the program.
func environment(name string) (string, bool) {
	value, set := map[string]string{"SECRET": "kept-from-view", "EMPTY": ""}[name]
	return value, set
}

// broken is one case of the corpus.
type broken struct{ name, file, expects string }

func readCorpus(t testing.TB) (head string, cases []broken) {
	t.Helper()
	text, err := os.ReadFile(corpus)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), "== ")
	for c := range strings.SplitSeq(rest, "\n== ") {
		name, body, _ := strings.Cut(c, "\n")
		file, expects, ok := strings.Cut(body, "-- expects\n")
		if !ok {
			t.Fatalf("%s: no expectation", name)
		}
		cases = append(cases, broken{name, file, strings.TrimSpace(expects)})
	}
	return head, cases
}

func TestEveryMistakeIsNamedWithItsPlace(t *testing.T) {
	head, cases := readCorpus(t)
	if len(cases) < 40 {
		t.Errorf("only %d cases were read", len(cases))
	}
	for i, c := range cases {
		_, found := config.Parse("testdata/vigil.yaml", []byte(c.file), environment)
		said := spell(found)
		if len(found) == 0 {
			t.Errorf("%s: nothing was found", c.name)
		}
		if *update {
			cases[i].expects = said
		} else if said != c.expects {
			t.Errorf("%s:\n--- said\n%s\n--- expected\n%s", c.name, said, c.expects)
		}
	}
	if *update {
		for i, c := range cases {
			cases[i].name = fmt.Sprintf("== %s\n%s-- expects\n%s\n", c.name, c.file, c.expects)
		}
		for i, c := range cases {
			if head += c.name; i < len(cases)-1 {
				head += "\n"
			}
		}
		if err := os.WriteFile(corpus, []byte(head), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func spell(found []diag.Diagnostic) string {
	var lines []string
	for _, d := range found {
		at := d.Subject.Start
		lines = append(lines, fmt.Sprintf("%d:%d-%d %s %s: %s", at.Line, at.Column, d.Subject.End.Column, d.Severity, d.Rule, d.Summary))
		if d.Hint != "" {
			lines = append(lines, "  help: "+d.Hint)
		}
		for _, r := range d.Related {
			lines = append(lines, fmt.Sprintf("  %d:%d %s", r.Range.Start.Line, r.Range.Start.Column, r.Message))
		}
	}
	return strings.Join(lines, "\n")
}

func TestNoDiagnosticHoldsASecret(t *testing.T) {
	_, cases := readCorpus(t)
	for _, c := range cases {
		for _, secret := range []string{"kept-from-view", "hunter2", "12345", "c2hvcnQ", "prefix-", "N9qo8u", "ada:secret"} {
			_, found := config.Parse("testdata/vigil.yaml", []byte(c.file), environment)
			if strings.Contains(spell(found), secret) {
				t.Errorf("%s: a diagnostic holds %q", c.name, secret)
			}
			if strings.Contains(string(config.Masked([]byte(c.file))), secret) {
				t.Errorf("%s: %q is shown:\n%s", c.name, secret, config.Masked([]byte(c.file)))
			}
		}
	}
}
