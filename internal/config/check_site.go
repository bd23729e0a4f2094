package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"vigil/engine/diag"
	"vigil/internal/site"
)

// CheckSites warns of applications with session management on sites of which the environment has no host: in their pages the frame of the
// provider is a third party, and browsers keep its cookies from it.
func (c *Config) CheckSites() []diag.Diagnostic {
	var found []diag.Diagnostic
	for i, e := range c.Environments {
		hosts := slices.Concat(e.Hosts, c.SharedHosts)
		for j, a := range e.Applications {
			if !a.Enabled || !a.OpSessionCheckEnabled {
				continue
			}
			said := map[string]bool{}
			for k, address := range a.RedirectURIs {
				origin := webOrigin(address)
				if origin == "" || said[origin] || slices.ContainsFunc(hosts, func(host string) bool { return site.Same(host, origin) }) {
					continue
				}
				said[origin] = true
				found = append(found, diag.Diagnostic{
					Severity: diag.Warning, Rule: ruleSite, Subject: c.At(item(item(item("environments", i)+".applications", j)+".redirectUris", k)),
					Summary: fmt.Sprintf("%s is on another site than every host of %s: browsers keep cookies from the frame in its pages, which answers error", origin, shown(e.ID)),
					Hint:    fmt.Sprintf("give the environment a host below %s, or let the page learn endings from its ID token (session events with a ticket)", site.Of(hostName(origin))),
				})
			}
		}
	}
	return found
}

// webOrigin is scheme and host of a redirect URI, with its wildcard. Empty: it is no address of the web.
func webOrigin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}
