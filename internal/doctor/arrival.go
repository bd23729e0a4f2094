package doctor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vigil/internal/probe"
)

const (
	checkProbe   = "probe"
	checkHost    = "host"
	checkAddress = "client-address"
	checkBody    = "body"
	checkURL     = "long-url"
	checkHeader  = "long-header"
	checkCookies = "cookies"
	checkOrigin  = "request-headers"
)

// echoPath is where echoes are asked: a path of the provider that proxies have no rules of their own for.
const echoPath = "/as/authorize"

// spoofed is what the examination says that it is: of an address that nobody has (RFC 5737).
const spoofed = "192.0.2.77"

// arrival examines how requests reach the server.
func (d *doctor) arrival(ctx context.Context, p *patient) {
	if d.Ticket == "" {
		p.add(Finding{
			Check: checkProbe, Severity: Note, Summary: "without a ticket of the server it is not seen what arrives there: Host, addresses, bodies, cookies, streams",
			Why: "anybody may look from outside; only the operator may ask the server", Mend: []Mend{{"shell", "run this on the server's machine with --config, or there: vigil doctor ticket"}},
		})
		return
	}
	const cookie = "__Host-vigil-probe=1; OPUAS=b.doctor"
	seen, a, err := d.ask(ctx, question{path: echoPath, header: map[string]string{
		"X-Forwarded-For": spoofed, "Cookie": cookie, "Origin": "https://doctor.invalid", "Sec-Fetch-Site": "cross-site",
	}})
	if err != nil {
		status := "no answer"
		if a != nil {
			status = strconv.Itoa(a.StatusCode)
		}
		p.add(Finding{
			Check: checkProbe, Severity: Error, Summary: fmt.Sprintf("the server did not answer the probe (%s)", status),
			Why: "what answers at " + d.Origin + " is another server than the one that gave the ticket, or something in front drops the header " + probe.Ask, Mend: []Mend{
				nginx("proxy_pass to this server, and proxy_pass_request_headers on;"), {"shell", "a ticket is good for 15 minutes; vigil doctor ticket prints a new one"},
			},
		})
		return
	}
	d.host(p, seen)
	d.clientAddress(p, seen)
	d.cookies(p, seen, a, cookie)
	if seen.Origin != "https://doctor.invalid" || seen.FetchSite != "cross-site" {
		p.add(Finding{
			Check: checkOrigin, Severity: Error, Summary: "Origin or Sec-Fetch-Site does not arrive as the browser sends it", Why: "by them the server tells its own pages from those of strangers, and answers applications",
			Mend: []Mend{nginx("take proxy_set_header Origin and Sec-Fetch-Site out"), apache("take RequestHeader unset Origin out"), caddy("take header_up -Origin out")},
		})
	}
	d.sizes(ctx, p)
}

func (d *doctor) host(p *patient, seen *probe.Seen) {
	if strings.EqualFold(seen.Host, d.url.Host) {
		p.ok(checkHost, "the server is asked for "+seen.Host)
		return
	}
	p.add(Finding{
		Check: checkHost, Severity: Error, Summary: fmt.Sprintf("the server is asked for %s in place of %s", seen.Host, d.url.Host),
		Why: "the Host header says which environment is meant: with another one there is none (X-Forwarded-Host is not believed)", Mend: d.hostMend(),
	})
}

