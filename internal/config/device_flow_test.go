package config_test

import (
	"testing"

	"vigil/internal/config"
)

func TestAFlowForDevicesLetsOneInWheneverItSucceedsAndSignsNobodyOnForAnApplication(t *testing.T) {
	c, found := config.Parse("vigil.yaml", []byte(`environments:
- id: one
  hosts: [https://one.example.com]
  deviceFlow: careless
  defaultFlow: people
  flowPolicies:
  - {name: people, flows: [{flow: plain, weight: 1}, {flow: device, weight: 1}]}
- id: two
  hosts: [https://two.example.com]
  deviceFlow: device
  defaultFlow: plain
- id: three
  hosts: [https://three.example.com]
  deviceFlow: plain
  defaultFlow: plain
`), nil)
	if c == nil {
		t.Fatal(spell(found))
	}
	const want = `4:15-23 error device-flow: the flow "careless" can succeed without letting a device in
  help: give each success of it device: and what deviceCode.check found
7:61-67 error device-flow: the flow "device" lets devices in: it cannot sign people on for an application
  help: name it under deviceFlow of the environment
14:15-20 error device-flow: the flow "plain" can succeed without letting a device in
  help: give each success of it device: and what deviceCode.check found`
	said := spell(c.CheckFlowReads(map[string]config.FlowReads{
		"plain": {}, "device": {Devices: config.LetsIn{Some: true, All: true}}, "careless": {Devices: config.LetsIn{Some: true}},
	}))
	if said != want {
		t.Errorf("said\n%s\nwanted\n%s", said, want)
	}
}
