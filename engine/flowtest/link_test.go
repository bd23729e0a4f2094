package flowtest_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
	"vigil/engine/run"
)

const phone = `flow: phone
title: Sign on by the password, typed on a phone
start: name

nodes:
  name:
    form:
      title: Sign on
      fields: [{name: username, type: text, label: User name}]
    then: {continue: lookup}

  lookup:
    do: user.find
    with: {username: = name.username}
    then: {found: link, none: denied}

  link:
    do: link.create
    with: {account: = lookup.account, opens: confirm, expires: 5m, inputs: {place: = request.country}}
    limit: 3
    then: {created: wait, exhausted: denied}

  wait:
    form:
      title: Use your phone
      wait: {for: = link.challenge}
      buttons: [{name: again, label: Show another code, kind: link}, {name: cancel, label: Cancel, kind: link}]
    then: {approved: done, denied: denied, expired: late, again: link, cancel: denied}

  late: {end: error, with: {code: timeout}}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = wait.user, requires: [pwd]}}
`

const confirm = `flow: confirm
title: Confirm a sign-on that began elsewhere
inputs: {account: account, place: string}
outcomes: {approved: {}, denied: {}}
start: ask

nodes:
  ask:
    form:
      title: Sign on?
      text: Somebody in {{ inputs.place }} wants to sign on as {{ inputs.account.username }}.
      fields: [{name: password, type: password, label: Password}]
      buttons: [{name: agree, label: Agree}, {name: refuse, label: Refuse, kind: link}]
    then: {agree: check, refuse: refused}

  check:
    do: user.checkPassword
    with: {username: = inputs.account.username, password: = ask.password}
    limit: 3
    then:
      success: agreed
      failure: {to: ask, message: That password is not right., field: password}
      locked: refused
      mustChange: refused
      exhausted: refused

  agreed: {end: approved}
  refused: {end: denied}
`

const phoneCases = `flow: phone
users:
  ada: {username: ada, password: correct horse}
cases:
  - name: what the phone proves signs on where somebody waits
    request: {country: NL}
    steps:
      - {at: name, enter: {username: ada}}
      - {at: wait}
      - {opens: link}
      - {at: ask, enter: {password: wrong}}
      - {at: ask, message: That password is not right., enter: {password: correct horse}}
      - {ends: approved, proved: [pwd], passed: [ask, check, ask, check, agreed]}
      - {ends: success, with: {user: ada}, proved: [pwd], passed: [name, lookup, link, wait, done]}
      - {session: ada}
  - name: who refuses on the phone ends it here
    request: {country: NL}
    steps:
      - {at: name, enter: {username: ada}}
      - {opens: link}
      - {at: ask, press: refuse}
      - {ends: denied}
      - {ends: error, with: {code: access_denied}}
  - name: who waits too long begins again
    request: {country: NL}
    steps:
      - {at: name, enter: {username: ada}}
      - {at: wait}
      - {advance: 4m}
      - {at: wait}
      - {advance: 1m}
      - {ends: error, with: {code: timeout}}
  - name: nobody is told who has an account by a link that works
    request: {country: NL}
    steps:
      - {at: name, enter: {username: nobody}}
      - {ends: error, with: {code: access_denied}}
`

// loadPhone compiles the flow and the part behind its link.
func loadPhone(t *testing.T) *engine.Library {
	t.Helper()
	files := fstest.MapFS{"phone.yaml": {Data: []byte(phone)}, "confirm.yaml": {Data: []byte(confirm)}}
	library, found := engine.Load(files, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	for _, d := range found {
		t.Fatalf("%s:%d: %s", d.Subject.File, d.Subject.Start.Line, d.Summary)
	}
	return library
}

func TestALinkIsOpenedInAnotherBrowserAndTheOneThatWaitsSignsOn(t *testing.T) {
	report := flowtest.Run(loadPhone(t).Flow("phone"), "phone.test.yaml", []byte(phoneCases))
	for _, d := range report.Failures() {
		t.Errorf("%d: %s", d.Subject.Start.Line, d.Summary)
	}
	if len(report.Unpassed) != 3 {
		t.Errorf("unpassed are %v, wanted again, cancel and exhausted", report.Unpassed)
	}
}

func TestStepsOfALinkThatCannotBeAreMistakesOfTheTests(t *testing.T) {
	flow := loadPhone(t).Flow("phone")
	for change, want := range map[[2]string]string{
		{"opens: link}\n      - {at: ask, enter: {password: wrong}}", "opens: lookup}"}: `"lookup" makes no link`,
		{"opens: link}", "opens: lin}"}:                      `the flow has no node "lin"`,
		{"{ends: approved, ", "{ends: done, "}:               `the part has no outcome "done"`,
		{"{at: ask, press: refuse}", "{at: ask, press: no}"}: `form "ask" has no button "no"`,
		{"{at: ask, press: refuse}", "{opens: ask}"}:         `the other browser is at a link already`,
		{"{at: ask, press: refuse}", "{at: wait}"}:           `the flow has no node "wait"`,
	} {
		source := strings.Replace(phoneCases, change[0], change[1], 1)
		report := flowtest.Run(flow, "phone.test.yaml", []byte(source))
		if len(report.Diagnostics) == 0 || report.Diagnostics[0].Summary != want {
			t.Errorf("%s: %v, wanted %s", change[1], report.Diagnostics, want)
		}
	}
}

func TestALinkOpensOnceAndNotAfterItsTime(t *testing.T) {
	stage, found := flowtest.Open(loadPhone(t).Flow("phone"), "phone.test.yaml", []byte(phoneCases), "who waits too long begins again")
	if stage == nil {
		t.Fatal(found)
	}
	if err := stage.Open("confirm"); err == nil {
		t.Error("a link was opened that nobody made")
	}
	begin(t, stage)
	if err := stage.Open("confirm"); err != nil {
		t.Fatal(err)
	}
	if err := stage.Return(); err != nil {
		t.Fatal(err)
	}
	if err := stage.Open("confirm"); err == nil {
		t.Error("a link was opened twice")
	}
	if !stage.Back() || stage.Away() {
		t.Fatal("the link cannot be closed again")
	}
	stage.Advance(5 * 60e9)
	if err := stage.Open("confirm"); err == nil {
		t.Error("a link was opened after its time")
	}
}

// begin walks to the page that waits.
func begin(t *testing.T, stage *flowtest.Stage) {
	t.Helper()
	if err := stage.Start(); err != nil {
		t.Fatal(err)
	}
	if err := stage.Answer(run.Input{Node: "name", Values: map[string]string{"username": "ada"}}); err != nil {
		t.Fatal(err)
	}
}
