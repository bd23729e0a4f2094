package engine_test

import (
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
)

const asks = `flow: asks
title: Ask another server
start: ask

nodes:
  ask:
    do: http.request
    with: {url: 'https://api.example.com/people', expect: {id: string, age: number?}}
    then: {ok: adult, notFound: denied, refused: denied, failed: denied}

  adult:
    choose:
      - {when: = (ask.body.age ?? 0) >= 18, to: named}
      - to: denied

  named: {end: error, with: {code: access_denied, description: = ask.body.id}}
  denied: {end: error, with: {code: login_required}}
`

func TestWhatAFlowExpectsOfAServerTypesWhatItGets(t *testing.T) {
	registry := connector.NewRegistry(builtin.All(builtin.Ports{})...)
	flow, found := engine.Compile("asks.yaml", []byte(asks), registry)
	if flow == nil || len(found) > 0 {
		t.Fatalf("refused: %v", found)
	}
	for change, said := range map[string]string{
		"ask.body.id|ask.body.di":                       "di",
		"age: number?|age: string?":                     "number",
		"age: number?|age: numbr":                       `"numbr" is no type that an answer can have`,
		"age: number?|age: user":                        `"user" is no type that an answer can have`,
		"expect: {id: string, age: number?}|expect: id": `the input "expect" is "id", wanted an object`,
		"(ask.body.age ?? 0) >= 18|ask.body.age >= 18":  "ask.body.age",
	} {
		from, to, _ := strings.Cut(change, "|")
		flow, found := engine.Compile("asks.yaml", []byte(strings.Replace(asks, from, to, 1)), registry)
		if flow != nil && len(found) == 0 {
			t.Errorf("taken: %s", change)
			continue
		}
		if len(found) != 1 || !strings.Contains(found[0].Summary, said) {
			t.Errorf("%s: said %v", change, found)
		}
	}
}

func TestATestGivesTheAnswerOfAServer(t *testing.T) {
	flow, found := engine.Compile("asks.yaml", []byte(asks), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	if flow == nil {
		t.Fatal(found)
	}
	report := flowtest.Run(flow, "asks.test.yaml", []byte(`flow: asks
cases:
  - name: somebody of age
    answers: {ask: {outcome: ok, output: {status: 200, body: {id: '7', age: 18}}}}
    steps: [{ends: error, with: {description: '7'}}]
  - name: nobody knows how old
    answers: {ask: {outcome: ok, output: {status: 200, body: {id: '7'}}}}
    steps: [{ends: error, with: {code: login_required}}]
  - name: without an answer there is no network
    steps: [{ends: error, with: {code: server_error}}]
`))
	for _, failure := range report.Failures() {
		t.Error(failure.Subject.Start.Line, failure.Summary)
	}
}
