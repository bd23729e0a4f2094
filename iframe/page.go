package iframe

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"slices"
)

//go:embed stream.js
var stream []byte

//go:embed checksession.js
var checks []byte

// MaxDigests is how many digests a page carries. Pairs beyond them are found by asking, so nothing but a round trip is lost.
const MaxDigests = 300

// The other endpoints as seen from `/as/checksession`.
const (
	DefaultRegistered = "checksession/registered" // of misses
	DefaultEvents     = "session/events"          // the stream
)

// PageConfig is what the page of one host needs to know. The issuer's origin is not among it: it is the page's own.
type PageConfig struct {
	// Prefix stands before the name of each cookie: HostPrefix, or nothing for the bare names.
	Prefix string
	// Digests of the pairs that may ask, each by [Digest]. They only ever say yes; the first MaxDigests in order ride in the page.
	Digests []string
	// Registered is the URL of the endpoint of misses, relative to the page and on its origin. It is asked
	// `?client_id=…&origin=…` and answers `{"registered":true}` or `{"registered":false}`. Empty: DefaultRegistered.
	Registered string
	// Events is the URL of the stream of server-sent events, relative to the page and on its origin. Empty: DefaultEvents.
	Events string
	// Path and SameSite of the cookies as the server writes them. Empty: "/" and "Lax".
	Path, SameSite string
}

// settings is the data block in the page; the scripts read it.
type settings struct {
	Prefix     string   `json:"prefix"`
	Path       string   `json:"path"`
	SameSite   string   `json:"sameSite"`
	Registered string   `json:"registered"`
	Events     string   `json:"events"`
	Digests    []string `json:"digests"`
}

// Page makes the page: the same bytes for everyone, for as long as its configuration stands, with their entity tag and all
// headers they must go out with (Content-Type and ETag among them). Serve it last, so that nothing adds to the headers:
// frame-ancestors or X-Frame-Options would silence the applications that embed it.
func Page(cfg PageConfig) (html []byte, etag string, header map[string]string) {
	cfg.Registered, cfg.Events = cmp.Or(cfg.Registered, DefaultRegistered), cmp.Or(cfg.Events, DefaultEvents)
	cfg.Path, cfg.SameSite = cmp.Or(cfg.Path, "/"), cmp.Or(cfg.SameSite, "Lax")
	digests := slices.Compact(slices.Sorted(slices.Values(cfg.Digests)))
	digests = append([]string{}, digests[:min(len(digests), MaxDigests)]...)
	data, err := json.Marshal(settings{cfg.Prefix, cfg.Path, cfg.SameSite, cfg.Registered, cfg.Events, digests})
	if err != nil {
		panic(err) // strings always marshal
	}
	script := slices.Concat(stream, checks)
	html = slices.Concat(
		[]byte("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Session check</title>\n"),
		[]byte(`<script id="settings" type="application/json">`), data, []byte("</script>\n"), // json escapes <, > and &
		[]byte("<script>"), script, []byte("</script>\n"),
	)
	tag, code := sha256.Sum256(html), sha256.Sum256(script)
	etag = `"` + base64.RawURLEncoding.EncodeToString(tag[:16]) + `"`
	return html, etag, map[string]string{
		"Content-Type": "text/html; charset=utf-8",
		// No frame-ancestors: the page tells strangers nothing, and applications in portals need it.
		"Content-Security-Policy": "default-src 'none'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(code[:]) +
			"'; connect-src 'self'; base-uri 'none'; form-action 'none'",
		// An application that is cross-origin isolated loads only frames that say both of these.
		"Cross-Origin-Resource-Policy": "cross-origin",
		"Cross-Origin-Embedder-Policy": "require-corp",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"Cache-Control":                "no-cache",
		"ETag":                         etag,
	}
}
