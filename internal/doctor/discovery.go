package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"vigil/internal/probe"
)

const (
	checkDiscovery = "discovery"
	checkClock     = "clock"
	checkCORS      = "cors"
)

// hostMend is how a proxy passes the host on. What nginx calls $host has no port.
func (d *doctor) hostMend() []Mend {
	host := "$host"
	if port := d.url.Port(); port != "" {
		host += ":" + port
	}
	return []Mend{nginx("proxy_set_header Host " + host + ";"), apache("ProxyPreserveHost On"), caddy("reverse_proxy passes it by itself: take header_up Host out")}
}

// discovery reads the provider's own description of itself.
func (d *doctor) discovery(ctx context.Context, p *patient) {
	before := d.Now()
	a, err := d.call(ctx, question{path: "/as/.well-known/openid-configuration", kind: probe.Pass, header: map[string]string{"Origin": "https://doctor.invalid"}})
	if err != nil {
		p.add(Finding{Check: checkDiscovery, Severity: Error, Summary: "discovery cannot be fetched: " + err.Error(), Why: "applications know nothing of the provider"})
		return
	}
	after := d.Now()
	var found map[string]any
	switch {
	case a.StatusCode == http.StatusMisdirectedRequest:
		p.add(Finding{
			Check: checkDiscovery, Severity: Error, Summary: "the server does not know the host that it is asked for", Why: "something in front writes another Host, or " + d.Origin + " is not among hosts; the server's log says which it knows",
			Mend: append(d.hostMend(), config("hosts: ["+d.Origin+"]")),
		})
		return
	case a.StatusCode != http.StatusOK || json.Unmarshal(a.body, &found) != nil:
		p.add(Finding{
			Check: checkDiscovery, Severity: Error, Summary: fmt.Sprintf("discovery is answered with %d and %s", a.StatusCode, or(a.Header.Get("Content-Type"), "no type")),
			Why: "what answers here is not Vigil, or a proxy in front answers in its place (502, 503: it does not reach Vigil)", Mend: []Mend{nginx("proxy_pass http://127.0.0.1:8080;"), apache("ProxyPass / http://127.0.0.1:8080/"), caddy("reverse_proxy 127.0.0.1:8080")},
		})
		return
	}
	d.issuer(p, found)
	d.clock(p, a, before, after)
	if got := a.Header.Values("Access-Control-Allow-Origin"); len(got) != 1 {
		summary := "Access-Control-Allow-Origin was removed on the way"
		if len(got) > 1 {
			summary = fmt.Sprintf("Access-Control-Allow-Origin comes %d times", len(got))
		}
		p.add(Finding{
			Check: checkCORS, Severity: Error, Summary: summary, Why: "browsers then refuse the answer to pages of applications; Vigil says itself who may read what",
			Mend: []Mend{nginx("take add_header Access-Control-… out"), apache("take Header set Access-Control-… out"), caddy("take header Access-Control-… out")},
		})
	}
}

// issuer compares who the provider says it is with where it was found.
//
// OIDC Discovery 4.3: the issuer is the address that the document was fetched from.
func (d *doctor) issuer(p *patient, found map[string]any) {
	want := d.Origin + d.Prefix + "/as"
	if found["issuer"] != want {
		p.add(Finding{
			Check: checkDiscovery, Severity: Error, Summary: fmt.Sprintf("the issuer is %v, not %s", found["issuer"], want), Why: "applications compare both and refuse the provider",
			Mend: append(d.hostMend(), config("hosts: ["+d.Origin+"]")),
		})
		return
	}
	var elsewhere []string
	for key, value := range found {
		if address, is := value.(string); is && strings.HasSuffix(key, "_endpoint") && !strings.HasPrefix(address, d.Origin+"/") {
			elsewhere = append(elsewhere, key)
		}
	}
	if len(elsewhere) > 0 {
		slices.Sort(elsewhere)
		p.add(Finding{
			Check: checkDiscovery, Severity: Error, Summary: "of another origin: " + strings.Join(elsewhere, ", "), Why: "a proxy rewrites what the provider says of itself",
			Mend: []Mend{nginx("take sub_filter out"), apache("take ProxyHTMLURLMap and Substitute out")},
		})
		return
	}
	p.ok(checkDiscovery, "the issuer is "+want)
}

// clock compares the server's clock with the one here.
func (d *doctor) clock(p *patient, a *answer, before, after time.Time) {
	text := a.Header.Get("Date")
	if a.sent != nil && a.sent.Get("Date") != "" {
		text = a.sent.Get("Date")
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return
	}
	skew := time.Duration(0) // the header knows whole seconds
	switch {
	case at.Before(before.Add(-2 * time.Second)):
		skew = at.Sub(before)
	case at.After(after.Add(2 * time.Second)):
		skew = at.Sub(after)
	}
	if skew.Abs() < 20*time.Second {
		p.ok(checkClock, "both clocks agree")
		return
	}
	severity := Warning
	if skew.Abs() > 2*time.Minute {
		severity = Error
	}
	p.add(Finding{
		Check: checkClock, Severity: severity, Summary: fmt.Sprintf("the clock in front is %v from the one here", skew.Round(time.Second)),
		Why: "applications refuse tokens that were made in their future or are over; one of both clocks is wrong", Mend: []Mend{{"any", "timedatectl set-ntp true"}},
	})
}
