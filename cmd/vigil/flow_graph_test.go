package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFlowIsDrawnInThreeWays(t *testing.T) {
	b := newBench(t)
	b.write("fine.yaml", fineFlow)
	for format, begins := range map[string]string{"svg": "<svg ", "mermaid": "flowchart TD\n", "text": "fine: Fine\n"} {
		out := b.must("", "flow", "graph", "fine.yaml", "--format", format)
		if !strings.HasPrefix(out, begins) || !strings.Contains(out, "session") || !strings.Contains(out, "gone") {
			t.Errorf("%s:\n%s", format, out)
		}
		b.must("", "flow", "graph", "fine.yaml", "--format", format, "-o", "out")
		if written, err := os.ReadFile(filepath.Join(b.folder, "out")); err != nil || string(written) != out {
			t.Errorf("%s: the file differs from the output, %v", format, err)
		}
	}
}

func TestAFlowWithMistakesIsDrawnAsFarAsItCanBeRead(t *testing.T) {
	b := newBench(t)
	b.write("broken.yaml", strings.Replace(fineFlow, "none: gone", "none: gonne", 1))
	if out := b.must("", "flow", "graph", "--format", "text", "broken.yaml"); !strings.Contains(out, "active -> done") || strings.Contains(out, "none ->") {
		t.Error(out)
	}
	b.write("nothing.yaml", "flow: nothing\n")
	if r := b.run("", "flow", "graph", "nothing.yaml"); r.code != exitFailed || !strings.Contains(r.err, "missing-key") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := b.run("", "flow", "graph", "absent.yaml"); r.code != exitMisused {
		t.Errorf("exit %d", r.code)
	}
}

func TestTwoVersionsOfAFlowAreToldApart(t *testing.T) {
	b := newBench(t)
	b.write("old/fine.yaml", fineFlow)
	b.write("new/fine.yaml", strings.Replace(fineFlow, "none: gone", "none: done", 1))
	if r := b.run("", "flow", "diff", "old/fine.yaml", "new/fine.yaml"); r.code != exitFailed || !strings.Contains(r.out, "+ way new: session -none-> done\n") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if out := b.must("", "flow", "diff", "old/fine.yaml", "old/fine.yaml"); out != "" {
		t.Error(out)
	}
}
