package outbound

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Limits of one call.
const (
	callTimeout = 5 * time.Second
	idleTimeout = 30 * time.Second
	maxHeader   = 16 << 10 // bytes of an answer's header
)

// Client calls registered addresses. It follows no redirects and keeps no cookies. Make it with New or NewWith; safe for concurrent use.
type Client struct {
	direct  [Private + 1]*http.Client // by reach: a connection of one is never used by another
	proxied *http.Client
	proxy   func(*http.Request) (*url.URL, error)
}

// Options of a Client.
type Options struct {
	// Timeout ends a call; half of it ends an attempt to connect. Zero: 5 seconds.
	Timeout time.Duration
	// Resolver looks names up. Nil: the system's.
	Resolver *net.Resolver
	// Proxy names the proxy for a request. Nil: HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.
	Proxy func(*http.Request) (*url.URL, error)
}

// New makes a Client without options.
func New() *Client { return NewWith(Options{}) }

// NewWith makes a Client. Certificates are verified with the system's authorities, or with those of SSL_CERT_FILE and SSL_CERT_DIR.
func NewWith(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = callTimeout
	}
	c := &Client{proxy: o.Proxy}
	if c.proxy == nil {
		c.proxy = http.ProxyFromEnvironment
	}
	for reach := Public; reach <= Private; reach++ {
		c.direct[reach] = client(&http.Transport{DialContext: reach.dial(o)}, o.Timeout)
	}
	dialer := &net.Dialer{Timeout: o.Timeout / 2, Resolver: o.Resolver}
	c.proxied = client(&http.Transport{Proxy: c.proxy, DialContext: dialer.DialContext}, o.Timeout)
	return c
}

func client(t *http.Transport, timeout time.Duration) *http.Client {
	t.MaxResponseHeaderBytes, t.IdleConnTimeout = maxHeader, idleTimeout
	return &http.Client{
		Transport: t, Timeout: timeout,
		// A redirect would lead away from what was registered.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dial looks at the very address that a connection is about to be made to: a name that pointed elsewhere a moment ago gains nothing.
func (r Reach) dial(o Options) func(context.Context, string, string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: o.Timeout / 2, Resolver: o.Resolver, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return ErrAddress
		}
		return r.check(to.Addr())
	}}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(address); err == nil && isLocalName(host) {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return dialer.DialContext(ctx, network, address)
	}
}

// Do sends a request no further than reach. Errors: ErrAddress, those of http.Client.Do.
func (c *Client) Do(request *http.Request, reach Reach) (*http.Response, error) {
	through, err := c.way(request, reach)
	if err != nil {
		return nil, err
	}
	return through.Do(request)
}

// way chooses how to get there. Behind a proxy it is the proxy that looks names up; then only what is written in the address can be judged here.
func (c *Client) way(request *http.Request, reach Reach) (*http.Client, error) {
	proxy, err := c.proxy(request)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find proxy: %w", err)
	case proxy == nil:
		return c.direct[reach], nil
	}
	return c.proxied, reach.checkName(request.URL.Hostname())
}

// Get fetches a document of at most limit bytes, from this machine only if the address itself says so. ErrAddress.
func (c *Client) Get(ctx context.Context, address, accept string, limit int64) ([]byte, error) {
	if err := Check(address); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	response, err := c.Do(request, ownReach(request.URL))
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch: status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("fetch: more than %d bytes", limit)
	}
	return body, nil
}

// Check says whether an address may be registered to be called: https, or http on loopback for development.
func Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("%w: it is no absolute address without user and fragment", ErrAddress)
	case u.Scheme != "https" && (u.Scheme != "http" || !IsLocal(u.Hostname())):
		return fmt.Errorf("%w: it does not begin with https", ErrAddress)
	case ownReach(u).checkName(u.Hostname()) != nil:
		return fmt.Errorf("%w: it is in a private network", ErrAddress)
	}
	return nil
}

// ownReach is how far an address goes by what it says itself.
func ownReach(u *url.URL) Reach {
	if IsLocal(u.Hostname()) {
		return Loopback
	}
	return Public
}