// clientAddress judges trustedProxies by what became of an address that the examination made up.
func (d *doctor) clientAddress(p *patient, seen *probe.Seen) {
	add := func(severity Severity, summary, why string, mend ...Mend) {
		p.add(Finding{Check: checkAddress, Severity: severity, Summary: summary, Why: why, Mend: mend})
	}
	const shared = "everybody shares the proxy's address, and with it the lock-out after wrong passwords"
	const chosen = "the brake on guessing passwords, and the log, go by what strangers write"
	passOn := []Mend{nginx("proxy_set_header X-Forwarded-For $remote_addr;"), apache("RequestHeader unset X-Forwarded-For early (mod_proxy_http adds the client's own)"), caddy("reverse_proxy does by itself: take header_up X-Forwarded-For out")}
	hops := hops(seen.ForwardedFor)
	switch {
	case seen.Address == spoofed && len(hops) > 1 && hops[0] == spoofed && seen.PeerTrusted:
		add(Warning, "this machine is one of trustedProxies, so what it says of addresses is believed", "from here it cannot be seen what a stranger's word is worth",
			Mend{"shell", "run it from a machine that is no proxy: vigil doctor ticket, then there vigil doctor --ticket …"})
	case seen.Address == spoofed && seen.PeerTrusted:
		add(Error, "the proxy hands on the X-Forwarded-For of strangers", "anybody chooses the address that they come from: "+chosen, passOn...)
	case seen.Address == spoofed:
		add(Error, "the X-Forwarded-For of a stranger is believed", chosen, config("trustedProxies: the proxy's own address alone"))
	case len(hops) == 0 || !seen.PeerTrusted && slices.Equal(hops, []string{spoofed}):
		d.direct(p, seen, shared, passOn)
	case !seen.PeerTrusted:
		add(Error, fmt.Sprintf("requests come from %s, which is none of trustedProxies", seen.Peer), shared, config("trustedProxies: ["+seen.Peer+"]"))
	default:
		p.ok(checkAddress, fmt.Sprintf("the server sees %s, by way of %s", seen.Address, seen.Peer))
	}
}

// direct judges a request that says nothing of a client, or only what the examination wrote itself.
func (d *doctor) direct(p *patient, seen *probe.Seen, why string, mend []Mend) {
	switch {
	case seen.TLS || !d.secure():
		p.ok(checkAddress, "the server sees "+seen.Address+", without a proxy between")
	case seen.PeerTrusted:
		p.add(Finding{Check: checkAddress, Severity: Error, Summary: "the proxy does not say who calls", Why: why, Mend: mend})
	default:
		p.add(Finding{
			Check: checkAddress, Severity: Error, Summary: "requests come from " + seen.Peer + ", a proxy that does not say who calls and is none of trustedProxies", Why: why,
			Mend: append(mend, config("trustedProxies: ["+seen.Peer+"]")),
		})
	}
}

func hops(headers []string) []string {
	var all []string
	for hop := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		if hop = strings.TrimSpace(hop); hop != "" {
			all = append(all, hop)
		}
	}
	return all
}

// cookies compares a cookie that the server set with what arrived, and those that were sent with what the server got.
func (d *doctor) cookies(p *patient, seen *probe.Seen, a *answer, sent string) {
	good := true
	bad := func(summary, why string, mend ...Mend) {
		good = false
		p.add(Finding{Check: checkCookies, Severity: Error, Summary: summary, Why: why, Mend: mend})
	}
	if seen.Cookie != sent {
		bad("cookies of browsers do not reach the server as they are", "nobody stays signed on", nginx("take proxy_set_header Cookie out"), apache("take RequestHeader unset Cookie out"))
	}
	mend := []Mend{nginx("take proxy_cookie_path, proxy_cookie_domain and proxy_cookie_flags out"), apache("take ProxyPassReverseCookiePath, ProxyPassReverseCookieDomain and Header edit Set-Cookie out"), caddy("take header_down Set-Cookie out")}
	want := attributes(probe.Cookie)
	var others []string
	got := ""
	for _, value := range a.Header.Values("Set-Cookie") {
		if strings.HasPrefix(value, want[0]) {
			got = value
			continue
		}
		name, _, _ := strings.Cut(value, "=")
		others = append(others, name)
	}
	if got == "" {
		bad("a cookie with the __Host- prefix is dropped or renamed on the way", "nobody can sign on", mend...)
	} else if change := changes(want, attributes(got)); change != "" {
		bad("cookies are rewritten on the way: "+change, "browsers refuse a __Host- cookie without Secure and Path=/ or with a Domain, and a session lives by the rest of it", mend...)
	}
	if len(others) > 0 {
		p.add(Finding{Check: checkCookies, Severity: Note, Summary: "the proxy sets cookies of its own: " + strings.Join(others, ", "), Why: "harmless as stickiness; none of them is needed"})
	}
	if good {
		p.ok(checkCookies, "cookies pass both ways as they are")
	}
}

