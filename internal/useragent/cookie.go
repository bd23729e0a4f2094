package useragent

import (
	"net/http"
	"strconv"
	"time"

	"vigil/iframe"
	"vigil/internal/session"
	"vigil/internal/tenant"
)

// cookieRun holds the key that ties flow runs to the browser that began them. It has its prefix wherever the environment is met and whatever
// its other cookies are called: a sibling sub-domain that planted a key it knows could go on with a sign-on that another person began.
//
// RFC 6265bis 4.1.3.2: __Host- needs Secure, Path=/ and no Domain.
const cookieRun = "__Host-RUN"

// cookieDraw holds the number that this browser drew, by which policies share sign-ons among flows. It says nothing else: many browsers have the same.
const cookieDraw = "DRAW"

// expired as a lifetime removes a cookie; untilExit keeps it for the run of the browser.
const (
	expired   = time.Duration(-1)
	untilExit = time.Duration(0)
)

// writer writes cookies of one host onto one response.
type writer struct {
	header http.Header
	base   tenant.Base
}

// hidden cookies are not for scripts.
func (w writer) hidden(name, value string, life time.Duration) { w.set(name, value, life, true) }

func (w writer) readable(name, value string, life time.Duration) { w.set(name, value, life, false) }

func (w writer) remove(name string) { w.set(name, "", expired, name == iframe.CookieST) }

// run is the same for all environments of a host: a run knows its own.
func (w writer) run(key string) {
	w.add(http.Cookie{Name: cookieRun, Value: key, Path: "/", HttpOnly: true}, untilExit)
}

func (w writer) draw(number int) {
	w.hidden(cookieDraw, strconv.Itoa(number), tenant.PersistentLifetime)
}

func (w writer) set(name, value string, life time.Duration, httpOnly bool) {
	w.add(http.Cookie{Name: w.base.CookiePrefix() + name, Value: value, Path: w.base.CookiePath(), HttpOnly: httpOnly}, life)
}

func (w writer) add(c http.Cookie, life time.Duration) {
	c.Secure, c.SameSite = true, http.SameSiteLaxMode
	if SameSite(w.base) == "None" {
		c.SameSite = http.SameSiteNoneMode
	}
	switch {
	case life == expired:
		c.MaxAge, c.Expires = -1, time.Unix(1, 0)
	case life != untilExit:
		c.MaxAge = int(min(life, tenant.PersistentLifetime) / time.Second)
	}
	w.header.Add("Set-Cookie", c.String()+"; Priority=High")
}

// opuas tells pages which session lives here. It outlives every session, or time-outs and sign-offs would turn into `error`.
func (w writer) opuas(o iframe.OPUAS) {
	w.readable(iframe.CookieOPUAS, o.String(), tenant.PersistentLifetime)
}

// countdown lets the browser itself time the session out.
func (w writer) countdown(s *session.Session, now time.Time) {
	w.readable(iframe.CountdownName(s.Gen), iframe.CookieMark, orExpired(Left(s, now)))
}

// forget removes the marks of a generation.
func (w writer) forget(gen string) {
	w.remove(iframe.CountdownName(gen))
	w.remove(iframe.BrowserRunName(gen))
}

// unconfirmedCountdown bounds the countdown of a replaced generation until the browser brought it back once.
const unconfirmedCountdown = 90 * time.Second

// SameSite is the attribute of every cookie of a base, for scripts that write the countdown.
func SameSite(base tenant.Base) string {
	if base.Environment.Cookies.SameSiteNone {
		return "None"
	}
	return "Lax"
}

// Left is the whole seconds that the browser may count down.
func Left(s *session.Session, now time.Time) time.Duration {
	d := s.Deadline().Sub(now).Truncate(time.Second)
	if !s.Repaired.IsZero() {
		d = min(d, unconfirmedCountdown)
	}
	return d
}

func orExpired(d time.Duration) time.Duration {
	if d <= 0 {
		return expired
	}
	return d
}

func stateOf(s *session.Session) iframe.OPUAS {
	return iframe.OPUAS{Gen: s.Gen, BrowserRun: s.BrowserBound}
}
