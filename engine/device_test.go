package engine_test

import (
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
)

const chooses = `flow: chooses
title: Choose among what was registered
inputs: {account: account}
outcomes: {chosen: {name: string}, nothing: {}}
vars: {name: string}
start: list

nodes:
  list:
    do: devices.list
    with: {account: = inputs.account}
    then: {some: several, none: nothing}

  several:
    choose:
      - {when: "= count(list.list, .kind == 'totp') == 1 && len(list.list) == 1", to: only, set: {name: "= find(list.list, .kind == 'totp').name ?? ''"}}
      - to: ask

  ask:
    form:
      title: Which one?
      fields: [{name: device, type: choice, label: Device, options: = list.list}]
    then: {continue: {to: only, set: {name: = ask.device.name}}}

  only: {end: chosen, with: {name: = vars.name}}
  nothing: {end: nothing}
`

func TestADeviceTellsItsKindAndName(t *testing.T) {
	flow, found := engine.Compile("chooses.yaml", []byte(chooses), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	if flow == nil || len(found) > 0 {
		t.Fatal(found)
	}
	report := flowtest.Run(flow, "chooses.test.yaml", []byte(`flow: chooses
users:
  ada: {totp: true}
  bob: {totp: true, passkey: true}
  eve: {}
cases:
  - name: an app alone is taken
    inputs: {account: ada}
    steps: [{ends: chosen, with: {name: Authenticator app}}]
  - name: of two one is chosen
    inputs: {account: bob}
    steps:
      - {at: ask, enter: {device: totp-bob}}
      - {ends: chosen, with: {name: Authenticator app}}
  - name: of none none
    inputs: {account: eve}
    steps: [{ends: nothing}]
`))
	for _, failure := range report.Failures() {
		t.Error(failure.Subject.Start.Line, failure.Summary)
	}
}
