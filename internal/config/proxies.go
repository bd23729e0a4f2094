package config

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// checkCountries wants somebody who says the countries.
func (r *reader) checkCountries(n *yaml.Node, c *Config) {
	if c.CountryHeader != "" && len(c.TrustedProxies) == 0 && r.sound("trustedProxies") {
		r.fault(r.at("countryHeader", n), ruleContradiction, "countryHeader is given, but there are no trustedProxies to say countries").Hint = "name the addresses of the proxy in trustedProxies: anybody else could write what they like"
	}
}

// CheckProxies warns of hosts that only a proxy can serve, when none is trusted: all people would share the proxy's address, and with it the
// lock-out after wrong passwords and the budget of sign-ons begun.
func (c *Config) CheckProxies() []diag.Diagnostic {
	hosts := c.encryptedHosts()
	if len(c.TrustedProxies) > 0 || c.TLS != nil || len(hosts) == 0 {
		return nil
	}
	at, host := hosts[0].path, hosts[0].origin
	return []diag.Diagnostic{{
		Severity: diag.Warning, Rule: ruleContradiction, Subject: c.At(at),
		Summary: fmt.Sprintf("%s is served by a proxy, and there are no trustedProxies: everybody would share one address, and its lock-out", host),
		Hint:    "name the addresses of the proxy in trustedProxies",
	}}
}
