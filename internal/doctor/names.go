package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"vigil/internal/site"
)

const checkNames = "dns"

// names looks the host up, and what Safari makes of where it leads.
func (d *doctor) names(ctx context.Context, p *patient) {
	host := d.url.Hostname()
	if _, err := netip.ParseAddr(host); err == nil || strings.HasSuffix(host, ".localhost") || host == "localhost" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	addresses := d.lookUp(ctx, host)
	if len(addresses) == 0 {
		severity := Error
		if d.Dial != nil {
			severity = Warning
		}
		p.add(Finding{
			Check: checkNames, Severity: severity, Summary: host + " has no address", Why: "browsers find nothing under this name",
			Mend: []Mend{{"DNS", host + ". A <address of the proxy, or of this server>"}},
		})
		return
	}
	p.ok(checkNames, fmt.Sprintf("%s is at %s", host, joined(addresses)))
	const lifetime = "Safari keeps cookies that such a host sets in pages of its site for 7 days only (Intelligent Tracking Prevention): sessions in frames end early there"
	if name, err := d.Resolver.LookupCNAME(ctx, host); err == nil {
		name = strings.TrimSuffix(strings.ToLower(name), ".")
		if name != host && site.Of(name) != site.Of(host) {
			p.add(Finding{
				Check: "dns-alias", Severity: Warning, Summary: fmt.Sprintf("%s is an alias of %s, on another site", host, name), Why: lifetime,
				Mend: []Mend{{"DNS", "A and AAAA records in place of the CNAME, to addresses beside those of your applications"}},
			})
		}
	}
	for _, other := range d.neighbours() {
		theirs := d.lookUp(ctx, other)
		if len(theirs) == 0 || slices.ContainsFunc(theirs, func(a netip.Addr) bool {
			return slices.ContainsFunc(addresses, func(b netip.Addr) bool { return near(a, b) })
		}) {
			continue
		}
		p.add(Finding{
			Check: "dns-neighbours", Severity: Warning, Why: lifetime,
			Summary: fmt.Sprintf("%s is at %s, far from %s at %s", host, joined(addresses), other, joined(theirs)),
			Mend:    []Mend{{"DNS", "let both names lead to addresses whose first half is the same, such as one proxy for both"}},
		})
	}
}

// neighbours are the hosts of applications of the same site.
func (d *doctor) neighbours() []string {
	var hosts []string
	for _, a := range d.Applications {
		for _, origin := range a.Origins {
			u, err := url.Parse(origin)
			if err != nil || strings.Contains(u.Host, "*") || !site.Same(origin, d.Origin) || !site.IsName(u.Hostname()) {
				continue
			}
			if host := u.Hostname(); host != d.url.Hostname() && !slices.Contains(hosts, host) && len(hosts) < 20 {
				hosts = append(hosts, host)
			}
		}
	}
	return hosts
}

// near reports whether the first halves of two addresses are the same, which is how WebKit tells one party from another.
func near(a, b netip.Addr) bool {
	if a.Is4() != b.Is4() {
		return false
	}
	return netip.PrefixFrom(a, a.BitLen()/2).Contains(b)
}

func (d *doctor) lookUp(ctx context.Context, host string) []netip.Addr {
	found, err := d.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for i := range found {
		found[i] = found[i].Unmap()
	}
	slices.SortFunc(found, netip.Addr.Compare)
	return slices.Compact(found)
}

func joined(addresses []netip.Addr) string {
	words := make([]string, len(addresses))
	for i, a := range addresses {
		words[i] = a.String()
	}
	return strings.Join(words, " and ")
}

const checkReach = "reach"

// reach connects to each address of the name: browsers choose any of them.
func (d *doctor) reach(ctx context.Context, p *patient) bool {
	if d.Dial == nil && site.IsName(d.url.Hostname()) {
		_, port, err := net.SplitHostPort(d.address())
		if err != nil {
			return false
		}
		for _, a := range d.lookUp(ctx, d.url.Hostname()) {
			c, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(a.String(), port))
			if err == nil {
				_ = c.Close()
				continue
			}
			p.add(Finding{
				Check: checkReach, Severity: Warning, Summary: fmt.Sprintf("nobody answers at %s port %s: %v", a, port, err),
				Why:  "browsers choose any address of the name: some people wait, others get nowhere (this machine itself may have no way there, by IPv6 above all)",
				Mend: []Mend{{"DNS", "take the record of " + a.String() + " out, or let the proxy listen there"}},
			})
		}
	}
	err := d.reached(ctx)
	if err == nil {
		return true
	}
	_, port, _ := net.SplitHostPort(d.address())
	p.add(Finding{
		Check: checkReach, Severity: Error, Summary: fmt.Sprintf("nobody takes connections at %s: %v", d.address(), err), Why: "nothing else could be examined",
		Mend: []Mend{config("listen: and tls:, or the proxy in front: is it started, and does the firewall let port " + port + " through?")},
	})
	return false
}
