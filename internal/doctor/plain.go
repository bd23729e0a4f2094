package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	checkRedirect = "redirect"
	checkHSTS     = "hsts"
)

// plain examines what happens to people who come by http, and whether they are told not to.
func (d *doctor) plain(ctx context.Context, p *patient) {
	if !d.secure() {
		return
	}
	d.strict(ctx, p)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	const path = "/as/.well-known/openid-configuration"
	address := "http://" + d.url.Hostname() + strings.TrimPrefix(d.at(path), d.Origin)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return
	}
	mend := []Mend{nginx("server { listen 80; server_name " + d.url.Hostname() + "; return 301 " + d.Origin + "$request_uri; }"), apache("Redirect permanent / " + d.Origin + "/"), config("tls: {redirect: \":80\"}, without a proxy")}
	response, err := d.client.Do(request)
	if err != nil {
		p.add(Finding{Check: checkRedirect, Severity: Note, Summary: "nobody answers plain HTTP at port 80", Why: "who types the name without https gets nowhere in older browsers", Mend: mend})
		return
	}
	defer func() { _ = response.Body.Close() }()
	location := response.Header.Get("Location")
	switch {
	case response.StatusCode < 300 && response.StatusCode >= 200:
		p.add(Finding{Check: checkRedirect, Severity: Error, Summary: "the provider is served by plain HTTP too", Why: "whoever is on the way reads passwords, and cookies do not work", Mend: mend})
	case response.StatusCode >= 300 && response.StatusCode < 400 && location == d.at(path):
		p.ok(checkRedirect, fmt.Sprintf("plain HTTP leads to https (%d)", response.StatusCode))
	case response.StatusCode >= 300 && response.StatusCode < 400:
		p.add(Finding{Check: checkRedirect, Severity: Warning, Summary: fmt.Sprintf("plain HTTP leads to %s", shownURL(location)), Why: "the path, or the host, is lost on the way", Mend: mend})
	default:
		p.add(Finding{Check: checkRedirect, Severity: Note, Summary: fmt.Sprintf("plain HTTP is answered with %d", response.StatusCode), Why: "people who type the name without https get no page", Mend: mend})
	}
}

func shownURL(location string) string {
	u, err := url.Parse(location)
	if err != nil || location == "" {
		return "nowhere"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// strict examines Strict-Transport-Security.
//
// RFC 6797 6.1.1.
func (d *doctor) strict(ctx context.Context, p *patient) {
	a, err := d.call(ctx, question{path: "/as/.well-known/openid-configuration"})
	if err != nil {
		return // discovery says so
	}
	const halfYear = 180 * 24 * 3600
	mend := []Mend{nginx(`add_header Strict-Transport-Security "max-age=31536000" always;`), apache(`Header always set Strict-Transport-Security "max-age=31536000"`), caddy(`header Strict-Transport-Security "max-age=31536000"`)}
	value := a.Header.Get("Strict-Transport-Security")
	age := -1
	for part := range strings.SplitSeq(value, ";") {
		if text, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(part)), "max-age="); found {
			if n, err := strconv.Atoi(strings.Trim(text, `"`)); err == nil {
				age = n
			}
		}
	}
	switch {
	case age < 0:
		p.add(Finding{Check: checkHSTS, Severity: Warning, Summary: "browsers are not told to come by https alone", Why: "the first request of a person may go by plain HTTP, where anybody can answer it", Mend: mend})
	case age < halfYear:
		p.add(Finding{Check: checkHSTS, Severity: Note, Summary: fmt.Sprintf("browsers remember https for %d days", age/86400), Why: "half a year or more is usual once it works", Mend: mend})
	default:
		p.ok(checkHSTS, fmt.Sprintf("browsers come by https alone for %d days", age/86400))
	}
}
