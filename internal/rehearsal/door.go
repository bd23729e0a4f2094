package rehearsal

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/flowtest"
)

// products are how browsers name themselves to servers.
var products = map[string]string{"Firefox": "Firefox", "Edge": "Edg", "Opera": "OPR", "Chrome": "Chrome", "Safari": "Version"}

// unable says why no browser can play a case. Empty: this one can.
func unable(scene flowtest.Scene) string {
	q := scene.Request
	b := q.Browser
	switch {
	case q.Country != "":
		return "only a proxy can say from which country somebody comes"
	case b.Name != "" && products[b.Name] == "", b.Name == "" && b.Version != "":
		return fmt.Sprintf("no server knows a browser %q from others", strings.TrimSpace(b.Name+" "+b.Version))
	case strings.Trim(b.Version, "0123456789") != "":
		return fmt.Sprintf("of the version %q servers look at the first number alone", b.Version)
	case b.Passkeys != b.KnowsPasskeys():
		return "servers tell by name and version whether a browser knows passkeys, and this one is told otherwise"
	}
	if _, err := netip.ParseAddr(q.IP); q.IP != "" && err != nil {
		return fmt.Sprintf("%q is no address that somebody can come from", q.IP)
	}
	return inputsUnable(scene)
}

// enter lets a browser in, which is and comes from what the case says.
func (p *performance) enter(w http.ResponseWriter, r *http.Request) {
	q := p.scene.Request
	r.Header.Set("User-Agent", "Mozilla/5.0 "+userAgent(q.Browser))
	r.Header.Set("Sec-CH-UA-Platform", q.Browser.Platform)
	r.Header.Set("Accept-Language", q.Language)
	if q.IP != "" {
		r.RemoteAddr = net.JoinHostPort(q.IP, "443")
	}
	p.server.ServeHTTP(w, r)
}

func userAgent(b connector.Browser) string {
	if b.Name == "" {
		return "(unnamed)"
	}
	return "(" + b.Name + ") " + products[b.Name] + "/" + b.Version
}
