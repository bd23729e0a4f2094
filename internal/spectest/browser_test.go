package spectest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"sort"
	"strings"
	"time"

	"vigil/iframe"
)

// browser is a user agent: its cookies end when their time is over, and it follows nothing by itself.
type browser struct {
	cookies map[string]cookie
	// codes, session states and tokens that applications in this browser hold, by application.
	codes, verifiers, states, idTokens, accessTokens, refreshTokens, pushed map[string]string
	redeemed                                                                map[string]string // the ID token of the last code or refresh token, by application
}

type cookie struct {
	value   string
	expires time.Time // zero: with the browser
	hidden  bool
}

func newBrowser() *browser {
	return &browser{
		cookies: map[string]cookie{}, codes: map[string]string{}, verifiers: map[string]string{}, states: map[string]string{},
		idTokens: map[string]string{}, accessTokens: map[string]string{}, refreshTokens: map[string]string{}, pushed: map[string]string{}, redeemed: map[string]string{},
	}
}

// visit sends one request with the cookies that are still there, and keeps what comes back.
func (b *browser) visit(w *world, r *http.Request) (*http.Response, string) {
	now := w.clock.now()
	for _, name := range b.names(now) {
		r.AddCookie(&http.Cookie{Name: name, Value: b.cookies[name].value})
	}
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	response := recorder.Result()
	for _, c := range response.Cookies() {
		switch {
		case c.MaxAge < 0:
			delete(b.cookies, c.Name)
		case c.MaxAge > 0:
			b.cookies[c.Name] = cookie{c.Value, now.Add(time.Duration(c.MaxAge) * time.Second), c.HttpOnly}
		default:
			b.cookies[c.Name] = cookie{value: c.Value, hidden: c.HttpOnly}
		}
	}
	body, _ := io.ReadAll(response.Body)
	return response, string(body)
}

// names are the cookies that have not expired, sorted.
func (b *browser) names(now time.Time) []string {
	var names []string
	for name, c := range b.cookies {
		if c.expires.IsZero() || now.Before(c.expires) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// restart ends the run of the browser.
func (b *browser) restart() {
	for name, c := range b.cookies {
		if c.expires.IsZero() {
			delete(b.cookies, name)
		}
	}
}

// lose removes the cookies whose base name begins with a word.
func (b *browser) lose(base string) {
	for name := range b.cookies {
		if strings.HasPrefix(strings.TrimPrefix(name, iframe.HostPrefix), base) {
			delete(b.cookies, name)
		}
	}
}

// readable is what a page would see as document.cookie.
func (b *browser) readable(now time.Time) string {
	var pairs []string
	for _, name := range b.names(now) {
		if c := b.cookies[name]; !c.hidden {
			pairs = append(pairs, name+"="+c.value)
		}
	}
	return strings.Join(pairs, "; ")
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// hiddenInputs are what a page's form sends along by itself.
func hiddenInputs(page string) url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], strings.NewReplacer("&amp;", "&", "&#34;", `"`, "&#43;", "+").Replace(m[2]))
	}
	return form
}