func attributes(cookie string) []string {
	parts := strings.Split(cookie, ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
		if i > 0 {
			parts[i] = strings.ToLower(parts[i])
		}
	}
	return parts
}

// changes names what is gone and what is new. Empty: nothing.
func changes(want, got []string) string {
	var words []string
	for _, a := range want {
		if !slices.Contains(got, a) {
			words = append(words, a+" is gone")
		}
	}
	for _, a := range got {
		if !slices.Contains(want, a) {
			words = append(words, a+" is new")
		}
	}
	return strings.Join(words, ", ")
}

// Sizes that requests and answers of the provider reach: request objects in addresses, pushed ones in bodies, redirects with an ID token.
const (
	bodySize   = 64 << 10
	urlSize    = 6000
	headerSize = 6000
)

// sizes sends what is long.
func (d *doctor) sizes(ctx context.Context, p *patient) {
	body := "probe=" + strings.Repeat("0123456789abcdef", bodySize/16)
	sum := sha256.Sum256([]byte(body))
	seen, a, err := d.ask(ctx, question{method: http.MethodPost, path: echoPath, body: body, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}})
	switch {
	case err != nil:
		p.add(Finding{
			Check: checkBody, Severity: Error, Summary: fmt.Sprintf("a body of %d KiB does not arrive%s", bodySize>>10, statusOf(a)), Why: "forms, pushed requests and logout tokens are posted",
			Mend: []Mend{nginx("client_max_body_size 1m;"), apache("LimitRequestBody 1048576"), caddy("request_body { max_size 1MB }")},
		})
	case seen.BodySum != hex.EncodeToString(sum[:]) || seen.Method != http.MethodPost:
		p.add(Finding{Check: checkBody, Severity: Error, Summary: "a body arrives changed", Why: "forms, pushed requests and logout tokens are posted"})
	default:
		p.ok(checkBody, "bodies arrive")
	}
	_, a, err = d.ask(ctx, question{path: echoPath + "?probe=" + strings.Repeat("x", urlSize)})
	if err != nil {
		p.add(Finding{
			Check: checkURL, Severity: Warning, Summary: fmt.Sprintf("an address of %d bytes does not arrive%s", urlSize, statusOf(a)), Why: "requests with request objects, hints and claims are that long",
			Mend: []Mend{nginx("large_client_header_buffers 4 16k;"), apache("LimitRequestLine 16384"), caddy("servers { max_header_size 64kb }")},
		})
	} else {
		p.ok(checkURL, "long addresses arrive")
	}
	_, a, err = d.ask(ctx, question{path: echoPath, header: map[string]string{probe.PadBy: strconv.Itoa(headerSize)}})
	if err != nil || len(a.Header.Get(probe.Pad)) != headerSize {
		p.add(Finding{
			Check: checkHeader, Severity: Warning, Summary: fmt.Sprintf("an answer with headers of %d bytes does not come back%s", headerSize, statusOf(a)), Why: "redirects with an ID token and a long state are that long: people see 502 at the end of a sign-on",
			Mend: []Mend{nginx("proxy_buffer_size 16k; proxy_buffers 8 16k;"), apache("ProxyIOBufferSize 65536"), {"HAProxy", "tune.bufsize 32768"}},
		})
	} else {
		p.ok(checkHeader, "long headers come back")
	}
}

func statusOf(a *answer) string {
	if a == nil {
		return ""
	}
	return fmt.Sprintf(" (%d)", a.StatusCode)
}
