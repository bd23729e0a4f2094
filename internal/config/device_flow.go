package config

import (
	"fmt"

	"vigil/engine/diag"
)

// LetsIn says which successes of a flow name a device that they let in.
type LetsIn struct{ Some, All bool }

const ruleDeviceFlow = "device-flow"

// devices says which flows of an environment are named for the codes of devices and let none in, and which sign people on and are made for devices.
// What is not there is told elsewhere.
func (c *Config) devices(path string, e *Environment, reads map[string]FlowReads) []diag.Diagnostic {
	var found []diag.Diagnostic
	tell := func(at diag.Range, summary, hint string) {
		found = append(found, diag.Diagnostic{Severity: diag.Error, Rule: ruleDeviceFlow, Summary: summary, Hint: hint, Subject: at})
	}
	if e.DeviceFlow != "" {
		for _, p := range c.flowsOf(path, e, place{e.DeviceFlow, c.At(path + ".deviceFlow")}) {
			if flow, known := reads[p.flow]; known && !flow.Devices.All {
				tell(p.at, fmt.Sprintf("the flow %s can succeed without letting a device in", shown(p.flow)), "give each success of it device: and what deviceCode.check found")
			}
		}
	}
	for _, served := range c.served(path, e) {
		for _, p := range c.flowsOf(path, e, served) {
			if reads[p.flow].Devices.Some {
				tell(p.at, fmt.Sprintf("the flow %s lets devices in: it cannot sign people on for an application", shown(p.flow)), "name it under deviceFlow of the environment")
			}
		}
	}
	return found
}

// flowsOf gives the flows behind a name: that of a policy, or its own.
func (c *Config) flowsOf(path string, e *Environment, named place) []place {
	for i, policy := range e.FlowPolicies {
		if policy.Name != named.flow {
			continue
		}
		list := make([]place, len(policy.Flows))
		for j, share := range policy.Flows {
			list[j] = place{share.Flow, c.At(item(item(path+".flowPolicies", i)+".flows", j) + ".flow")}
		}
		return list
	}
	return []place{named}
}
