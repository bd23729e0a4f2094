package listen_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/internal/certificate"
	"vigil/internal/fixture"
	"vigil/internal/listen"
)

const year = 365 * 24 * time.Hour

func TestEveryNameGetsItsCertificateAndAStrangersNameGetsNone(t *testing.T) {
	a, folder := fixture.NewAuthority(t), t.TempDir()
	h := open(t, a, listen.Options{Pairs: []certificate.Pair{
		issue(a, folder, "one", year, "sso.example.com"), issue(a, folder, "two", year, "*.example.org"),
	}}, http.HandlerFunc(hello))
	for name, want := range map[string]string{"sso.example.com": "one", "login.example.org": "two", "SSO.example.com": "one"} {
		state, err := h.dial(name, nil)
		if err != nil || state.PeerCertificates[0].Subject.CommonName != want {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "h2") {
			t.Errorf("%s: version %x, protocol %s", name, state.Version, state.NegotiatedProtocol)
		}
	}
	if _, err := h.dial("evil.example.net", nil); err == nil {
		t.Error("a name that nobody certified was shaken hands with")
	}
	said := h.log.String()
	if !strings.Contains(said, "name=evil.example.net") || !strings.Contains(said, "sso.example.com *.example.org") || !strings.Contains(said, "tls.certificates") {
		t.Errorf("the log does not say which names there are and how to mend:\n%s", said)
	}
	for range 100 {
		_, _ = h.dial("evil.example.net", nil)
	}
	if got := strings.Count(h.log.String(), "\n"); got != 1 {
		t.Errorf("a stranger wrote %d lines", got)
	}
	// A health check by address names no host.
	if state, err := h.dial("", func(c *tls.Config) { c.InsecureSkipVerify = true }); err != nil || state.PeerCertificates[0].Subject.CommonName != "one" {
		t.Errorf("without a name: %v", err)
	}
}

func TestOldVersionsAndWeakSuitesAreRefused(t *testing.T) {
	a, folder := fixture.NewAuthority(t), t.TempDir()
	h := open(t, a, listen.Options{Pairs: []certificate.Pair{issue(a, folder, "one", year, "sso.example.com")}}, http.HandlerFunc(hello))
	for name, change := range map[string]func(*tls.Config){
		"TLS 1.1": func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
		"a weak suite": func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
		},
	} {
		if _, err := h.dial("sso.example.com", change); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := h.dial("sso.example.com", func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	}
}

func TestChangedFilesAreServedWithoutARestartAndBrokenOnesAreNot(t *testing.T) {
	a, folder := fixture.NewAuthority(t), t.TempDir()
	pair := issue(a, folder, "one", year, "sso.example.com")
	h := open(t, a, listen.Options{Pairs: []certificate.Pair{pair}, Watch: 5 * time.Millisecond}, http.HandlerFunc(hello))
	serial := func() string {
		state, err := h.dial("sso.example.com", nil)
		if err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].SerialNumber.String()
	}
	before := serial()
	issue(a, folder, "one", year, "sso.example.com")
	fixture.Until(t, "the new certificate is shown", func() bool { return serial() != before })
	before = serial()
	if err := os.WriteFile(pair.Key, []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	fixture.Until(t, "the broken file is named", func() bool { return strings.Contains(h.log.String(), "changed certificates are not used") })
	if serial() != before {
		t.Error("the certificate of before does not go on")
	}
	issue(a, folder, "one", year, "sso.example.com")
	fixture.Until(t, "the mended file is served", func() bool { return serial() != before })
}

func TestACertificateThatEndsSoonIsWarnedOf(t *testing.T) {
	a, folder := fixture.NewAuthority(t), t.TempDir()
	h := open(t, a, listen.Options{Pairs: []certificate.Pair{
		issue(a, folder, "one", year, "fresh.example.com"), issue(a, folder, "two", 10*24*time.Hour+2*time.Hour, "tired.example.com"),
		issue(a, folder, "three", 62*time.Minute, "ending.example.com"),
	}, Watch: time.Millisecond}, http.HandlerFunc(hello))
	fixture.Until(t, "the ends are said", func() bool { return strings.Contains(h.log.String(), "ending.example.com") })
	time.Sleep(20 * time.Millisecond)
	said := h.log.String()
	if strings.Contains(said, "fresh") || strings.Count(said, "a certificate ends soon") != 1 {
		t.Errorf("the log says\n%s", said)
	}
}

