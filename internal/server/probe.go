package server

import (
	"fmt"
	"io"
	"net/http"

	"vigil/internal/probe"
	"vigil/internal/web"
)

// probed lets the operator's examination ask how its requests arrive.
func (s *Server) probed(router *web.Router, next http.Handler) (http.Handler, error) {
	s.probes = make(probe.Key, 32)
	if _, err := io.ReadFull(s.options.Random, s.probes); err != nil {
		return nil, fmt.Errorf("make the key of probes: %w", err)
	}
	return &probe.Handler{
		Key: s.probes, Next: next, Proxies: s.options.Config.TrustedProxies, Address: router.Address, Now: s.options.Now, Random: s.options.Random,
	}, nil
}

// ProbeTicket is what an examination shows.
func (s *Server) ProbeTicket() string { return s.probes.Ticket(s.options.Now()) }
