package external

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"vigil/internal/outbound"
	"vigil/internal/tenant"
)

// The limits on what a provider says of itself.
const (
	known     = time.Hour // how long it is believed; keys that are not known are looked up at once
	maxAnswer = 1 << 20   // bytes of one answer
)

// provider is another provider as it describes itself.
type provider struct {
	*oidc.Provider
	// namesItself: its answers say who it is.
	namesItself bool
	http        *http.Client
	read        time.Time
}

// reached is an issuer and how far calls to it may go.
type reached struct {
	issuer string
	reach  outbound.Reach
}

// reachOf is no further than the issuer's own address, whatever addresses it names.
func reachOf(named *tenant.IdentityProvider) outbound.Reach {
	u, err := url.Parse(named.Issuer)
	switch {
	case named.AllowPrivateAddresses:
		return outbound.Private
	case err == nil && outbound.IsLocal(u.Hostname()):
		return outbound.Loopback
	}
	return outbound.Public
}

// providers remembers them. Its zero value is ready. Safe for concurrent use.
type providers struct {
	mu  sync.Mutex
	all map[reached]*provider
	out *outbound.Client
}

// of reads what a provider supports, or remembers it.
func (p *providers) of(ctx context.Context, named *tenant.IdentityProvider, now time.Time) (*provider, error) {
	from := reached{named.Issuer, reachOf(named)}
	p.mu.Lock()
	if p.out == nil {
		p.out, p.all = outbound.New(), map[reached]*provider{}
	}
	found, out := p.all[from], p.out
	p.mu.Unlock()
	if found != nil && now.Sub(found.read) < known {
		return found, nil
	}
	client := &http.Client{Transport: within{out, from.reach}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	read, err := oidc.NewProvider(oidc.ClientContext(ctx, client), named.Issuer)
	if err != nil {
		return nil, reason(err)
	}
	var says struct {
		Iss bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := read.Claims(&says); err != nil {
		return nil, err
	}
	found = &provider{Provider: read, namesItself: says.Iss, http: client, read: now}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[from] = found
	return found, nil
}

// client is what this server is to a provider.
func (p *provider) client(named *tenant.IdentityProvider, back string) *oauth2.Config {
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if named.TokenEndpointAuthMethod == "client_secret_post" || named.ClientSecret == "" {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: named.ClientID, ClientSecret: named.ClientSecret, Endpoint: endpoint, RedirectURL: back, Scopes: named.Scopes}
}

// within is a transport that goes no further than it may and reads no more than it should.
type within struct {
	out   *outbound.Client
	reach outbound.Reach
}

// RoundTrip implements http.RoundTripper.
func (w within) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.out.Do(request, w.reach)
	if err != nil {
		return nil, err
	}
	response.Body = &limited{ReadCloser: response.Body, left: maxAnswer}
	return response, nil
}

var errTooLong = errors.New("the answer is too long")

// limited fails where io.LimitedReader would cut off without a word.
type limited struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if l.left -= n; l.left < 0 {
		return 0, errTooLong
	}
	return n, err
}

// reason leaves out what a provider wrote into its answer: it may hold secrets, and is a stranger's text.
func reason(err error) error {
	var refused *oauth2.RetrieveError
	var network *url.Error
	switch {
	case errors.As(err, &refused):
		return errors.New("the provider refused: " + refused.ErrorCode)
	case errors.As(err, &network):
		return network
	}
	return err
}
