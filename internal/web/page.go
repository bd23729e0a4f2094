package web

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"vigil/internal/tenant"
	"vigil/templates"
)

// Pages renders HTML for people.
type Pages struct{ Templates *templates.Pages }

// Frame is what every page of an environment has in common, in the language of whoever asks. Wanted are those that the application asks for.
func Frame(base tenant.Base, wanted ...string) templates.Page {
	page := Unspoken(base)
	if base.Language != nil {
		page.Language = base.Language(wanted...)
	}
	return page
}

// Unspoken is Frame for a page whose language is known elsewhere.
func Unspoken(base tenant.Base) templates.Page { return templates.Page{Product: base.Environment.Name} }

// Show answers with a page. The policy is one of those that package templates names beside its pages. Nothing of an answer leaves before render
// writes, and package templates writes whole pages alone.
func Show(w http.ResponseWriter, status int, policy string, render func(io.Writer) error) error {
	return render(&shown{ResponseWriter: w, status: status, policy: policy})
}

// shown is an answer with a page. It begins with the first byte of the page.
type shown struct {
	http.ResponseWriter
	status int
	policy string
	begun  bool
}

// Write implements io.Writer.
func (s *shown) Write(page []byte) (int, error) {
	if !s.begun {
		s.begun = true
		s.begin()
	}
	return s.ResponseWriter.Write(page)
}

func (s *shown) begin() {
	h := s.Header()
	// Pages are for the person: scripts of applications read JSON (Fetch, section "CORS protocol").
	delete(h, "Access-Control-Allow-Origin")
	delete(h, "Access-Control-Allow-Credentials")
	maps.Copy(h, ofPages)
	h.Set("Content-Security-Policy", s.policy)
	s.WriteHeader(s.status)
}

// ofPages are the headers that every page has. Answers share the lists, whose length is their capacity: to add to one is to copy it.
var ofPages = http.Header{
	"Content-Type":               {"text/html; charset=utf-8"},
	"X-Frame-Options":            {"DENY"},
	"Cross-Origin-Opener-Policy": {"same-origin"},
	"Cache-Control":              {"no-store"},
	// A stricter policy would send "Origin: null" with our own forms.
	"Referrer-Policy": {"same-origin"},
}

// ShowFramed is Show for a page whose policy itself says who may frame it. X-Frame-Options knows no origins (RFC 7034 2.1, CSP 3 6.4.2).
func ShowFramed(w http.ResponseWriter, policy string, render func(io.Writer) error) error {
	return Show(framed{w}, http.StatusOK, policy, render)
}

// FailFramed is Fail for a page that may lie in frames of some origins. None: in no frame.
func (p Pages) FailFramed(w http.ResponseWriter, base tenant.Base, status int, page templates.ErrorPage, origins []string) error {
	if len(origins) == 0 {
		return p.Fail(w, base, status, page)
	}
	page.Page = Frame(base)
	return Show(framed{w}, status, templates.ContentSecurityPolicyWithin(origins), func(out io.Writer) error { return p.Templates.Error(out, page) })
}

// framed drops the header that forbids every frame.
type framed struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (f framed) WriteHeader(status int) {
	f.Header().Del("X-Frame-Options")
	f.ResponseWriter.WriteHeader(status)
}

// Fail shows the error page.
func (p Pages) Fail(w http.ResponseWriter, base tenant.Base, status int, page templates.ErrorPage) error {
	page.Page = Frame(base)
	return Show(w, status, templates.ContentSecurityPolicy, func(out io.Writer) error { return p.Templates.Error(out, page) })
}

// Redirect answers with an address that was checked before. 303 turns a POST into a GET.
func Redirect(w http.ResponseWriter, r *http.Request, location string) error {
	status := http.StatusFound
	if r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	h := w.Header()
	h.Set("Location", location)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	return nil
}

// PostForm reads the form of a POST, of at most so many bytes, into r.PostForm. What the address says does not mix with it, as it would in r.Form.
func PostForm(w http.ResponseWriter, r *http.Request, most int64) error {
	r.Body = http.MaxBytesReader(w, r.Body, most)
	r.Form = url.Values{} // ParseForm leaves alone what is there
	defer func() { r.Form = nil }()
	return r.ParseForm()
}

// OwnPage reports whether a POST came from a page of ours. Browsers that say nothing about it pass: the cookie that a
// form needs is SameSite and stays at home when another site posts.
//
// Fetch, section "Origin header"; Fetch Metadata, section 2.
func OwnPage(r *http.Request, base tenant.Base) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || strings.EqualFold(origin, base.Origin)
}

// NotAhead refuses a request that the browser makes before the person asked for anything, and changes nothing.
func NotAhead(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	return nil
}
