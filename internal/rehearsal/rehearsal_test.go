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

// leftOut are the shipped cases that cannot be played here, counted by flow: internal/endtoend has passkeys, providers and links in browsers.
var leftOut = map[string]int{"sign-on-external": 14, "sign-on-familiar": 1, "sign-on-link": 2, "sign-on-passkey": 10}

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
		if err != nil || flow.Part {
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
			if len(left) != leftOut[flow.Name] {
				t.Errorf("%d of %d cases are left out, promised are %d:\n%s", len(left), len(report.Cases), leftOut[flow.Name], strings.Join(left, "\n"))
			}
		})
	}
}
