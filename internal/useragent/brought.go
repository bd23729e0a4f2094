package useragent

import (
	"net/http"
	"slices"
	"strings"

	"vigil/iframe"
	"vigil/internal/tenant"
)

// maxOPUAS bounds how many OPUAS values of one request count: a planted one cannot hide the real one behind it, nor cost much.
const maxOPUAS = 4

// Brought is what a request brought of our cookies.
type Brought struct {
	tokens []string // distinct values of ST
	sso    []string // distinct values of AM's session cookie
	OPUAS  []iframe.OPUAS
	marks  map[string]bool // names of countdowns and markers, without prefix
	runKey string
	drawn  string
	marked string // value of the cookie of marks

	// CrossSite: the browser says that another site made the request.
	CrossSite bool
	// Embedded: the browser says that the answer is not for a top-level page. Browsers that say nothing are not embedded.
	Embedded bool
}

// Read takes our cookies from a request.
func Read(r *http.Request, base tenant.Base) Brought {
	dest := r.Header.Get("Sec-Fetch-Dest")
	b := Brought{
		CrossSite: r.Header.Get("Sec-Fetch-Site") == "cross-site",
		Embedded:  dest != "" && dest != "document",
	}
	prefix := base.CookiePrefix()
	for _, c := range r.Cookies() {
		if c.Name == cookieRun {
			b.runKey = c.Value
			continue
		}
		if am := base.Environment.AM; am != nil && c.Name == am.CookieName {
			b.sso = addDistinct(b.sso, c.Value)
			continue
		}
		name, ours := strings.CutPrefix(c.Name, prefix)
		if !ours {
			continue
		}
		switch {
		case name == iframe.CookieST:
			b.tokens = addDistinct(b.tokens, c.Value)
		case name == cookieDraw:
			b.drawn = c.Value
		case name == cookieMarks:
			b.marked = c.Value
		case name == iframe.CookieOPUAS:
			if o, ok := iframe.ParseOPUAS(c.Value); ok && len(b.OPUAS) < maxOPUAS {
				b.OPUAS = append(b.OPUAS, o)
			}
		case c.Value == iframe.CookieMark && (strings.HasPrefix(name, iframe.CookieCountdown) || strings.HasPrefix(name, iframe.CookieBrowserRun)):
			if b.marks == nil {
				b.marks = make(map[string]bool, 2)
			}
			b.marks[name] = true
		}
	}
	return b
}

func addDistinct(values []string, value string) []string {
	if slices.Contains(values, value) {
		return values
	}
	return append(values, value)
}

// Has reports whether the browser brought the OPUAS of a generation.
func (b *Brought) Has(gen string) bool {
	for _, o := range b.OPUAS {
		if o.Gen == gen {
			return true
		}
	}
	return false
}

// Counting reports whether the countdown of a generation runs.
func (b *Brought) Counting(gen string) bool { return b.marks[iframe.CountdownName(gen)] }

// Conflict reports whether the request carries two different session tokens. Nobody is signed in, since one of them was planted.
func (b *Brought) Conflict() bool { return len(b.tokens) > 1 }

// withheld: on positive evidence of a cross-site embed that brought no OPUAS, no cookie is written. Absent headers are no evidence.
func (b *Brought) withheld() bool { return b.CrossSite && b.Embedded && len(b.OPUAS) == 0 }

// Prefetch reports whether the browser fetches ahead of the person, who did not ask for anything yet.
//
// Fetch, section "Sec-Purpose header".
func Prefetch(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(r.Header.Get(name)), "prefetch") {
			return true
		}
	}
	return false
}
