package doctor_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"vigil/internal/config"
	"vigil/internal/doctor"
	"vigil/internal/fixture"
	"vigil/internal/keys"
	"vigil/internal/password"
	"vigil/internal/server"
)

// rsaKeys are lent to all servers of these tests.
var rsaKeys keys.Lent

// world is a provider behind a proxy, and its doctor.
type world struct {
	*provider
	t         *testing.T
	authority *fixture.Authority
	// What the proxy does to requests and answers. The usual: passes Host and address on.
	request func(*httputil.ProxyRequest)
	answer  func(*http.Response) error
	before  func(next http.Handler) http.Handler // of the proxy's handler
	flush   time.Duration
	// What the proxy listens with.
	certificate tls.Certificate
	versions    uint16 // the oldest
	plain       http.Handler
	protocols   []string

	names   *names
	options doctor.Options
}

const origin = "https://sso.example.com"

const configuration = `listen: 127.0.0.1:0
data: data
trustedProxies: [PROXY]
environments:
  - id: home
    hosts: [https://sso.example.com]
    applications:
      - {clientId: spa, type: SINGLE_PAGE_APP, opSessionCheckEnabled: true, redirectUris: ["https://app.example.com/"]}
`

// provider is a server that several worlds stand around.
type provider struct {
	server  *server.Server
	backend *url.URL
}

// newProvider serves plain HTTP to a proxy that it trusts.
func newProvider(t *testing.T, trusted string) *provider {
	t.Helper()
	cfg, mistakes := config.Parse(filepath.Join(t.TempDir(), "vigil.yaml"), []byte(strings.Replace(configuration, "PROXY", trusted, 1)), nil)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	p := &provider{}
	var err error
	if p.server, err = server.New(t.Context(), server.Options{Config: cfg, Passwords: password.Cheapest(), RSA: rsaKeys.Next}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.server.Close() })
	backend := httptest.NewServer(p.server)
	t.Cleanup(backend.Close)
	if p.backend, err = url.Parse(backend.URL); err != nil {
		t.Fatal(err)
	}
	return p
}

// newWorld is healthy.
func newWorld(t *testing.T, p *provider) *world {
	t.Helper()
	w := &world{t: t, provider: p, authority: fixture.NewAuthority(t), flush: -1, versions: tls.VersionTLS12, protocols: []string{"h2", "http/1.1"}}
	w.certificate = w.issue(60*24*time.Hour, "sso.example.com")
	w.request = func(r *httputil.ProxyRequest) {
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Forwarded-For", "198.51.100.9") // a person, as the proxy sees them
	}
	w.plain = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusMovedPermanently)
	})
	w.names = newNames(t)
	w.names.a["sso.example.com."], w.names.a["app.example.com."] = "203.0.113.7", "203.0.113.8"
	w.options = doctor.Options{
		Origin: origin, Ticket: w.server.ProbeTicket(), Roots: w.authority.Pool(), Resolver: w.names.resolver(), Silence: 300 * time.Millisecond, Now: time.Now,
		Applications: []doctor.Application{{ClientID: "spa", Origins: []string{"https://app.example.com"}, Watches: true}},
	}
	return w
}

func (w *world) issue(life time.Duration, hosts ...string) tls.Certificate {
	w.t.Helper()
	certificate, key := w.authority.Issue(w.t.TempDir(), "proxy", life, hosts...)
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		w.t.Fatal(err)
	}
	return pair
}

// open starts the proxy and gives its two addresses, for https and for plain HTTP.
func (w *world) open() (secure, plain string) {
	w.t.Helper()
	var handler http.Handler = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(w.backend)
			w.request(r)
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Strict-Transport-Security", "max-age=31536000")
			if w.answer == nil {
				return nil
			}
			return w.answer(r)
		},
		FlushInterval: w.flush, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
	}
	if w.before != nil {
		handler = w.before(handler)
	}
	front := httptest.NewUnstartedServer(handler)
	front.TLS = &tls.Config{Certificates: []tls.Certificate{w.certificate}, MinVersion: w.versions, NextProtos: w.protocols}
	front.EnableHTTP2 = len(w.protocols) > 1
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	front.StartTLS()
	w.t.Cleanup(front.Close)
	secure = front.Listener.Addr().String()
	if w.plain != nil {
		open := httptest.NewServer(w.plain)
		w.t.Cleanup(open.Close)
		plain = open.Listener.Addr().String()
	}
	return secure, plain
}

// examine opens the proxy and lets the doctor look.
func (w *world) examine() []doctor.Finding {
	w.t.Helper()
	secure, plain := w.open()
	if w.options.Dial == nil {
		w.options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			to := secure
			if strings.HasSuffix(address, ":80") {
				to = plain
			}
			return new(net.Dialer).DialContext(ctx, network, to)
		}
	}
	found, err := doctor.Examine(w.t.Context(), w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// names is a name server.
type names struct {
	mu       sync.Mutex
	a, alias map[string]string // by name with its dot
	address  string
}

func newNames(t *testing.T) *names {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	n := &names{a: map[string]string{}, alias: map[string]string{}, address: socket.LocalAddr().String()}
	go func() {
		buffer := make([]byte, 1500)
		for {
			size, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:size]) != nil || len(m.Questions) != 1 {
				continue
			}
			n.fill(&m)
			if packed, err := m.Pack(); err == nil {
				_, _ = socket.WriteTo(packed, from)
			}
		}
	}()
	return n
}

// fill answers a question.
func (n *names) fill(m *dnsmessage.Message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	name := q.Name
	if alias := n.alias[name.String()]; alias != "" {
		to := dnsmessage.MustNewName(alias)
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Type: dnsmessage.TypeCNAME, Class: q.Class}, Body: &dnsmessage.CNAMEResource{CNAME: to}})
		name = to
	}
	address := n.a[name.String()]
	if address == "" {
		m.RCode = dnsmessage.RCodeNameError
		return
	}
	if q.Type == dnsmessage.TypeA {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()}})
	}
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", n.address)
	}}
}

// read takes the body of an answer out and puts another in.
func replace(r *http.Response, change func(string) string) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	text := change(string(body))
	r.Body = io.NopCloser(strings.NewReader(text))
	r.ContentLength = int64(len(text))
	r.Header.Del("Content-Length")
	return nil
}

// fixedDial goes to one address whatever is asked for.
func fixedDial(to string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, to)
	}
}
