package flowtest_test

import (
	"fmt"
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/diag"
	"vigil/engine/flowtest"
)

// small is a flow for the tests of the tests.
const small = `flow: small
title: Small
vars: {user: user}
start: credentials
nodes:
  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User name, value: = request.loginHint}
        - {name: password, type: password, label: Password}
        - {name: terms, type: checkbox, label: Terms}
    then: {continue: verify}
  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 2
    then:
      success: {to: done, set: {user: = verify.user}}
      failure: {to: credentials, message: No., notice: Try again.}
      locked: {to: credentials, message: Locked.}
      mustChange: denied
      exhausted: denied
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = vars.user, idleTimeout: 10m, scopes: [a, b], idTokenClaims: {level: 2, tags: [x]}}}
`

func compiled(t *testing.T) func(test string) flowtest.Report {
	t.Helper()
	flow, diagnostics := engine.Compile("small.yaml", []byte(small), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	if flow == nil {
		tell(t, diagnostics)
		t.FailNow()
	}
	return func(test string) flowtest.Report {
		return flowtest.Run(flow, "small.test.yaml", []byte("flow: small\nusers:\n  ada: {password: right}\n  bob: {password: other, email: bob@example.com}\n"+test))
	}
}

// oneCase puts steps, which begin in line 8, into a case.
func oneCase(steps string) string { return "cases:\n  - name: it goes so\n    steps:\n" + steps }

func TestAStepThatTurnsOutOtherwiseIsNamedAtItsPlace(t *testing.T) {
	run := compiled(t)
	in := "      - {at: credentials, enter: {username: ada, password: right}}\n"
	wrong := "      - {at: credentials, enter: {username: ada, password: wrong}}\n"
	for _, c := range []struct{ steps, want string }{
		{in + "      - {at: credentials}\n", `9:14: case "it goes so": the run was expected at "credentials", but it ended in success with ada`},
		{in + "      - {ends: error}\n", `9:16: case "it goes so": an error was expected, but it ended in success with ada`},
		{in + "      - {ends: success, with: {user: bob}}\n", `9:38: case "it goes so": user is "ada"`},
		{in + "      - {ends: success, with: {idleTimeout: 11m}}\n", `9:45: case "it goes so": idleTimeout is 10m`},
		{in + "      - {ends: success, with: {persistent: true}}\n", `9:44: case "it goes so": persistent is not given`},
		{in + "      - {ends: success, with: {scopes: [a]}}\n", `9:40: case "it goes so": scopes is [a b]`},
		{in + "      - {ends: success, with: {idTokenClaims: {level: 3, tags: [x]}}}\n", `9:47: case "it goes so": idTokenClaims is`},
		{in + "      - {ends: success, proved: [pwd, otp]}\n", `9:33: case "it goes so": proved were [pwd]`},
		{in + "      - {ends: success, passed: [verify, done]}\n", `9:33: case "it goes so": passed were [credentials, verify, done]`},
		{in + "      - {session: none}\n", `9:19: case "it goes so": no session was expected, but ada has one`},
		{in + "      - {session: bob}\n", `9:19: case "it goes so": a session of bob was expected, but ada has one`},
		{"      - {session: ada}\n", `8:19: case "it goes so": a session of ada was expected, but there is none`},
		{"      - {ends: success}\n", `8:16: case "it goes so": the run was expected to end, but it waits at "credentials"`},
		{wrong + "      - {ends: success}\n", `9:16: case "it goes so": the run was expected to end`},
		{wrong + "      - {at: credentials, message: Yes.}\n", `9:36: case "it goes so": the page's message is "No."`},
		{wrong + "      - {at: credentials, notice: Go away.}\n", `9:35: case "it goes so": the page's notice is "Try again."`},
		{wrong + "      - {at: credentials, shows: {username: eve}}\n", `9:45: case "it goes so": field "username" shows "ada"`},
		{wrong + "      - {at: credentials, shows: {terms: true}}\n", `9:42: case "it goes so": field "terms" shows "false"`},
		{wrong, `8:14: case "it goes so": the run goes on at "credentials": say so in a last step {at: credentials}`},
		{in, `8:14: case "it goes so": it ended in success with ada: say so in a last step that has ends`},
		{in + "      - {session: ada}\n", `8:14: case "it goes so": it ended in success with ada: say so`},
		{wrong + wrong + wrong + "      - {ends: success}\n", `11:16: case "it goes so": success was expected, but it ended in error access_denied at "denied"`},
	} {
		report := run(oneCase(c.steps))
		failures := report.Failures()
		if len(failures) != 1 || report.OK() || !strings.HasPrefix(spell(failures[0]), c.want) {
			t.Errorf("%swanted %s\ngot", c.steps, c.want)
			tell(t, failures)
		}
	}
}

func spell(d diag.Diagnostic) string {
	return fmt.Sprintf("%d:%d: %s", d.Subject.Start.Line, d.Subject.Start.Column, d.Summary)
}

func TestWhatACaseSaysHolds(t *testing.T) {
	run := compiled(t)
	report := run(`cases:
  - name: claims and scopes
    steps:
      - {at: credentials, enter: {username: bob@example.com, password: other, terms: true}}
      - {ends: success, with: {user: bob, scopes: [a, b], idTokenClaims: {level: 2, tags: [x]}}}
      - {advance: 11m}
      - {session: none}
  - name: a capability that answers as told
    answers: {verify: {outcome: success, output: {user: bob}}}
    steps:
      - {at: credentials, enter: {username: whoever, password: whatever}}
      - {ends: success, with: {user: bob}, proved: [pwd]}
  - name: an outcome by its name
    answers: {verify: locked}
    steps:
      - {at: credentials, enter: {username: ada, password: right}, times: 2}
      - {at: credentials, message: Locked.}
  - name: another user ends the first one's session
    session: {user: ada, methods: [pwd], age: 1h}
    steps:
      - {session: ada}
      - {at: credentials, enter: {username: bob@example.com, password: other}}
      - {ends: success}
      - {session: bob}
`)
	tell(t, report.Failures())
	var left []string
	for _, e := range report.Unpassed {
		left = append(left, e.String())
	}
	want := "verify -failure-> credentials, verify -mustChange-> denied, verify -exhausted-> denied"
	if got := strings.Join(left, ", "); got != want || report.Edges != 6 || len(report.Cases) != 4 {
		t.Errorf("unpassed of %d edges: %s", report.Edges, got)
	}
}

func TestAMistakeInATestFileIsNamedWithAFix(t *testing.T) {
	run := compiled(t)
	for _, c := range []struct{ test, want, hint string }{
		{"", "1:1: a test file has no cases", "add cases"},
		{"case: []\n", `5:1: a test file has no key "case"`, `did you mean "cases"?`},
		{"cases: []\ncases: []\n", `6:1: the key "cases" stands twice in one map`, "remove one"},
		{"cases: {a: b}\n", "5:8: cases is a map, wanted a list", "dash"},
		{"cases: [}\n", "5:9: a } closes what [ opened", "write ]"},
		{"cases: [{steps: []}]\n", "5:9: the case has no name", "sentence"},
		{"cases: [{name: x}]\n", "5:9: the case has no steps", "add steps"},
		{oneCase("      - {at: credential}\n"), `8:14: the flow has no node "credential"`, `did you mean "credentials"?`},
		{oneCase("      - {at: verify}\n"), `8:14: "verify" is not a form`, "wait at a form"},
		{oneCase("      - {at: credentials, enter: {usrname: ada}}\n"), `8:35: form "credentials" has no field "usrname"`, `did you mean "username"?`},
		{oneCase("      - {at: credentials, shows: {usrname: ada}}\n"), `8:35: form "credentials" has no field "usrname"`, `did you mean "username"?`},
		{oneCase("      - {at: credentials, press: contine}\n"), `8:34: form "credentials" has no button "contine"`, `did you mean "continue"?`},
		{oneCase("      - {at: credentials, times: many}\n"), `8:34: times is "many", wanted a number from 1 to 1000`, "1 to 1000"},
		{oneCase("      - {at: credentials, ends: success}\n"), "8:9: a step has exactly one of at, ends, advance, opens, session and reads; this has at and ends", "step of its own"},
		{oneCase("      - {ends: success, press: continue}\n"), `8:25: a step with "ends" has no key "press"`, "press goes with at"},
		{oneCase("      - {ends: well}\n"), `8:16: no flow ends in "well"`, "success or error"},
		{oneCase("      - {ends: success, with: {usr: ada}}\n"), `8:32: an end has no value "usr"`, `did you mean "user"?`},
		{oneCase("      - {ends: success, with: {user: adda}}\n"), `8:38: there is no user "adda"`, `did you mean "ada"?`},
		{oneCase("      - {ends: error, with: {code: acces_denied}}\n"), `8:36: no flow ends with the code "acces_denied"`, `did you mean "access_denied"?`},
		{oneCase("      - {ends: success, passed: [nowhere]}\n"), `8:34: the flow has no node "nowhere"`, "Its nodes are"},
		{oneCase("      - {advance: soon}\n"), `8:19: advance is "soon", wanted a duration`, "15m"},
		{"cases: [{name: x, answers: {verify: succes}, steps: []}]\n", `5:37: node "verify" has no outcome "succes"`, `did you mean "success"?`},
		{"cases: [{name: x, answers: {verify: success}, steps: []}]\n", `5:37: outcome "success" gives "user"`, "output: {user"},
		{"cases: [{name: x, answers: {credentials: done}, steps: []}]\n", `5:29: "credentials" asks no capability`, "do"},
		{"cases: [{name: x, session: {methods: [pwd]}, steps: []}]\n", "5:28: the session has no user", "users"},
	} {
		failures := run(c.test).Failures()
		if len(failures) == 0 || !strings.HasPrefix(spell(failures[0]), c.want) || !strings.Contains(failures[0].Hint, c.hint) {
			t.Errorf("%swanted %s (%s)\ngot", c.test, c.want, c.hint)
			tell(t, failures)
		}
	}
}
