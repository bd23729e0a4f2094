package listen_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"vigil/internal/certificate"
	"vigil/internal/fixture"
	"vigil/internal/listen"
)

// house is a TLS and its listener, with a handler that says hello.
type house struct {
	t         *testing.T
	tls       *listen.TLS
	log       *fixture.Journal
	address   string
	authority *fixture.Authority
	stop      func() // may be called again
}

// open serves with options, whose log and clock it fills in.
func open(t *testing.T, authority *fixture.Authority, o listen.Options, handler http.Handler) *house {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return openAt(t, authority, o, l, handler)
}

func openAt(t *testing.T, authority *fixture.Authority, o listen.Options, l net.Listener, handler http.Handler) *house {
	t.Helper()
	h := &house{t: t, log: &fixture.Journal{}, address: l.Addr().String(), authority: authority}
	o.Log, o.Now = slog.New(slog.NewTextHandler(h.log, nil)), time.Now
	var err error
	if h.tls, err = listen.New(o); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		Handler: h.tls.Secure(handler), TLSConfig: h.tls.Config(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
		ReadHeaderTimeout: time.Second, WriteTimeout: 300 * time.Millisecond,
	}
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { h.tls.Run(ctx) })
	work.Go(func() { _ = server.ServeTLS(l, "", "") })
	h.stop = func() {
		stop()
		_ = server.Close()
		work.Wait()
	}
	t.Cleanup(h.stop)
	return h
}

// dial shakes hands for a name.
func (h *house) dial(name string, more func(*tls.Config)) (tls.ConnectionState, error) {
	h.t.Helper()
	config := &tls.Config{ServerName: name, RootCAs: h.authority.Pool(), NextProtos: []string{"h2", "http/1.1"}}
	if more != nil {
		more(config)
	}
	c, err := tls.Dial("tcp", h.address, config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = c.Close() }()
	return c.ConnectionState(), nil
}

// client calls the house by any name.
func (h *house) client(http2 bool) *http.Client {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", h.address)
		},
		TLSClientConfig: &tls.Config{RootCAs: h.authority.Pool()}, ForceAttemptHTTP2: http2,
	}
	h.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// dialWith shakes hands and trusts others than the house's own authority.
func (h *house) dialWith(name string, roots *x509.CertPool) (tls.ConnectionState, error) {
	h.t.Helper()
	return h.dial(name, func(c *tls.Config) { c.RootCAs = roots })
}

func issue(a *fixture.Authority, folder, name string, life time.Duration, hosts ...string) certificate.Pair {
	c, k := a.Issue(folder, name, life, hosts...)
	return certificate.Pair{Certificate: c, Key: k}
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
