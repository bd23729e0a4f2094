package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"vigil/engine/connector/builtin"
	"vigil/internal/outbound"
	"vigil/internal/tenant"
)

// calls are the requests that flows make of other servers.
type calls struct {
	tenants *tenant.Tenants
	client  *outbound.Client
}

// callTimeout is how long one may take. A capability has this long altogether.
const callTimeout = 15 * time.Second

func (s *Server) calls() calls {
	return calls{s.Tenants, outbound.NewWith(outbound.Options{Timeout: callTimeout})}
}

var errReply = errors.New("the answer is too large")

// Do implements builtin.HTTP.
func (c calls) Do(ctx context.Context, r builtin.HTTPRequest) (builtin.HTTPReply, error) {
	environment := c.tenants.Environment(r.EnvironmentID)
	if environment == nil {
		return builtin.HTTPReply{}, builtin.ErrNotAllowed
	}
	host := environment.HTTPHost(r.URL)
	if host == nil {
		return builtin.HTTPReply{}, builtin.ErrNotAllowed
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return builtin.HTTPReply{}, err
	}
	request.Header = r.Header
	response, err := c.client.Do(request, reachOf(host, request.URL))
	if err != nil {
		return builtin.HTTPReply{}, bare(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, builtin.MaxReply+1))
	switch {
	case err != nil:
		return builtin.HTTPReply{}, bare(err)
	case len(body) > builtin.MaxReply:
		return builtin.HTTPReply{}, errReply
	}
	return builtin.HTTPReply{Status: response.StatusCode, Body: body}, nil
}

// reachOf: this machine only where the address itself says so, private networks only where the environment does.
func reachOf(host *tenant.HTTPHost, address *url.URL) outbound.Reach {
	switch {
	case host.AllowPrivateAddresses:
		return outbound.Private
	case outbound.IsLocal(address.Hostname()):
		return outbound.Loopback
	}
	return outbound.Public
}

// bare takes the address out of an error: what somebody typed may stand in it.
func bare(err error) error {
	var whole *url.Error
	if errors.As(err, &whole) {
		return whole.Err
	}
	return err
}
