package rehearsal_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"vigil/engine"
)

const greet = `flow: greet
title: Greets somebody
inputs: {words: string, often: number, whom: account, friends: list<account>?, wait: duration?}
outcomes: {greeted: {words: string, often: number, whom: account, wait: duration}, left: {}}
start: ask
nodes:
  ask:
    form:
      title: "{{ inputs.words }}, {{ inputs.whom.username }}, {{ inputs.often }} times"
      buttons: [{name: go, label: Go on}, {name: leave, label: Leave, kind: link}, {name: break, label: Break, kind: link}]
    then: {go: greeted, leave: left, break: fetch}
  fetch:
    do: http.request
    with: {url: 'https://api.example.com/', expect: {id: string}}
    then: {ok: left, failed: left, notFound: left, refused: left}
  greeted: {end: greeted, with: {words: = inputs.words, often: = inputs.often, whom: = inputs.whom, wait: = inputs.wait ?? duration('1h')}}
  left: {end: left}
`

const greetCases = `flow: greet
users: {ada: {username: ada}}
cases:
  - name: one
    inputs: {words: 'Good day: "you"', often: 3, whom: ada, wait: 5m}
    answers: {fetch: error}
    steps:
      - {at: ask, press: go}
      - {ends: greeted, with: {words: 'Good day: "you"', often: 3, whom: ada, wait: 5m}}
      - {at: ask, press: leave}
      - {ends: left}
      - {at: ask, press: break}
      - {ends: error, with: {code: server_error}}
`

func loadGreet(t *testing.T) *engine.Library {
	t.Helper()
	return library(t, fstest.MapFS{"greet.yaml": {Data: []byte(greet)}})
}

func TestAPartIsGivenWhatTheCaseGivesAndHeldToWhatItGave(t *testing.T) {
	t.Parallel()
	house := borrow(t)
	report := house.Run(loadGreet(t).Flow("greet"), "greet.test.yaml", []byte(greetCases))
	if !report.OK() || report.Cases[0].LeftOut != "" {
		t.Fatalf("%v, left out: %s", report.Failures(), report.Cases[0].LeftOut)
	}
	for _, c := range []struct{ old, now, says string }{
		{"words: = inputs.words", "words: Hello", `the part gave "words" as "Hello" at the server and as "Good day: \"you\"" on the stage`},
		{"wait: = inputs.wait ?? duration('1h')", "wait: 2h", `the part gave "wait" as 2h at the server and as 5m on the stage`},
	} {
		all := loadGreet(t)
		serve(t, all.Flow("greet"), c.old, c.now)
		differs(t, house.Run(all.Flow("greet"), "greet.test.yaml", []byte(greetCases)), 9, c.says)
	}
	inside := strings.Replace(greetCases, "whom: ada, wait", "whom: ada, friends: [ada], wait", 1)
	report = house.Run(loadGreet(t).Flow("greet"), "greet.test.yaml", []byte(inside))
	if why := report.Cases[0].LeftOut; !report.OK() || why != `the part is given people inside of "friends"` {
		t.Errorf("%v, left out: %q", report.Failures(), why)
	}
}
