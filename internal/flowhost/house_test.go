package flowhost_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/mail"
	"vigil/internal/password"
	"vigil/internal/server"
	"vigil/internal/tenant"
)

const home = "https://sso.example.com"

const households = `data: data
environments:
- id: home
  name: Home
  hosts: [https://sso.example.com]
  defaultFlow: sign-on-link
  mail: {server: 127.0.0.1:2525, tls: none, from: no-reply@example.com}
  users:
  - {username: ada, email: ada@example.com, password: correct horse}
  applications:
  - clientId: spa
    name: Portal
    type: SINGLE_PAGE_APP
    tokenEndpointAuthMethod: NONE
    redirectUris: [https://spa.example.net/cb]
    grantTypes: [AUTHORIZATION_CODE]
    responseTypes: [CODE]
`

// house is a provider whose letters are read before they leave.
type house struct {
	folder string // of the configuration
	t      *testing.T
	server *server.Server

	mu      sync.Mutex
	now     time.Time
	letters []mail.Message
}

// time is the provider's, which reads it in the background too.
func (h *house) time() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// pass lets time pass.
func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// Send implements mail.Sender.
func (h *house) Send(_ context.Context, _ *tenant.Mail, letters []mail.Message) []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.letters = append(h.letters, letters...)
	return make([]error, len(letters))
}

func open(t *testing.T) *house { return openWith(t, households, nil) }

// openWith opens a provider with files beside its configuration.
func openWith(t *testing.T, configuration string, files map[string]string) *house {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, mistakes := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(configuration), os.LookupEnv)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	h := &house{t: t, folder: folder, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	var err error
	h.server, err = server.New(t.Context(), server.Options{Config: cfg, Now: h.time, Passwords: password.Cheapest(), RSA: rsaKeys.Next, Letters: h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.server.Close() })
	return h
}

var linkIn = regexp.MustCompile(`https://sso\.example\.com(/link\?id=\S+)`)

// link is that of the last letter.
func (h *house) link() string {
	h.t.Helper()
	return h.inLetter(linkIn)
}

// inLetter is what a pattern finds in the last letter.
func (h *house) inLetter(pattern *regexp.Regexp) string {
	h.t.Helper()
	if err := h.server.Mail.Round(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.server.Mail.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.letters) == 0 {
		h.t.Fatal("no letter came")
	}
	text := h.letters[len(h.letters)-1].Text
	found := pattern.FindStringSubmatch(text)
	if found == nil {
		h.t.Fatalf("no %s in %q", pattern, text)
	}
	return found[1]
}

// surfer is one browser.
type surfer struct {
	*house
	jar   http.CookieJar
	likes string // languages. Empty: it does not say
	from  string // a country, as a proxy says it. Empty: none does
	last  *httptest.ResponseRecorder
	body  string
}

func (h *house) browser() *surfer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &surfer{house: h, jar: jar}
}

// visit makes a request, and follows redirects within the house.
func (s *surfer) visit(method, path string, form url.Values) *surfer {
	s.t.Helper()
	r := httptest.NewRequest(method, home+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", home)
	}
	if s.likes != "" {
		r.Header.Set("Accept-Language", s.likes)
	}
	if s.from != "" {
		r.Header.Set("CF-IPCountry", s.from)
	}
	for _, c := range s.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	s.last = httptest.NewRecorder()
	s.server.ServeHTTP(s.last, r)
	s.jar.SetCookies(r.URL, s.last.Result().Cookies())
	s.body = s.last.Body.String()
	if next, inside := strings.CutPrefix(s.last.Header().Get("Location"), home); inside {
		return s.visit(http.MethodGet, next, nil)
	}
	return s
}

var (
	action = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	onward = regexp.MustCompile(`http-equiv="refresh" content="2; url=([^"]+)"`)
	asking = regexp.MustCompile(`data-poll="([^"]+)"`)
)

// press answers the page that the browser shows.
func (s *surfer) press(button string, fields ...string) *surfer {
	s.t.Helper()
	form := url.Values{"_button": {button}}
	for _, input := range hidden.FindAllStringSubmatch(s.body, -1) {
		form.Set(input[1], input[2])
	}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return s.visit(http.MethodPost, s.find(action), form)
}

func (s *surfer) find(what *regexp.Regexp) string {
	s.t.Helper()
	found := what.FindStringSubmatch(s.body)
	if found == nil {
		s.t.Fatalf("no %s in %s", what, s.body)
	}
	return strings.ReplaceAll(found[1], "&amp;", "&")
}

// shows holds what stands on the page.
func (s *surfer) shows(text string) {
	s.t.Helper()
	if !strings.Contains(s.body, text) {
		s.t.Fatalf("%d: no %q in %s", s.last.Code, text, s.body)
	}
}

// signedOn reports whether the browser has a session.
func (s *surfer) signedOn() bool {
	s.visit(http.MethodGet, authorize+"&prompt=none", nil)
	return strings.Contains(s.last.Header().Get("Location"), "code=")
}

const authorize = "/as/authorize?client_id=spa&response_type=code&scope=openid&state=s&code_challenge_method=S256&code_challenge=" +
	"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&redirect_uri=https%3A%2F%2Fspa.example.net%2Fcb"
