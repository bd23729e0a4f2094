package flowtest_test

import (
	"os"
	"slices"
	"strings"
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

// letters are cases of shipped flows whose letters are read by somebody whose pages speak German.
var letters = map[string]string{
	"register": `{at: details, enter: {email: new@example.com, password: a long one, terms: true}}
      - {reads: email, subject: Ihr Code für das neue Konto, says: 'Ihr Code ist ', as: code}
      - {at: code, enter: {digits: = code}}
      - {ends: success}`,
	"reset-password": `{at: address, enter: {username: ada}}
      - {reads: email, subject: Ihr Code für ein neues Passwort, says: 'Ihr Code ist ', as: code}
      - {at: code, enter: {digits: = code}}
      - {at: choice}`,
	"sign-on-email": `{at: who, enter: {username: ada}}
      - {reads: email, subject: Ihr Code, says: Er gilt 10 Minuten., as: code}
      - {at: code, enter: {digits: = code}}
      - {ends: success}`,
	"sign-on-familiar": `{at: credentials, enter: {username: ada, password: correct horse}}
      - {reads: email, subject: Ihr Code, says: Er gilt 10 Minuten., as: code}
      - {at: code, enter: {digits: = code}}
      - {ends: success}`,
	"sign-on-link": `{at: address, enter: {email: ada@example.com}}
      - {reads: email, subject: Ihr Link zum Anmelden, says: 'Öffnen Sie diesen Link'}
      - {opens: mail}
      - {at: ask, press: signOn}
      - {ends: approved}
      - {ends: success}`,
}

func TestLettersOfShippedFlowsSpeakTheLanguageOfTheirPages(t *testing.T) {
	library, _ := engine.Load(os.DirFS("../../flows"), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	for _, flow := range library.Flows() {
		writes := slices.ContainsFunc(flow.Nodes, func(n *graph.Node) bool {
			return n.Do != nil && strings.HasPrefix(n.Do.Capability.Name, "email.send")
		})
		steps, known := letters[flow.Name]
		if writes != known {
			t.Errorf("%s writes letters: %v, and a case reads them: %v", flow.Name, writes, known)
		}
		if !known {
			continue
		}
		source := "flow: " + flow.Name + "\nusers:\n  ada: {username: ada, password: correct horse, email: ada@example.com}\n" +
			"cases:\n  - name: the letter\n    request: {locale: de}\n    steps:\n      - " + steps + "\n"
		for _, d := range flowtest.Run(flow, flow.Name+".test.yaml", []byte(source)).Failures() {
			t.Errorf("%s: %d: %s", flow.Name, d.Subject.Start.Line, d.Summary)
		}
	}
}
