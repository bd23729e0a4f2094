package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Limits of one call.
const (
	callTimeout = 5 * time.Second
	dialTimeout = 3 * time.Second
	maxHeader   = 16 << 10 // bytes
)

// ErrAddress: an address is not one that the server may call.
var ErrAddress = errors.New("address may not be called")

// Client calls registered addresses. Make it with New; safe for concurrent use.
type Client struct{ http *http.Client }

// New makes a Client.
func New() *Client {
	dialer := &net.Dialer{Timeout: dialTimeout}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: maxHeader,
		TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: callTimeout, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dial(ctx, dialer, network, address)
		},
	}
	return &Client{http: &http.Client{
		Transport: transport, Timeout: callTimeout,
		// A redirect would lead away from what was registered.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Check says whether an address may be registered to be called: https, or http on loopback for development.
func Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("%w: it is no absolute address without user and fragment", ErrAddress)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return fmt.Errorf("%w: it does not begin with https", ErrAddress)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !public(ip) && !ip.IsLoopback() {
		return fmt.Errorf("%w: it is in a private network", ErrAddress)
	}
	return nil
}

// Get fetches a document of at most limit bytes. ErrAddress.
func (c *Client) Get(ctx context.Context, address, accept string, limit int64) ([]byte, error) {
	if err := Check(address); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	response, err := c.http.Do(request)
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

// dial connects to a public address, to the proxy that the environment names, or to loopback if the address itself says loopback.
func dial(ctx context.Context, dialer *net.Dialer, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	proxy := isProxy(address)
	fault := error(fmt.Errorf("%w: %s is in a private network", ErrAddress, host))
	for _, ip := range ips {
		ip = ip.Unmap()
		if !proxy && !public(ip) && (!loopback(host) || !ip.IsLoopback()) {
			continue
		}
		connection, err := dialer.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
		if err == nil {
			return connection, nil
		}
		fault = err
	}
	return nil, fault
}

// isProxy reports whether host:port is the proxy of the environment variables.
func isProxy(address string) bool {
	for _, scheme := range []string{"https", "http"} {
		u, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: scheme, Host: "example.com"}})
		if err != nil || u == nil {
			continue
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
		}
		if net.JoinHostPort(u.Hostname(), port) == address {
			return true
		}
	}
	return false
}

// loopback reports whether an address itself says that it is on this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// reserved networks are global in form, yet nobody's own.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),      // RFC 1122 3.2.1.3
	netip.MustParsePrefix("100.64.0.0/10"),  // RFC 6598 7
	netip.MustParsePrefix("192.0.0.0/24"),   // RFC 6890 2.2.2
	netip.MustParsePrefix("198.18.0.0/15"),  // RFC 2544 C.2.2
	netip.MustParsePrefix("240.0.0.0/4"),    // RFC 1112 4
	netip.MustParsePrefix("64:ff9b::/96"),   // RFC 6052 2.1: leads to any IPv4 address
	netip.MustParsePrefix("64:ff9b:1::/48"), // RFC 8215 5
	netip.MustParsePrefix("2002::/16"),      // RFC 3056 2: leads to any IPv4 address
	netip.MustParsePrefix("2001::/32"),      // RFC 4380 2.6
	netip.MustParsePrefix("fec0::/10"),      // RFC 3879 4
	netip.MustParsePrefix("192.88.99.0/24"), // RFC 7526 4
	netip.MustParsePrefix("169.254.0.0/16"), // RFC 3927 2.1: metadata of clouds lies here
	netip.MustParsePrefix("255.255.255.255/32"),
}

// public reports whether an address is one of the open Internet.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" {
		return false
	}
	for _, network := range reserved {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}
