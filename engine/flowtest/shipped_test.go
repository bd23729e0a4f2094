package flowtest_test

import (
	"io/fs"
	"os"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/diag"
	"vigil/engine/flowtest"
)

func TestTheShippedFlowsHoldTheirPromisesAndEveryEdgeIsPassed(t *testing.T) {
	shipped := os.DirFS("../../flows")
	library, diagnostics := engine.Load(shipped, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	tell(t, diagnostics)
	if len(library.Flows()) == 0 {
		t.Fatal("no flow ships")
	}
	for _, flow := range library.Flows() {
		t.Run(flow.Name, func(t *testing.T) {
			name := flow.Name + ".test.yaml"
			source, err := fs.ReadFile(shipped, name)
			if err != nil {
				t.Fatal(err)
			}
			report := flowtest.Run(flow, name, source)
			tell(t, report.Failures())
			for _, edge := range report.Unpassed {
				t.Errorf("no case passes %s", edge)
			}
			if len(report.Cases) == 0 || report.Edges == 0 {
				t.Errorf("%d cases over %d edges", len(report.Cases), report.Edges)
			}
		})
	}
}

func tell(t *testing.T, diagnostics []diag.Diagnostic) {
	t.Helper()
	for _, d := range diagnostics {
		t.Errorf("%s:%d:%d: %s [%s] %s", d.Subject.File, d.Subject.Start.Line, d.Subject.Start.Column, d.Summary, d.Rule, d.Hint)
	}
}
