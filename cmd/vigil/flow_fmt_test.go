package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesComeIntoFormInTheirPlace(t *testing.T) {
	b := newBench(t)
	untidy := strings.Replace(fineFlow, "flow: fine\ntitle: Fine\n", "title: Fine\nflow:   fine\n", 1)
	b.write("flows/fine.yaml", untidy)
	b.write("flows/broken.yaml", "flow: &a broken\n")
	if r := b.run("", "flow", "fmt", "--check", "flows"); r.code != exitFailed || r.out != "flows/fine.yaml\n" ||
		!strings.HasPrefix(r.err, "flows/broken.yaml:1:7: error: &a is a YAML anchor: a flow has none [anchor]\n") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	const file = "flows/fine.yaml"
	if read(t, b, file) != untidy {
		t.Error("--check wrote")
	}
	if out := b.must("", "flow", "fmt", file); out != file+"\n" {
		t.Error(out)
	}
	if got := read(t, b, file); got == untidy || !strings.HasPrefix(got, "flow: fine\ntitle: Fine\nvars: {user: user}\n") {
		t.Error(got)
	}
	if out := b.must("", "flow", "fmt", "--check", file); out != "" {
		t.Errorf("a file in form is named: %s", out)
	}
	if out := b.must(untidy, "flow", "fmt", "-"); out != read(t, b, file) {
		t.Errorf("standard input gives another form:\n%s", out)
	}
}

func read(t *testing.T, b *bench, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
