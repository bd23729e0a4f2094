package notice

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// The limits of one attempt.
const (
	attemptTimeout = 10 * time.Second
	dialTimeout    = 5 * time.Second
	maxHeader      = 16 << 10 // bytes of an answer's header
	idleTimeout    = 30 * time.Second
)

// Sender posts logout tokens. It follows no redirects and keeps no cookies.
type Sender struct {
	direct  [Private + 1]*http.Client // by reach: a connection of one is never used by another
	proxied *http.Client
	proxy   func(*http.Request) (*url.URL, error)
}

// SenderOptions of a Sender. The zero value is what a server uses.
type SenderOptions struct {
	// Resolver looks names up. Nil: the system's.
	Resolver *net.Resolver
	// Proxy names the proxy for a request. Nil: HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.
	Proxy func(*http.Request) (*url.URL, error)
}

// NewSender makes a Sender. Certificates are verified with the system's authorities, or with those of SSL_CERT_FILE and SSL_CERT_DIR.
func NewSender(o SenderOptions) *Sender {
	s := &Sender{proxy: o.Proxy}
	if s.proxy == nil {
		s.proxy = http.ProxyFromEnvironment
	}
	for reach := Public; reach <= Private; reach++ {
		s.direct[reach] = client(&http.Transport{DialContext: reach.dial(o.Resolver), MaxResponseHeaderBytes: maxHeader, IdleConnTimeout: idleTimeout})
	}
	dialer := &net.Dialer{Timeout: dialTimeout, Resolver: o.Resolver}
	s.proxied = client(&http.Transport{Proxy: s.proxy, DialContext: dialer.DialContext, MaxResponseHeaderBytes: maxHeader, IdleConnTimeout: idleTimeout})
	return s
}

func client(t *http.Transport) *http.Client {
	return &http.Client{
		Transport: t, Timeout: attemptTimeout,
		// A redirect would lead to where nobody registered.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dial looks at the very address that a connection is about to be made to: a name that pointed elsewhere a moment ago gains nothing.
func (r Reach) dial(resolver *net.Resolver) func(context.Context, string, string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialTimeout, Resolver: resolver, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return ErrRefused
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

// answer is what came of one attempt.
type answer struct {
	arrived bool
	final   bool          // trying again is of no use
	problem string        // empty if it arrived
	after   time.Duration // the least time to wait. Zero: the application did not say
}

// send posts a logout token once.
//
// OIDC Back-Channel Logout 2.5: a form with logout_token.
func (s *Sender) send(ctx context.Context, reach Reach, uri, token string) answer {
	body := strings.NewReader(url.Values{"logout_token": {token}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, body)
	if err != nil {
		return answer{final: true, problem: "the address cannot be used"}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", "Vigil")
	through, err := s.clientFor(request, reach)
	if err != nil {
		return answer{problem: err.Error()}
	}
	response, err := through.Do(request)
	if err != nil {
		return answer{problem: reasonOf(err)}
	}
	defer func() { _ = response.Body.Close() }()
	return judge(response)
}

// clientFor chooses the way. Behind a proxy it is the proxy that looks names up; then only what is written in the address can be judged here.
func (s *Sender) clientFor(request *http.Request, reach Reach) (*http.Client, error) {
	proxy, err := s.proxy(request)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find proxy: %w", err)
	case proxy == nil:
		return s.direct[reach], nil
	}
	return s.proxied, reach.checkName(request.URL.Hostname())
}

// reasonOf says why there is no answer, without the address: that is known.
func reasonOf(err error) string {
	switch wrapped := (*url.Error)(nil); {
	case errors.Is(err, ErrRefused):
		return ErrRefused.Error()
	case errors.As(err, &wrapped) && wrapped.Timeout():
		return "no answer in time"
	case errors.As(err, &wrapped):
		err = wrapped.Err
	}
	return printable(err.Error(), maxProblem)
}
