package rehearsal_test

import (
	"io/fs"
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/flows"
	"vigil/internal/rehearsal"
)

func TestTheStageAndARealBrowserBeforeARealServerAgreeOnEveryShippedFlow(t *testing.T) {
	house, err := rehearsal.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer house.Close()
	library, found := engine.Load(flows.Files, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	if library == nil {
		t.Fatal(found)
	}
	for _, flow := range library.Flows() {
		file := flow.Name + ".test.yaml"
		source, err := fs.ReadFile(flows.Files, file)
		if err != nil {
			continue
		}
		t.Run(flow.Name, func(t *testing.T) {
			report := house.Run(flow, file, source)
			for _, d := range report.Failures() {
				t.Errorf("%s:%d: %s", d.Subject.File, d.Subject.Start.Line, d.Summary)
			}
			var left []string
			for _, c := range report.Cases {
				if c.LeftOut != "" {
					left = append(left, c.Name+": "+c.LeftOut)
				}
			}
			if len(left) > 0 {
				t.Errorf("%d of %d cases are left out:\n%s", len(left), len(report.Cases), strings.Join(left, "\n"))
			}
		})
	}
}
