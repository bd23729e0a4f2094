package config

import (
	"fmt"
	"strings"

	"vigil/engine/diag"
)

// CheckProxies warns of hosts that only a proxy can serve, when none is trusted: all people would share the proxy's address, and with it the
// lock-out after wrong passwords and the budget of sign-ons begun.
func (c *Config) CheckProxies() []diag.Diagnostic {
	if len(c.TrustedProxies) > 0 {
		return nil
	}
	at, host := c.encrypted()
	if host == "" {
		return nil
	}
	return []diag.Diagnostic{{
		Severity: diag.Warning, Rule: ruleContradiction, Subject: c.At(at),
		Summary: fmt.Sprintf("%s is served by a proxy, and there are no trustedProxies: everybody would share one address, and its lock-out", host),
		Hint:    "name the addresses of the proxy in trustedProxies",
	}}
}

// encrypted gives the first host with https, and where the file has it. Vigil serves plain HTTP, so something stands before it. Empty: none.
func (c *Config) encrypted() (at, host string) {
	for i, host := range c.SharedHosts {
		if strings.HasPrefix(host, "https://") {
			return item("sharedHosts", i), host
		}
	}
	for i, e := range c.Environments {
		for j, host := range e.Hosts {
			if strings.HasPrefix(host, "https://") {
				return item(item("environments", i)+".hosts", j), host
			}
		}
	}
	return "", ""
}
