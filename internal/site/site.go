package site

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Of gives the site of a host name: the registrable domain, or the host itself where it has none (an address, a public suffix).
//
// HTML, "obtain a site": an opaque host or a host without registrable domain is its own site.
func Of(host string) string {
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}

// Same reports whether browsers count two origins as one site: scheme and site are the same, whatever the ports.
//
// HTML, "same site": the scheme counts too (schemeful same-site).
func Same(a, b string) bool {
	one, err := url.Parse(a)
	if err != nil {
		return false
	}
	two, err := url.Parse(b)
	return err == nil && one.Scheme == two.Scheme && Of(one.Hostname()) == Of(two.Hostname())
}

// IsName reports whether a host is a name that an authority would certify: no address, and nothing of this machine alone.
func IsName(host string) bool {
	return net.ParseIP(host) == nil && strings.Contains(host, ".") && !strings.HasSuffix(host, ".localhost") && host != "localhost"
}
