package flowtest_test

import (
	"os"
	"slices"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
	"vigil/engine/graph"
)

func TestEveryTextOfTheShippedFlowsHasItsGerman(t *testing.T) {
	library, found := engine.Load(os.DirFS("../../flows"), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	for _, d := range found {
		t.Errorf("%s:%d: %s", d.Subject.File, d.Subject.Start.Line, d.Summary)
	}
	if !slices.Contains(library.Languages(), "de") {
		t.Fatalf("the languages are %v", library.Languages())
	}
	for _, name := range graph.ProblemNames() {
		if library.Flow("sign-on").Problems["de"][name] == "" {
			t.Errorf("German has no problems.%s", name)
		}
	}
}

const inGerman = `flow: register
cases:
  - name: what is wrong is said in German
    request: {locale: de}
    steps:
      - {at: details, enter: {email: ada@example.com, password: short, terms: true}}
      - {at: details, message: Nehmen Sie mindestens 8 Zeichen., enter: {email: ada@example.com, password: a long one, terms: true}}
      - {at: code, notice: Wir haben an ada@example.com geschrieben., enter: {digits: '000000'}}
      - {at: code, message: Dieser Code stimmt nicht.}
`

func TestAShippedFlowSaysInGermanWhatACapabilityRefuses(t *testing.T) {
	library, _ := engine.Load(os.DirFS("../../flows"), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	for _, d := range flowtest.Run(library.Flow("register"), "register.test.yaml", []byte(inGerman)).Failures() {
		t.Errorf("%d: %s", d.Subject.Start.Line, d.Summary)
	}
}
