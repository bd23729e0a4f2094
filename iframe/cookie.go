package iframe

import (
	"encoding/base64"
	"strings"
)

// The base names of the session cookies. On a host of its own a provider writes each behind [HostPrefix].
const (
	// CookieST carries the session token. No script sees it.
	CookieST = "ST"
	// CookieOPUAS carries the user agent state, an [OPUAS] value.
	CookieOPUAS = "OPUAS"
	// CookieCountdown begins the name of the countdown, see [CountdownName]. The browser removes it when the session times out.
	CookieCountdown = "OPUAS-L-"
	// CookieBrowserRun begins the name of the marker of one run of the browser, see [BrowserRunName].
	CookieBrowserRun = "OPUAS-B-"
	// CookieMark is the value of the countdown and of the marker.
	CookieMark = "1"
	// HostPrefix makes a browser refuse the cookie from any other host. RFC 6265bis 4.1.3.2.
	HostPrefix = "__Host-"
)

// Nobody is the value of OPUAS while no session lives. It is the same for everyone, so that no visitor carries an identifier.
const Nobody = "a"

// GenLength is the length of a generation: 128 random bits in base64url.
const GenLength = 22

// OPUAS is what the cookie OPUAS says: which session lives in this browser. The zero value is [Nobody].
type OPUAS struct {
	// Gen names the session's state in this browser, [GenLength] base64url characters. Empty: nobody.
	Gen string
	// BrowserRun says that the session must not outlive the run of the browser; its marker stands beside it.
	BrowserRun bool
}

// NewGen writes 128 random bits as a generation.
func NewGen(random [16]byte) string { return base64.RawURLEncoding.EncodeToString(random[:]) }

// ParseOPUAS reads a cookie value; false means that it is not well-formed and counts as no cookie at all.
func ParseOPUAS(value string) (OPUAS, bool) {
	if value == Nobody {
		return OPUAS{}, true
	}
	if len(value) != 2+GenLength || value[0] != 's' && value[0] != 'b' || value[1] != '.' || !isBase64URL(value[2:]) {
		return OPUAS{}, false
	}
	return OPUAS{Gen: value[2:], BrowserRun: value[0] == 'b'}, true
}

// String is the cookie's value: `s.gen`, `b.gen` or `a`.
func (o OPUAS) String() string {
	switch {
	case o.Gen == "":
		return Nobody
	case o.BrowserRun:
		return "b." + o.Gen
	default:
		return "s." + o.Gen
	}
}

// CountdownMark is the part of a generation that names its countdown: the first 8 characters.
func CountdownMark(gen string) string { return gen[:min(8, len(gen))] }

// CountdownName is the base name of the countdown of a generation: `OPUAS-L-` and its mark.
func CountdownName(gen string) string { return CookieCountdown + CountdownMark(gen) }

// BrowserRunName is the base name of the marker of a generation: `OPUAS-B-` and the first 8 characters of gen.
func BrowserRunName(gen string) string { return CookieBrowserRun + CountdownMark(gen) }

func isBase64URL(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// eachCookie yields the name and the value of each pair of a `document.cookie`.
func eachCookie(cookies string, yield func(name, value string)) {
	for cookies != "" {
		var pair string
		pair, cookies, _ = strings.Cut(cookies, "; ")
		if name, value, ok := strings.Cut(pair, "="); ok {
			yield(name, value)
		}
	}
}
