package web_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vigil/internal/oidc"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/web"
	"vigil/templates"
)

func router(t *testing.T, log *strings.Builder) *web.Router {
	t.Helper()
	return routerAt(t, log, "https://sso.example.com")
}

func routerAt(t *testing.T, log *strings.Builder, host string) *web.Router {
	t.Helper()
	tenants, err := tenant.New([]*tenant.Environment{{
		ID: "home", Hosts: []string{host},
		Applications: []*tenant.Application{{ClientID: "spa", Enabled: true, RedirectURIs: []string{"https://app.example.com/cb"}}},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	return web.NewRouter(web.Options{
		Tenants: tenants, Pages: web.Pages{Templates: pages}, Log: slog.New(slog.NewTextHandler(log, nil)), Now: time.Now,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, CountryHeader: "CF-IPCountry",
	})
}

func TestOnlyATrustedProxySaysFromWhichCountrySomebodyComes(t *testing.T) {
	r := router(t, &strings.Builder{})
	for _, c := range []struct {
		what, peer string
		said       []string
		want       string
	}{
		{"a trusted proxy says it", "10.0.0.1:1234", []string{"de"}, "DE"},
		{"a stranger says it", "192.0.2.1:1234", []string{"DE"}, ""},
		{"nobody says it", "10.0.0.1:1234", nil, ""},
		{"the proxy does not know", "10.0.0.1:1234", []string{"XX"}, ""},
		{"an anonymous network is no country", "10.0.0.1:1234", []string{"T1"}, ""},
		{"what is no code is no country", "10.0.0.1:1234", []string{"Germany"}, ""},
		{"a browser got its own header past the proxy", "10.0.0.1:1234", []string{"NL", "DE"}, ""},
	} {
		req := httptest.NewRequest(http.MethodGet, "https://sso.example.com/", nil)
		req.RemoteAddr = c.peer
		req.Header["Cf-Ipcountry"] = c.said
		if got := r.Country(req); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

// holds: forwarded-headers-of-strangers
func TestThePeerIsBelievedUnlessATrustedProxySaysOtherwise(t *testing.T) {
	r := router(t, &strings.Builder{})
	for _, c := range []struct{ peer, forwarded, want string }{
		{"192.0.2.1:1234", "", "192.0.2.1"},
		{"192.0.2.1:1234", "198.51.100.7", "192.0.2.1"},
		{"10.0.0.1:1234", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:1234", "203.0.113.9, 198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:1234", "198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:1234", "nonsense", "10.0.0.1"},
		{"[2001:db8::1]:1234", "", "2001:db8::1"},
	} {
		req := httptest.NewRequest(http.MethodGet, "https://sso.example.com/", nil)
		req.RemoteAddr = c.peer
		if c.forwarded != "" {
			req.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := r.Address(req).String(); got != c.want {
			t.Errorf("%s with %q: got %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}

func TestOnlyRegisteredOriginsReadAnswersAndOnlyTheySendCredentials(t *testing.T) {
	r := router(t, &strings.Builder{})
	r.POST("/as/token", func(w http.ResponseWriter, _ *http.Request, _ tenant.Base) error { return nil })
	for origin, want := range map[string]string{"https://app.example.com": "https://app.example.com", "https://evil.example.com": "", "null": ""} {
		req := httptest.NewRequest(http.MethodOptions, "https://sso.example.com/as/token", nil)
		req.Header.Set("Origin", origin)
		req.Header.Set("Access-Control-Request-Method", "POST")
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, req)
		h := answer.Header()
		if h.Get("Access-Control-Allow-Origin") != want || (h.Get("Access-Control-Allow-Credentials") == "true") != (want != "") {
			t.Errorf("%s: %v", origin, h)
		}
		if !strings.Contains(h.Get("Vary"), "Origin") {
			t.Errorf("%s: a cache would mix origins up: Vary %q", origin, h.Get("Vary"))
		}
	}
}

func TestNoScriptOfAnApplicationReadsAPageForPeople(t *testing.T) {
	r := router(t, &strings.Builder{})
	r.GET("/page", func(w http.ResponseWriter, _ *http.Request, _ tenant.Base) error {
		return web.Show(w, http.StatusOK, templates.ContentSecurityPolicy, func(out io.Writer) error {
			_, err := io.WriteString(out, "Sign off ada?")
			return err
		})
	})
	for _, path := range []string{"/page", "/not-there"} {
		req := httptest.NewRequest(http.MethodGet, "https://sso.example.com"+path, nil)
		req.Header.Set("Origin", "https://app.example.com")
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, req)
		if h := answer.Header(); h.Get("Access-Control-Allow-Origin") != "" || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s may be read by a page of a registered origin: %v", path, h)
		}
	}
}

// RFC 8414 3.2: metadata is for programs, and so is the answer that there is none.
func TestAnyPageMayReadThatThereIsNoMetadata(t *testing.T) {
	req := httptest.NewRequest(http.MethodGet, "https://sso.example.com/auth/.well-known/openid-configuration", nil)
	req.Header.Set("Origin", "https://nobody-knows.example")
	answer := httptest.NewRecorder()
	router(t, &strings.Builder{}).ServeHTTP(answer, req)
	if h := answer.Header(); answer.Code != http.StatusNotFound || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", answer.Code, h)
	}
}

func TestAnErrorIsToldWithoutItsDetails(t *testing.T) {
	var log strings.Builder
	r := router(t, &log)
	for path, failure := range map[string]error{
		"/protocol": oidc.InvalidGrant("the code is not good").WithDetail("private detail"),
		"/inner":    errors.New("private detail"),
		"/busy":     kv.ErrConflict,
		"/full":     kv.ErrReadOnly,
	} {
		r.GET(path, func(http.ResponseWriter, *http.Request, tenant.Base) error { return failure })
	}
	r.GET("/panic", func(http.ResponseWriter, *http.Request, tenant.Base) error { panic("private detail") })
	for path, status := range map[string]int{"/protocol": 400, "/inner": 500, "/busy": 503, "/full": 503, "/panic": 500, "/nothing": 404} {
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://sso.example.com"+path, nil))
		if answer.Code != status || strings.Contains(answer.Body.String(), "private") {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	if !strings.Contains(log.String(), "private detail") {
		t.Error("the operator's log does not say what happened")
	}
}

func TestTheAccessLogHoldsNoQuery(t *testing.T) {
	var log strings.Builder
	r := router(t, &log)
	r.GET("/as/resume", func(http.ResponseWriter, *http.Request, tenant.Base) error { return nil })
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "https://sso.example.com/as/resume?flowId=confidential", nil))
	if !strings.Contains(log.String(), "path=/as/resume") || strings.Contains(log.String(), "confidential") {
		t.Error(log.String())
	}
}

func TestAPostFromElsewhereIsNoneOfOurPages(t *testing.T) {
	base := tenant.Base{Origin: "https://sso.example.com"}
	for _, c := range []struct {
		site, origin string
		want         bool
	}{
		{"same-origin", "https://sso.example.com", true},
		{"none", "", true},
		{"", "", true},
		{"", "https://sso.example.com", true},
		{"same-site", "https://app.example.com", false},
		{"cross-site", "https://evil.com", false},
		{"", "https://evil.com", false},
		{"", "null", false},
	} {
		r := httptest.NewRequest(http.MethodPost, "https://sso.example.com/signon/", nil)
		r.Header.Set("Sec-Fetch-Site", c.site)
		r.Header.Set("Origin", c.origin)
		if got := web.OwnPage(r, base); got != c.want {
			t.Errorf("%q from %q: %v", c.site, c.origin, got)
		}
	}
}

func TestAProxyThatLeavesOutThePortIsToldToWriteIt(t *testing.T) {
	var log strings.Builder
	r := routerAt(t, &log, "https://sso.example.com:8443")
	answer := httptest.NewRecorder()
	r.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://sso.example.com/", http.NoBody))
	if answer.Code != http.StatusMisdirectedRequest || !strings.Contains(log.String(), "proxy_set_header Host $host:8443)") {
		t.Errorf("%d\n%s", answer.Code, &log)
	}
}

func TestAnUnknownHostIsToldNothingAndTheLogSaysHowToMend(t *testing.T) {
	var log strings.Builder
	r := router(t, &log)
	r.GET("/as/authorize", func(http.ResponseWriter, *http.Request, tenant.Base) error { return nil })
	r.Plain("/healthz", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	ask := func(path, accept, forwarded string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(http.MethodGet, "https://127.0.0.1:8080"+path, http.NoBody)
		request.Header.Set("Accept", accept)
		request.Header.Set("X-Forwarded-Host", forwarded)
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		return answer
	}
	page, data := ask("/as/authorize", "text/html,*/*", "sso.example.com"), ask("/nothing", "application/json", "")
	if h := page.Header(); page.Code != http.StatusMisdirectedRequest || !strings.Contains(page.Body.String(), "Nothing is served under this name") || h.Get("X-Frame-Options") != "DENY" {
		t.Errorf("%d %v\n%s", page.Code, h, page.Body)
	}
	if data.Code != http.StatusMisdirectedRequest || !strings.Contains(data.Body.String(), `"error":"unknown_host"`) {
		t.Errorf("%d %s", data.Code, data.Body)
	}
	for _, text := range []string{page.Body.String(), data.Body.String()} {
		if strings.Contains(text, "example.com") || strings.Contains(text, "127.0.0.1") {
			t.Errorf("a stranger learns hosts:\n%s", text)
		}
	}
	if ask("/healthz", "*/*", "").Code != http.StatusOK {
		t.Error("a health check by address fails")
	}
	warnings := 0
	for line := range strings.Lines(log.String()) {
		if !strings.Contains(line, "level=WARN") {
			continue
		}
		warnings++
		for _, want := range []string{"host=127.0.0.1:8080", "known=[sso.example.com]", "over sso.example.com", "proxy_set_header Host $host"} {
			if !strings.Contains(line, want) {
				t.Errorf("%s\nwithout %q", line, want)
			}
		}
	}
	if warnings != 1 {
		t.Errorf("%d warnings in one minute:\n%s", warnings, &log)
	}
}

func TestHeadAsksAndChangesNothing(t *testing.T) {
	var log strings.Builder
	r := router(t, &log)
	changed := 0
	r.GET("/as/signoff", func(http.ResponseWriter, *http.Request, tenant.Base) error { changed++; return nil })
	r.Read("/as/jwks", func(http.ResponseWriter, *http.Request, tenant.Base) error { return nil })
	for path, want := range map[string]int{"/as/signoff": http.StatusMethodNotAllowed, "/as/jwks": http.StatusOK} {
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, httptest.NewRequest(http.MethodHead, "https://sso.example.com"+path, http.NoBody))
		if answer.Code != want {
			t.Errorf("HEAD %s: %d", path, answer.Code)
		}
	}
	if changed != 0 {
		t.Error("HEAD did what GET does")
	}
}

func TestAStrangerWritesOnlySoMuchIntoTheLog(t *testing.T) {
	var log strings.Builder
	r := router(t, &log)
	request := httptest.NewRequest(http.MethodGet, "https://sso.example.com/"+strings.Repeat("p", 20_000), http.NoBody)
	request.Host = strings.Repeat("h", 20_000)
	r.ServeHTTP(httptest.NewRecorder(), request)
	if len(log.String()) > 1_000 {
		t.Errorf("one request wrote %d bytes", len(log.String()))
	}
}
