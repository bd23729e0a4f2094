package rehearsal_test

import (
	"testing"
	"testing/fstest"
)

// kept asks everybody each time, and lets the person say whether the session outlives the browser.
const kept = `flow: kept
title: Asks each time
start: ask
nodes:
  ask:
    form:
      title: Sign on
      fields: [{name: username, type: text, label: User name}, {name: password, type: newPassword, label: Password}, {name: keep, type: checkbox, label: Keep it}]
    then: {continue: policy}
  policy:
    do: user.checkPolicy
    with: {password: = ask.password, username: = ask.username}
    then: {good: check, weakPassword: {to: ask, message: '{{ policy.reason }}', field: password}}
  check:
    do: user.checkPassword
    with: {username: = ask.username, password: = ask.password}
    limit: 2
    then: {success: done, failure: denied, locked: denied, mustChange: denied, exhausted: denied}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = check.user, persistent: = ask.keep}}
`

func rehearse(t *testing.T, steps string) {
	t.Helper()
	flow := library(t, fstest.MapFS{"kept.yaml": {Data: []byte(kept)}}).Flow("kept")
	report := borrow(t).Run(flow, "kept.test.yaml", []byte("flow: kept\nusers: {ada: {password: correct horse}}\ncases:\n- name: it goes so\n  steps:\n"+steps))
	for _, d := range report.Failures() {
		t.Errorf("line %d: %s", d.Subject.Start.Line, d.Summary)
	}
}

func TestASessionThatGoesOnStaysInTheBrowserAsItBegan(t *testing.T) {
	t.Parallel()
	rehearse(t, `
  - {at: ask, enter: {username: ada, password: correct horse, keep: true}}
  - {ends: success, with: {persistent: true}}
  - {at: ask, enter: {username: ada, password: correct horse}}
  - {ends: success, with: {persistent: false}}
`)
}

func TestAPasswordIsRefusedForTheSameReasonsOnTheStageAndAtTheServer(t *testing.T) {
	t.Parallel()
	rehearse(t, `
  - {at: ask, enter: {username: eve, password: eve}}
  - {at: ask, message: Use at least 8 characters. Use something else than your name.}
`)
}
