package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options of an examination. Origin and Now are required.
type Options struct {
	// Origin is the host as browsers see it, such as https://sso.example.com.
	Origin string
	// Prefix is the environment's path on a shared host. Empty: a custom domain.
	Prefix string
	// Ticket opens the server's probes. Empty: only what anybody sees is examined.
	Ticket string
	// Applications are examined for being of one site with Origin.
	Applications []Application
	// Siblings are the other hosts of the environment.
	Siblings []string
	// Dial connects instead of the name's addresses, such as to a server that the name does not lead to yet. Nil: nothing does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Roots are trusted. Nil: the system's.
	Roots *x509.CertPool
	// Resolver looks names up. Nil: the system's.
	Resolver *net.Resolver
	// Silence is how long a stream is silent before its last event. Zero: 30 s, a little longer than streams of the server ever are.
	Silence time.Duration
	// Quick leaves the stream out, which takes Silence and a second more.
	Quick bool
	// Now is the clock.
	Now func() time.Time
}

// Application is a relying party.
type Application struct {
	ClientID string
	Origins  []string
	// Watches: it uses session management (opSessionCheckEnabled).
	Watches bool
}

// doctor is one examination.
type doctor struct {
	Options
	url    *url.URL
	client *http.Client
}

const (
	callTimeout = 20 * time.Second
	maxAnswer   = 1 << 20 // bytes
)

// Examine looks at everything, and gives what it found in the order of a request's way: the name, the certificate, the proxy, the server,
// the applications. An error: the origin is none.
func Examine(ctx context.Context, o Options) ([]Finding, error) {
	u, err := url.Parse(o.Origin)
	if err != nil || u.Host == "" || u.Path != "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errOrigin
	}
	o.Silence, o.Resolver = cmp.Or(o.Silence, 30*time.Second), cmp.Or(o.Resolver, net.DefaultResolver)
	d := &doctor{Options: o, url: u}
	transport := &http.Transport{
		DialContext: d.dial, DisableCompression: true, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 128 << 10,
		// A certificate that browsers refuse is a finding of its own; what is behind it is examined all the same.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // only the ticket of a probe is sent, which opens nothing else
	}
	defer transport.CloseIdleConnections()
	d.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	checks := []func(context.Context, *patient){d.names, d.connection, d.plain, d.discovery, d.arrival, d.frame, d.pages, d.caches, d.stream, d.sites}
	if !d.answers(ctx) { // the rest would say so again and again
		checks = []func(context.Context, *patient){d.names, d.connection, d.sites}
	}
	patients := make([]patient, len(checks))
	var work sync.WaitGroup
	for i, check := range checks {
		work.Go(func() { check(ctx, &patients[i]) })
	}
	work.Wait()
	var all []Finding
	for _, p := range patients {
		all = append(all, p.found...)
	}
	return all, nil
}

// dial goes where the options say, or where the name leads.
func (d *doctor) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.Dial != nil {
		return d.Dial(ctx, network, address)
	}
	// RFC 6761 6.3: browsers take names below localhost for this machine, whatever resolvers know of them.
	if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("localhost", port)
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Resolver: d.Resolver}
	return dialer.DialContext(ctx, network, address)
}

// reached says why nobody takes connections. Nil: somebody does.
func (d *doctor) reached(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := d.dial(ctx, "tcp", d.address())
	if err == nil {
		_ = c.Close()
	}
	return err
}

// answers reports whether it is of use to ask anything: somebody takes connections and, where it should be, speaks TLS.
func (d *doctor) answers(ctx context.Context) bool {
	if !d.secure() {
		return d.reached(ctx) == nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := d.handshake(ctx, tls.VersionTLS10, tls.VersionTLS13)
	return err == nil
}

// address is host and port of the origin.
func (d *doctor) address() string {
	port := d.url.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[d.url.Scheme]
	}
	return net.JoinHostPort(d.url.Hostname(), port)
}

func (d *doctor) secure() bool { return d.url.Scheme == "https" }

// at is the absolute address of a path of the provider.
func (d *doctor) at(path string) string {
	if rest, known := strings.CutPrefix(path, "/as/"); known {
		return d.Origin + d.Prefix + "/as/" + rest
	}
	return d.Origin + path
}
