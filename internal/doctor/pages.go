package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"vigil/internal/probe"
)

const (
	checkPages = "pages"
	checkCache = "cache"
)

// guarded are headers that belong to the server alone.
func guarded() []string {
	return []string{
		"Content-Security-Policy", "X-Frame-Options", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Referrer-Policy", "Cache-Control", "Content-Type",
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "X-Content-Type-Options", "Location",
	}
}

// pages compares the headers of pages and errors with those that left the server.
func (d *doctor) pages(ctx context.Context, p *patient) {
	if d.Ticket == "" {
		return
	}
	before := len(p.found)
	for _, q := range []question{
		{path: "/as/authorize?client_id=doctor", kind: probe.Pass},
		{method: http.MethodPost, path: "/as/token", kind: probe.Pass, body: "grant_type=none", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
	} {
		a, err := d.call(ctx, q)
		path, _, _ := strings.Cut(q.path, "?")
		switch {
		case err != nil:
			p.add(Finding{Check: checkPages, Severity: Error, Summary: path + " cannot be fetched: " + err.Error(), Why: "nobody can sign on"})
		case a.Header.Get(probe.Nonce) == "" && a.StatusCode >= http.StatusBadRequest && a.StatusCode != http.StatusMisdirectedRequest:
			p.add(Finding{
				Check: checkPages, Severity: Error, Summary: fmt.Sprintf("the proxy answers %s with a page of its own (%d)", path, a.StatusCode), Why: "applications read what went wrong in the server's own answer, and people what to do",
				Mend: []Mend{nginx("proxy_intercept_errors off;"), apache("ProxyErrorOverride Off"), caddy("take handle_errors and handle_response out")},
			})
		case a.sent != nil:
			compare(p, path, a)
		}
	}
	if len(p.found) == before {
		p.ok(checkPages, "pages and errors come back as they left")
	}
}

// compare names each header that something in between removed, added or changed.
func compare(p *patient, path string, a *answer) {
	for _, name := range guarded() {
		left, came := a.sent.Values(name), a.Header.Values(name)
		if slices.Equal(left, came) || slices.Equal(slices.Compact(slices.Clone(came)), left) && !strings.HasPrefix(name, "Access-") {
			continue
		}
		did := "changes"
		switch {
		case len(came) == 0:
			did = "removes"
		case len(left) == 0:
			did = "adds"
		}
		p.add(Finding{
			Check: checkPages, Severity: Warning, Summary: fmt.Sprintf("the proxy %s %s of %s: %s left, %s came", did, name, path, words(left), words(came)),
			Why:  "the server chooses these headers for each page; another value breaks pages, or opens them to strangers",
			Mend: []Mend{nginx("take add_header " + name + " and proxy_hide_header " + name + " out"), apache("take Header … " + name + " out"), caddy("take header … " + name + " out")},
		})
	}
}

func words(values []string) string {
	if len(values) == 0 {
		return "none"
	}
	text := strings.Join(values, " and ")
	const longest = 80
	if len(text) > longest {
		return text[:longest] + "…"
	}
	return text
}

// caches asks several times: two answers are never one.
func (d *doctor) caches(ctx context.Context, p *patient) {
	if d.Ticket == "" {
		return
	}
	before := len(p.found)
	for path, severity := range map[string]Severity{framePath: Error, "/as/authorize?client_id=doctor": Error, "/as/.well-known/openid-configuration": Note} {
		if !d.repeats(ctx, path) {
			continue
		}
		name, _, _ := strings.Cut(path, "?")
		why := "people get answers that were made for others, or for another time"
		if severity == Note {
			why = "it may be kept for as long as Cache-Control says; a change of configuration is seen that much later"
		}
		p.add(Finding{
			Check: checkCache, Severity: severity, Summary: "the proxy answers " + name + " from a cache", Why: why,
			Mend: []Mend{nginx("proxy_cache off;"), apache("CacheDisable " + name), {"CDN", "bypass the cache for the whole host"}},
		})
	}
	if len(p.found) == before {
		p.ok(checkCache, "nothing in front answers from a cache")
	}
}

// repeats reports whether one answer comes again for a second question.
func (d *doctor) repeats(ctx context.Context, path string) bool {
	before := ""
	for range 3 { // the first may be what fills the cache
		a, err := d.call(ctx, question{path: path, kind: probe.Pass})
		if err != nil {
			return false // others say so
		}
		nonce := a.Header.Get(probe.Nonce)
		if nonce != "" && nonce == before {
			return true
		}
		before = nonce
	}
	return false
}
