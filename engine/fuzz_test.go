package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/engine"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/internal/samples"
)

// nothing is a scope in which no value is there.
type nothing struct{}

func (nothing) Lookup(string, string) (any, bool) { return nil, false }

func (nothing) Now() time.Time { return time.Unix(0, 0) }

// FuzzCompile holds for any bytes: nothing panics, every mistake has a place in the file and a fix, and only whole flows come out.
func FuzzCompile(f *testing.F) {
	flows, err := filepath.Glob("testdata/flows/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	examples, err := filepath.Glob("rule/testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(flows, examples...) {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range hostile() {
		if len(text) < 4<<10 {
			f.Add([]byte(text))
		}
	}
	for _, text := range []string{"", "\xff", "flow: x\nnodes: {a: {end: |\n  = b}}", "a: >+2\n\n   = b\n", "? {a: b}\n: \"= \\\n c\"\n", "nodes: {a: {form: {text: '{{ ''}}'' }}'}}}"} {
		f.Add([]byte(text))
	}
	registry := samples.Registry()
	f.Fuzz(func(t *testing.T, source []byte) {
		flow, found := engine.Compile("x.yaml", source, registry)
		if (flow != nil) == diag.HasErrors(found) {
			t.Fatalf("a flow with errors is served, or one without is not: %s", sentences(found))
		}
		lines := strings.Split(string(source), "\n")
		for _, d := range found {
			at := d.Subject
			if at.Start.Line < 1 || at.Start.Line > len(lines) || at.Start.Column < 1 || at.Start.Column > len([]rune(lines[at.Start.Line-1]))+1 {
				t.Fatalf("%q stands at %v, outside the file", d.Summary, at.Start)
			}
			if at.End.Line < at.Start.Line || at.End.Line == at.Start.Line && at.End.Column <= at.Start.Column {
				t.Fatalf("%q has the range %v-%v", d.Summary, at.Start, at.End)
			}
			if d.Hint == "" || d.Summary == "" || d.Rule == "" {
				t.Fatalf("%q [%s] comes without help", d.Summary, d.Rule)
			}
		}
		if flow != nil {
			compute(flow)
		}
	})
}

// compute computes every value of a flow where nothing is there: that is an error or a value, never a panic.
func compute(flow *graph.Flow) {
	eval := func(v graph.Value) {
		if v != nil {
			_, _ = v.Eval(nothing{})
		}
	}
	for _, n := range flow.Nodes {
		for i := range n.Choose {
			eval(n.Choose[i].When)
		}
		if n.Form != nil {
			for i := range n.Form.Fields {
				eval(n.Form.Fields[i].Value)
				eval(n.Form.Fields[i].When)
			}
		}
		for _, edge := range n.Then {
			for i := range edge.Set {
				eval(edge.Set[i].Value)
			}
		}
	}
}