func TestPlainHTTPOnlyLeadsToNamesOfOurs(t *testing.T) {
	a, folder := fixture.NewAuthority(t), t.TempDir()
	h := open(t, a, listen.Options{Pairs: []certificate.Pair{issue(a, folder, "one", year, "sso.example.com")}, Names: []string{"sso.example.com"}}, http.HandlerFunc(hello))
	origins := map[string]string{"sso.example.com": "https://sso.example.com", "login.example.org": "https://login.example.org:8443"}
	for _, c := range []struct {
		method, host string
		status       int
		location     string
	}{
		{"GET", "sso.example.com", 301, "https://sso.example.com/as/authorize?a=b&c=%2F"},
		{"HEAD", "SSO.example.com:80", 301, "https://sso.example.com/as/authorize?a=b&c=%2F"},
		{"GET", "login.example.org", 301, "https://login.example.org:8443/as/authorize?a=b&c=%2F"},
		{"POST", "sso.example.com", 403, ""},
		{"GET", "evil.example.net", 421, ""},
	} {
		r := httptest.NewRequest(c.method, "/as/authorize?a=b&c=%2F", http.NoBody)
		r.Host = c.host
		w := httptest.NewRecorder()
		h.tls.Redirect(origins).ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != c.location || w.Header().Get("Strict-Transport-Security") != "" {
			t.Errorf("%s %s: %d %v", c.method, c.host, w.Code, w.Header())
		}
	}
}

func TestBrowsersAreToldToStayWithHTTPS(t *testing.T) {
	a, folder := fixture.NewAuthority(t), t.TempDir()
	pairs := []certificate.Pair{issue(a, folder, "one", year, "sso.example.com")}
	for _, c := range []struct {
		hsts time.Duration
		want string
	}{{year, "max-age=31536000"}, {0, ""}} {
		h := open(t, a, listen.Options{Pairs: pairs, HSTS: c.hsts}, http.HandlerFunc(hello))
		answer, err := h.client(true).Get("https://sso.example.com/")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := answer.Header.Get("Strict-Transport-Security"); got != c.want {
			t.Errorf("%v: %q", c.hsts, got)
		}
	}
}

func TestAStreamOutlivesTheTimeThatOtherAnswersHaveByBothVersionsOfHTTP(t *testing.T) {
	a, folder := fixture.NewAuthority(t), t.TempDir()
	stream := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		control := http.NewResponseController(w)
		for range 10 { // a second, with a deadline of 0.3 s for answers that end
			if control.SetWriteDeadline(time.Now().Add(time.Second)) != nil {
				return
			}
			if _, err := io.WriteString(w, "data: x\n\n"); err != nil || control.Flush() != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	h := open(t, a, listen.Options{Pairs: []certificate.Pair{issue(a, folder, "one", year, "sso.example.com")}}, stream)
	for _, http2 := range []bool{true, false} {
		answer, err := h.client(http2).Get("https://sso.example.com/as/session/events")
		if err != nil {
			t.Fatal(err)
		}
		events, lines := 0, bufio.NewScanner(answer.Body)
		for lines.Scan() {
			if lines.Text() != "" {
				events++
			}
		}
		answer.Body.Close()
		if (answer.ProtoMajor == 2) != http2 || events != 10 || lines.Err() != nil {
			t.Errorf("HTTP/%d: %d events, %v", answer.ProtoMajor, events, lines.Err())
		}
	}
}

func TestClientsAreAskedForCertificatesOnlyWhereTheyShouldBe(t *testing.T) {
	a, folder := fixture.NewAuthority(t), t.TempDir()
	h := open(t, a, listen.Options{
		Pairs:       []certificate.Pair{issue(a, folder, "one", year, "sso.example.com", "mtls.example.com")},
		AsksClients: func(name string, _ net.Addr) bool { return name == "mtls.example.com" },
	}, http.HandlerFunc(hello))
	for name, want := range map[string]bool{"sso.example.com": false, "mtls.example.com": true} {
		asked := false
		_, err := h.dial(name, func(c *tls.Config) {
			c.MaxVersion = tls.VersionTLS12 // in 1.3 the client may be done before it is asked
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				asked = true
				return &tls.Certificate{}, nil
			}
		})
		if err != nil || asked != want {
			t.Errorf("%s: asked %v, %v", name, asked, err)
		}
	}
}

func TestMistakesInFilesEndTheStart(t *testing.T) {
	if _, err := listen.New(listen.Options{Pairs: []certificate.Pair{{Certificate: "absent.pem", Key: "absent.key"}}}); err == nil || !strings.Contains(err.Error(), "absent.pem") {
		t.Errorf("%v", err)
	}
	if !slices.Contains([]string{listen.LetsEncrypt}, "https://acme-v02.api.letsencrypt.org/directory") {
		t.Error(listen.LetsEncrypt)
	}
}
