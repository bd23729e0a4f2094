package iframe

import "strings"

// Answer is what the page posts back.
type Answer string

// The answers of OIDC Session 3.2, and silence.
const (
	Unchanged Answer = "unchanged"
	Changed   Answer = "changed"
	Error     Answer = "error"
	Ignored   Answer = ""
)

// MaxClientID is the longest client identifier, in characters, about which the page answers anything but error.
const MaxClientID = 255

// maxOPUAS is how many well-formed values are tried: one of them is ours, the rest were planted by a sibling host.
const maxOPUAS = 4

// Question is one message to the page and all that its answer depends on.
type Question struct {
	// Data is what was posted: client_id SP session_state if the asker is honest.
	Data any
	// Origin is the origin of the asker as the browser tells it; `null` if it is opaque.
	Origin string
	// Issuer is the origin of the page.
	Issuer string
	// Cookies is the page's document.cookie.
	Cookies string
	// Prefix stands before each name: HostPrefix, or nothing.
	Prefix string
	// Registered tells whether an application may ask from an origin.
	Registered func(clientID, origin string) bool
}

// Verdict answers a question as the page does, step by step in the same order; checksession.js is its twin.
func Verdict(q Question) Answer {
	message, isText := q.Data.(string)
	if !isText || q.Origin == "" || q.Origin == "null" {
		return Ignored
	}
	// OIDC Session 3.1: client_id and session_state with one space between; the first may hold spaces of its own.
	space := strings.LastIndexByte(message, ' ')
	if space < 1 || space > MaxClientID || !isVisibleASCII(message[:space]) {
		return Error
	}
	clientID := message[:space]
	hash, salt, ok := ParseSessionState(message[space+1:])
	if !ok {
		return Error
	}
	// Before any cookie is read, so that a stranger learns nothing.
	if !q.Registered(clientID, q.Origin) {
		return Error
	}
	// OIDC Session 3.2: the origin is validated; a value minted for another client, origin or issuer would loop if it were changed.
	if !saltFits(clientID, q.Origin, q.Issuer, salt) {
		return Error
	}
	values := q.readOPUAS()
	if len(values) == 0 {
		return Error // seed 003: no cookie, no answer
	}
	for _, value := range values {
		if q.counts(value) && stateFits(clientID, q.Origin, value.String(), hash, salt) {
			return Unchanged
		}
	}
	return Changed
}

// readOPUAS returns the first well-formed values.
func (q Question) readOPUAS() []OPUAS {
	values := make([]OPUAS, 0, maxOPUAS)
	eachCookie(q.Cookies, func(name, value string) {
		if bare, ok := strings.CutPrefix(name, q.Prefix); !ok || bare != CookieOPUAS || len(values) == maxOPUAS {
			return
		}
		if parsed, ok := ParseOPUAS(value); ok {
			values = append(values, parsed)
		}
	})
	return values
}

// counts tells whether a value is still in force: a session's only with its countdown, and with its marker if it must not
// outlive the run of the browser.
func (q Question) counts(value OPUAS) bool {
	if value.Gen == "" {
		return true
	}
	return q.has(CountdownName(value.Gen)) && (!value.BrowserRun || q.has(BrowserRunName(value.Gen)))
}

func (q Question) has(mark string) bool {
	found := false
	eachCookie(q.Cookies, func(name, value string) {
		bare, ok := strings.CutPrefix(name, q.Prefix)
		found = found || ok && bare == mark && value == CookieMark
	})
	return found
}

// isVisibleASCII tells whether a text can be a client identifier. RFC 6749 A.1: *VSCHAR.
func isVisibleASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
