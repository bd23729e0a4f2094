package rule_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"vigil/engine"
	"vigil/engine/diag"
	"vigil/engine/internal/samples"
	"vigil/engine/rule"
)

// update writes bad.out anew. Read the difference before you commit it.
var update = flag.Bool("update", false, "write the expectations of the rules")

// load loads one example, with the parts that lie beside it.
func load(t *testing.T, folder, name string) ([]diag.Diagnostic, fstest.MapFS) {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(folder, "part-*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, path := range append(parts, filepath.Join(folder, name)) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = &fstest.MapFile{Data: text}
	}
	_, found := engine.Load(files, samples.Registry())
	return found, files
}

func TestEveryRuleSaysOfItsBadExampleWhatIsWrittenBesideIt(t *testing.T) {
	for _, name := range rule.Names() {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join("testdata", name)
			found, files := load(t, folder, "bad.yaml")
			var b strings.Builder
			if err := diag.WriteText(&b, found, func(file string) []byte { return files[file].Data }); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(folder, "bad.out")
			if *update {
				if err := os.WriteFile(out, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%s\nwanted\n%s", b.String(), want)
			}
			said := false
			for _, d := range found {
				said = said || d.Rule == name
			}
			if !said {
				t.Errorf("the rule says nothing of its bad example")
			}
		})
	}
}

func TestEveryRuleIsContentWithItsGoodExample(t *testing.T) {
	for _, name := range rule.Names() {
		t.Run(name, func(t *testing.T) {
			found, _ := load(t, filepath.Join("testdata", name), "ok.yaml")
			for _, d := range found {
				t.Errorf("%s:%d:%d: %s [%s]", d.Subject.File, d.Subject.Start.Line, d.Subject.Start.Column, d.Summary, d.Rule)
			}
		})
	}
}
