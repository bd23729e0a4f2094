package admin

import (
	"context"
	"net/http"
)

const pathProbe = "/probe/ticket"

// ProbeTicket opens what package probe answers, for a quarter of an hour.
type ProbeTicket struct {
	Ticket string `json:"ticket"`
}

// WithProbes serves tickets for probes beside the operations.
func WithProbes(next http.Handler, ticket func() string) http.Handler {
	mux := http.NewServeMux()
	verb(mux, pathProbe, func(context.Context, struct{}) (ProbeTicket, error) { return ProbeTicket{ticket()}, nil })
	mux.Handle("/", next)
	return mux
}

// ProbeTicket asks the server for one.
func (c *Client) ProbeTicket(ctx context.Context) (ProbeTicket, error) {
	return call[ProbeTicket](ctx, c, pathProbe, struct{}{})
}
