package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/fixture"
	"vigil/internal/fixture/acme"
	"vigil/internal/password"
)

// secured is a server that ends TLS itself.
type secured struct {
	t         *testing.T
	authority *fixture.Authority
	folder    string
	listeners []Listener
}

// newSecured serves two environments, one of them with two hosts and an origin for certificates.
func newSecured(t *testing.T) *secured {
	t.Helper()
	s := &secured{t: t, authority: fixture.NewAuthority(t), folder: t.TempDir()}
	s.authority.Issue(s.folder, "one", 24*time.Hour, "sso.example.com", "login.example.org", "mtls.example.com", "sso.example.net")
	text := `listen: 127.0.0.1:0
metrics: 127.0.0.1:0
data: data
tls:
  certificates: [{certificate: one.pem, key: one.key}]
  redirect: 127.0.0.1:0
clientCertificates: {}
environments:
  - id: home
    hosts: [https://sso.example.com, https://login.example.org]
    certificateHost: https://mtls.example.com
    applications:
      - {clientId: robot, type: WORKER, grantTypes: [CLIENT_CREDENTIALS], tokenEndpointAuthMethod: SELF_SIGNED_TLS_CLIENT_AUTH, jwks: {keys: [KEY]}}
  - id: shop
    hosts: [https://sso.example.net]
`
	s.serve(strings.Replace(text, "KEY", s.clientKey(), 1))
	return s
}

// serve serves a configuration until the test ends.
func (s *secured) serve(text string) {
	t := s.t
	t.Helper()
	cfg, mistakes := config.Parse(filepath.Join(s.folder, "vigil.yaml"), []byte(text), nil)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	server, err := New(t.Context(), Options{Config: cfg, Passwords: password.Cheapest(), RSA: rsaKeys.Next})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if s.listeners, err = server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, s.listeners) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// clientKey makes the certificate of an application and gives its JWK.
func (s *secured) clientKey() string {
	s.authority.Issue(s.folder, "robot", 24*time.Hour)
	pair, err := tls.LoadX509KeyPair(filepath.Join(s.folder, "robot.pem"), filepath.Join(s.folder, "robot.key"))
	if err != nil {
		s.t.Fatal(err)
	}
	return fixture.CertificateJWK(s.t, pair.Leaf)
}

// client calls any host, by https or plain HTTP, with a certificate if it has one.
func (s *secured) client(certificates ...tls.Certificate) *http.Client {
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: s.authority.Pool(), Certificates: certificates},
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			to := s.listeners[0]
			if strings.HasSuffix(address, ":80") {
				to = s.listeners[2]
			}
			return new(net.Dialer).DialContext(ctx, "tcp", to.Addr().String())
		},
	}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 20 * time.Second}
}

func TestHTTPSIsServedWithoutAProxyOnEveryHost(t *testing.T) {
	s := newSecured(t)
	for _, host := range []string{"https://sso.example.com", "https://login.example.org", "https://sso.example.net"} {
		answer, err := s.client().Get(host + "/as/.well-known/openid-configuration")
		if err != nil {
			t.Fatal(err)
		}
		var found struct{ Issuer string }
		err = json.NewDecoder(answer.Body).Decode(&found)
		answer.Body.Close()
		if err != nil || found.Issuer != host+"/as" || answer.ProtoMajor != 2 || answer.Header.Get("Strict-Transport-Security") != "max-age=31536000" {
			t.Errorf("%s: %v, issuer %s, HTTP/%d, %v", host, err, found.Issuer, answer.ProtoMajor, answer.Header)
		}
		answer, err = s.client().Get(strings.Replace(host, "https", "http", 1) + "/as/authorize?client_id=a")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusMovedPermanently || answer.Header.Get("Location") != host+"/as/authorize?client_id=a" {
			t.Errorf("by plain HTTP: %d %s", answer.StatusCode, answer.Header.Get("Location"))
		}
	}
}

func TestTheEndOfEachCertificateIsMeasured(t *testing.T) {
	s := newSecured(t)
	_, told := ask(t, "http://"+s.listeners[1].Addr().String()+"/metrics")
	for _, host := range []string{"sso.example.com", "login.example.org", "mtls.example.com", "sso.example.net"} {
		if !strings.Contains(told, `vigil_certificate_end_timestamp_seconds{host="`+host+`"} 1.`) {
			t.Errorf("nothing is said of %s", host)
		}
	}
}

func TestEventsStreamByHTTP2WithoutAProxy(t *testing.T) {
	s := newSecured(t)
	answer, err := s.client().Get("https://sso.example.com/as/session/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() && lines.Text() != "event: quiet" {
		continue
	}
	if answer.ProtoMajor != 2 || lines.Text() != "event: quiet" {
		t.Errorf("HTTP/%d: %q %v", answer.ProtoMajor, lines.Text(), lines.Err())
	}
}

// RFC 8705 2.2, without a proxy.
func TestAnApplicationProvesItselfByTheCertificateThatItShowsHere(t *testing.T) {
	s := newSecured(t)
	own, err := tls.LoadX509KeyPair(filepath.Join(s.folder, "robot.pem"), filepath.Join(s.folder, "robot.key"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := tls.LoadX509KeyPair(filepath.Join(s.folder, "one.pem"), filepath.Join(s.folder, "one.key"))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}}
	for _, c := range []struct {
		name   string
		client *http.Client
		host   string
		header string
		status int
	}{
		{"with its own", s.client(own), "https://mtls.example.com", "", http.StatusOK},
		{"with another", s.client(other), "https://mtls.example.com", "", http.StatusBadRequest},
		{"without one", s.client(), "https://mtls.example.com", "", http.StatusBadRequest},
		{"where nobody is asked", s.client(own), "https://sso.example.com", "", http.StatusBadRequest},
		{"with what only a proxy may say", s.client(), "https://mtls.example.com", fixture.CertificateHeader(own.Leaf), http.StatusBadRequest},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.host+"/as/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if c.header != "" {
			request.Header.Set("Client-Cert", c.header)
		}
		answer, err := c.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != c.status || err != nil {
			t.Errorf("%s: %d %s", c.name, answer.StatusCode, body)
		}
	}
}

func TestAHostIsServedWithTheCertificateThatAnAuthorityGave(t *testing.T) {
	secure, plain := fixture.Port(), fixture.Port()
	authority := acme.New(t, plain, secure)
	s := &secured{t: t, authority: fixture.NewAuthority(t), folder: t.TempDir()}
	if err := os.WriteFile(filepath.Join(s.folder, "pebble.pem"), authority.RootsPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	s.serve(fmt.Sprintf(`listen: 127.0.0.1:%d
data: data
tls:
  acme: {email: ops@vigil.test, acceptTerms: true, directory: %q, authorities: pebble.pem}
  redirect: 127.0.0.1:%d
environments:
  - {id: home, hosts: [https://sso.example.com]}
`, secure, authority.Directory, plain))
	fixture.Until(t, "there is a certificate", func() bool {
		c, err := tls.Dial("tcp", s.listeners[0].Addr().String(), &tls.Config{ServerName: "sso.example.com", RootCAs: authority.Issued()})
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	if kept, err := filepath.Glob(filepath.Join(s.folder, "data", "acme", "certificates", "*", "sso.example.com", "*.crt")); err != nil || len(kept) != 1 {
		t.Errorf("the certificate is not kept: %v %v", kept, err)
	}
}
