package flowtest_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
	"vigil/engine/graph"
)

const (
	askPart = `flow: ask
title: Ask for the password of somebody found
inputs: {account: account}
outcomes: {proved: {user: user}, gaveUp: {}}
start: page
nodes:
  page:
    form:
      title: Hello {{ inputs.account.username }}
      fields: [{name: password, type: password, label: Password}]
      buttons: [{name: go, label: Go}, {name: cancel, label: Cancel, kind: link}]
    then: {go: check, cancel: quit}
  check:
    do: user.checkPassword
    with: {username: = inputs.account.username, password: = page.password}
    limit: 2
    then: {success: fine, failure: {to: page, message: No.}, locked: quit, mustChange: quit, exhausted: {to: quit}}
  quit: {end: gaveUp}
  fine: {end: proved, with: {user: = check.user}}
`
	askingFlow = `flow: asking
title: Find, then ask
start: who
nodes:
  who:
    form: {title: Who?, fields: [{name: username, type: text, label: Name}]}
    then: {continue: lookup}
  lookup: {do: user.find, with: {username: = who.username}, limit: 5, then: {found: ask, none: who, exhausted: denied}}
  ask: {call: ask, with: {account: = lookup.account}, then: {proved: done, gaveUp: denied}}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = ask.user}}
`
)

func asking(t *testing.T) *engine.Library {
	t.Helper()
	library, found := engine.Load(fstest.MapFS{"ask.yaml": {Data: []byte(askPart)}, "asking.yaml": {Data: []byte(askingFlow)}}, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	tell(t, found)
	return library
}

func tested(flow *graph.Flow, cases string) flowtest.Report {
	return flowtest.Run(flow, flow.Name+".test.yaml", []byte("flow: "+flow.Name+"\nusers: {ada: {password: right}, bob: {password: other}}\ncases:\n"+cases))
}

func TestAPartIsTestedByItself(t *testing.T) {
	report := tested(asking(t).Flow("ask"), `
  - name: the right password gives the user
    inputs: {account: ada}
    steps:
      - {at: page, enter: {password: right}}
      - {ends: proved, with: {user: ada}, proved: [pwd], passed: [page, check, fine]}
  - name: giving up is told to the caller
    inputs: {account: ada}
    steps:
      - {at: page, press: cancel}
      - {ends: gaveUp, proved: []}
  - name: a failure climbs to the caller
    inputs: {account: ada}
    answers: {check: error}
    steps:
      - {at: page, enter: {password: right}}
      - {ends: error, with: {code: server_error}}
`)
	tell(t, report.Failures())
	if len(report.Cases) != 3 || report.Edges != 7 || len(report.Unpassed) != 4 || report.Nodes != 4 || len(report.Unentered) != 0 {
		t.Errorf("%d cases, %d of %d edges and %v of %d nodes left", len(report.Cases), len(report.Unpassed), report.Edges, report.Unentered, report.Nodes)
	}
}

func TestWhatIsExpectedOfAPartIsHeldAgainstWhatItDeclares(t *testing.T) {
	part := asking(t).Flow("ask")
	for _, c := range []struct{ test, want string }{
		{"  - {name: x, steps: []}\n", `4:5: the part wants "account"`},
		{"  - {name: x, inputs: {acount: ada}, steps: []}\n", `4:24: the part has no key "acount"`},
		{"  - {name: x, inputs: {account: ada}, steps: [{ends: succes}]}\n", `4:54: the part has no outcome "succes"`},
		{"  - {name: x, inputs: {account: ada}, steps: [{ends: proved, with: {usr: ada}}]}\n", `4:69: the outcome "proved" gives no "usr"`},
		{"  - {name: x, inputs: {account: ada}, steps: [{at: page, enter: {password: right}}, {ends: gaveUp}]}\n", `4:92: case "x": gaveUp was expected, but it ended in proved`},
		{"  - {name: x, inputs: {account: ada}, steps: [{at: page, enter: {password: right}}, {ends: proved, with: {user: bob}}]}\n", `4:113: case "x": user is "ada"`},
	} {
		failures := tested(part, c.test).Failures()
		if len(failures) == 0 || spell(failures[0]) != c.want {
			t.Errorf("%swanted %s, got", c.test, c.want)
			tell(t, failures)
		}
	}
}

func TestFormsAndWorkInsidePartsAreNamedByTheWayThere(t *testing.T) {
	flow := asking(t).Flow("asking")
	report := tested(flow, `
  - name: through the part
    answers: {ask/check: [failure, {outcome: success, output: {user: bob}}]}
    steps:
      - {at: who, enter: {username: bob}}
      - {at: ask/page, enter: {password: whatever}}
      - {at: ask/page, message: No., enter: {password: whatever}}
      - {ends: success, with: {user: bob}}
`)
	tell(t, report.Failures())
	for steps, want := range map[string]string{
		"{at: ask/pge}":                       `4:28: the part "ask" has no node "pge"`,
		"{at: who/page}":                      `4:28: "who" calls no part`,
		"{at: ask/page, enter: {pasword: x}}": `4:46: form "page" has no field "pasword"`,
	} {
		failures := tested(flow, "  - {name: x, steps: ["+strings.TrimSpace(steps)+"]}\n").Failures()
		if len(failures) != 1 || spell(failures[0]) != want {
			t.Errorf("%s: wanted %s, got", steps, want)
			tell(t, failures)
		}
	}
}

func TestWhoLeavesOutTheWayIntoAPartIsToldIt(t *testing.T) {
	failures := tested(asking(t).Flow("asking"), "  - {name: x, steps: [{at: page}]}\n").Failures()
	if len(failures) != 1 || !strings.Contains(failures[0].Hint, "write ask/page") {
		t.Errorf("wanted the way ask/page, got")
		tell(t, failures)
	}
}

func TestAStageGoesBackOneAnswer(t *testing.T) {
	stage, found := flowtest.Open(asking(t).Flow("asking"), "asking.test.yaml", []byte("flow: asking\nusers: {ada: {password: right}}\ncases: []\n"), "")
	tell(t, found)
	if err := stage.Start(); err != nil {
		t.Fatal(err)
	}
	answer(t, stage, "who", map[string]string{"username": "ada"})
	if at := waitsAt(stage); at != "ask/page" {
		t.Fatalf("it waits at %q", at)
	}
	answer(t, stage, "ask/page", map[string]string{"password": "right"})
	if stage.Session() == nil {
		t.Error("the run succeeded and began no session")
	}
	if !stage.Back() || waitsAt(stage) != "ask/page" || stage.Session() != nil {
		t.Error("a step back does not lead before the session")
	}
	if !stage.Back() || waitsAt(stage) != "who" || stage.Back() {
		t.Error("steps back do not end at the first page")
	}
}
