package engine_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/diag"
	"vigil/engine/flowtest"
)

const foldersFile = "testdata/folders.txt"

// TestEveryMistakeInAFolderIsNamed breaks one file of testdata/folder, a flow with a part, tests and a language, and holds what is said then.
func TestEveryMistakeInAFolderIsNamed(t *testing.T) {
	sound := soundFolder(t)
	if said := judge(sound); said != "" {
		t.Fatalf("the folder is not sound:\n%s", said)
	}
	head, mistakes := readCorpus(t, foldersFile)
	if len(mistakes) < 60 {
		t.Errorf("the corpus holds %d mistakes, wanted 60 at least", len(mistakes))
	}
	for i := range mistakes {
		m := &mistakes[i]
		file := sound[m.flow]
		if file == nil || !strings.Contains(string(file.Data), m.old) {
			t.Errorf("%s: %q does not stand in %s", m.title, m.old, m.flow)
			continue
		}
		broken := fstest.MapFS{}
		for name, kept := range sound {
			broken[name] = kept
		}
		broken[m.flow] = &fstest.MapFile{Data: []byte(strings.Replace(string(file.Data), m.old, strings.ReplaceAll(m.new, "⇥", "\t"), 1))}
		got := judge(broken)
		if *update {
			m.expected = got
		}
		if got != m.expected || got == "" {
			t.Errorf("%s: got\n%s\nwanted\n%s", m.title, got, m.expected)
		}
		if strings.Contains(got, "help: \n") && !strings.Contains(got, "[flow-test]") {
			t.Errorf("%s: no help in\n%s", m.title, got)
		}
	}
	if *update {
		writeCorpus(t, foldersFile, head, mistakes)
	}
}

func soundFolder(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, pattern := range []string{"*.yaml", "locales/*.yaml"} {
		names, err := filepath.Glob("testdata/folder/" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[path.Join(path.Dir(pattern), path.Base(name))] = &fstest.MapFile{Data: text}
		}
	}
	return files
}

// judge says all that is said of a folder, and, where its flows are sound, of their tests.
func judge(files fstest.MapFS) string {
	library, found := engine.Load(files, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	var b strings.Builder
	tell := func(found []diag.Diagnostic) {
		for i := range found {
			fmt.Fprintf(&b, "%s:%s", found[i].Subject.File, told(found[i:i+1]))
		}
	}
	tell(found)
	for _, flow := range library.Flows() {
		name := flow.Name + ".test.yaml"
		report := flowtest.Run(flow, name, files[name].Data)
		tell(report.Failures())
	}
	return b.String()
}
