package doctor

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"vigil/internal/site"
)

const checkSites = "sites"

// sites says for every application what its browsers make of the provider's frame in its pages.
func (d *doctor) sites(_ context.Context, p *patient) {
	for _, a := range d.Applications {
		for _, origin := range a.Origins {
			u, err := url.Parse(origin)
			switch {
			case err != nil:
			case site.Same(origin, d.Origin):
				p.ok(checkSites, fmt.Sprintf("%s (%s) is on the same site: the frame sees its cookies in every browser", origin, a.ClientID))
			case slices.ContainsFunc(d.Siblings, func(host string) bool { return site.Same(origin, host) }):
				p.add(Finding{Check: checkSites, Severity: Note, Summary: fmt.Sprintf("%s (%s) is on the site of another host of the environment: let it use that one as its issuer", origin, a.ClientID)})
			case !a.Watches:
				p.add(Finding{Check: checkSites, Severity: Note, Summary: fmt.Sprintf("%s (%s) is on another site, and does not watch the session", origin, a.ClientID)})
			default:
				p.add(Finding{
					Check: checkSites, Severity: Warning, Summary: fmt.Sprintf("%s (%s) is on another site than %s", origin, a.ClientID, d.Origin),
					Why: d.across(u), Mend: []Mend{
						{"DNS", fmt.Sprintf("a host below %s for the provider, in hosts, or one below %s for the application", site.Of(u.Hostname()), site.Of(d.url.Hostname()))},
						{"application", "vigil.js with an ID token: where the frame is blind, the page hears of endings by /as/session/ticket"},
					},
				})
			}
		}
	}
}

// across says what browsers do with the frame in a page of another site.
func (d *doctor) across(u *url.URL) string {
	if site.Of(u.Hostname()) == site.Of(d.url.Hostname()) {
		return "both have one domain, but not one scheme: Chrome and Firefox count http and https as two sites, and the frame answers error"
	}
	if strings.Contains(u.Host, "*") {
		return "Safari blocks the frame's cookies, Firefox gives it a jar of its own, Chrome withholds those with SameSite=Lax: it answers error"
	}
	return "in its pages Safari blocks the frame's cookies, Firefox gives it an empty jar of its own, Chrome withholds cookies with SameSite=Lax: the frame answers error, never unchanged"
}
