package config

import (
	"fmt"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/diag"
)

// FlowReads is what a flow and its parts read of their environment, and need of it.
type FlowReads struct {
	Settings []connector.Field
	Secrets  []string
	Needs    []FlowNeed
	Devices  LetsIn
}

// FlowOffer is what the environments declare for flows, which are shared by all: each setting with its type, and the names of secrets, in the
// order of the file. A setting that has another type in another environment is a mistake.
func (c *Config) FlowOffer() (settings []connector.Field, secrets []string, found []diag.Diagnostic) {
	first := map[string]string{} // paths
	for i := range c.Environments {
		e, path := &c.Environments[i], item("environments", i)
		for _, s := range e.Declared.Types {
			here := join(path+".settings", s.Name)
			at := slices.IndexFunc(settings, func(known connector.Field) bool { return known.Name == s.Name })
			if at < 0 {
				settings, first[s.Name] = append(settings, s), here
				continue
			}
			if said := settings[at].Type; !said.Accepts(s.Type) || !s.Type.Accepts(said) {
				found = append(found, diag.Diagnostic{
					Severity: diag.Error, Rule: ruleContradiction, Summary: fmt.Sprintf("the setting %s is %s here and %s elsewhere", shown(s.Name), s.Type, said),
					Hint: "flows are shared by all environments: give it one type", Subject: c.At(here),
					Related: []diag.Related{{Message: "the other is here", Range: c.At(first[s.Name])}},
				})
			}
		}
		for _, name := range sortedKeys(e.Secrets) {
			if !slices.Contains(secrets, name) {
				secrets = append(secrets, name)
			}
		}
	}
	return settings, secrets, found
}

// CheckFlowReads says which environments serve flows that read what these environments do not declare. Reads knows every flow by name.
func (c *Config) CheckFlowReads(reads map[string]FlowReads) []diag.Diagnostic {
	var found []diag.Diagnostic
	for i := range c.Environments {
		e, path := &c.Environments[i], item("environments", i)
		found = append(found, c.devices(path, e, reads)...)
		told := map[string]bool{}
		lacks := func(what, name, flow string, place diag.Range) {
			if told[what+name] {
				return
			}
			told[what+name] = true
			found = append(found, diag.Diagnostic{
				Severity: diag.Error, Rule: ruleMissingKey, Summary: fmt.Sprintf("the flow %s reads %s.%s, which this environment does not declare", shown(flow), what, name),
				Hint: fmt.Sprintf("add it under %s", what), Subject: place,
			})
		}
		named := c.served(path, e)
		if e.DeviceFlow != "" {
			named = append(named, place{e.DeviceFlow, c.At(path + ".deviceFlow")})
		}
		var all []place
		for _, name := range named {
			all = append(all, c.flowsOf(path, e, name)...)
		}
		for _, served := range all {
			if !told["flow "+served.flow] {
				told["flow "+served.flow] = true
				found = append(found, unmet(e, reads[served.flow].Needs)...)
			}
			for _, s := range reads[served.flow].Settings {
				if _, declared := e.Settings[s.Name]; !declared {
					lacks("settings", s.Name, served.flow, served.at)
				}
			}
			for _, s := range reads[served.flow].Secrets {
				if _, declared := e.Secrets[s]; !declared {
					lacks("secrets", s, served.flow, served.at)
				}
			}
		}
	}
	return found
}

// FlowNeed is what a flow wants of its environment's configuration, for the sake of a capability at a place.
type FlowNeed struct {
	What, Capability string
	At               diag.Range
}

// unmet gives what an environment lacks of what a flow needs.
func unmet(e *Environment, needs []FlowNeed) []diag.Diagnostic {
	var found []diag.Diagnostic
	for _, need := range needs {
		given := map[string]bool{"mail": e.Mail != nil, "httpHosts": len(e.HTTPHosts) > 0, "identityProviders": len(e.IdentityProviders) > 0}
		if name, provider := strings.CutPrefix(need.What, "identityProviders."); provider {
			found = append(found, unknownProvider(e, name, need)...)
			continue
		}
		if address, host := strings.CutPrefix(need.What, "httpHosts."); host {
			found = append(found, unlistedHost(e, address, need)...)
			continue
		}
		if !given[need.What] {
			found = append(found, diag.Diagnostic{
				Severity: diag.Error, Rule: "capability-not-configured", Subject: need.At,
				Summary: fmt.Sprintf("%s works with %s, which the environment %s does not have", need.Capability, need.What, shown(e.ID)),
				Hint:    fmt.Sprintf("add %s to the environment, or let it serve another flow", need.What),
			})
		}
	}
	return found
}

// unknownProvider says that a way leads to a provider that an environment does not name. One without any is told of the capability already.
func unknownProvider(e *Environment, name string, need FlowNeed) []diag.Diagnostic {
	if e.IdentityProvider(name) != nil || len(e.IdentityProviders) == 0 {
		return nil
	}
	names := make([]string, len(e.IdentityProviders))
	for i, p := range e.IdentityProviders {
		names[i] = p.Name
	}
	return []diag.Diagnostic{{
		Severity: diag.Error, Rule: "capability-not-configured", Subject: need.At,
		Summary: fmt.Sprintf("%s leads to the identity provider %s, which the environment %s does not have", need.Capability, shown(name), shown(e.ID)),
		Hint:    diag.DidYouMean(name, names, "It has"),
	}}
}

// unlistedHost says that a flow calls a server that an environment does not list. One that lists none is told of the capability already.
func unlistedHost(e *Environment, address string, need FlowNeed) []diag.Diagnostic {
	if len(e.HTTPHosts) == 0 || e.HTTPHost(address) != nil {
		return nil
	}
	scheme, rest, absolute := strings.Cut(address, "://")
	if !absolute {
		scheme, rest = "https", address
	}
	host, _, _ := strings.Cut(rest, "/")
	listed := make([]string, len(e.HTTPHosts))
	for i, h := range e.HTTPHosts {
		listed[i] = h.Origin
	}
	return []diag.Diagnostic{{
		Severity: diag.Error, Rule: "capability-not-configured", Subject: need.At,
		Summary: fmt.Sprintf("%s calls %s, which the environment %s does not list under httpHosts", need.Capability, shown(address), shown(e.ID)),
		Hint:    diag.DidYouMean(scheme+"://"+host, listed, "It lists"),
	}}
}

// place is where the file names a flow.
type place struct {
	flow string
	at   diag.Range
}

// served are the flows by which an environment signs people on. What the file leaves to a default stands where the environment does.
func (c *Config) served(path string, e *Environment) []place {
	at := c.At(path + ".defaultFlow")
	if at == (diag.Range{}) {
		at = c.At(path)
	}
	list := []place{{e.DefaultFlow, at}}
	if e.RegistrationFlow != "" {
		list = append(list, place{e.RegistrationFlow, c.At(path + ".registrationFlow")})
	}
	for j, a := range e.Applications {
		for k, name := range a.FlowPolicies {
			list = append(list, place{name, c.At(item(item(path+".applications", j)+".flowPolicies", k))})
		}
	}
	return list
}

func sortedKeys(values map[string]string) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
