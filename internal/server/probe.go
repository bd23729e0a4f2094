package server

import (
	"net/http"

	"vigil/internal/probe"
	"vigil/internal/web"
)

// probed lets the operator's examination ask how its requests arrive. Servers that share a database take each other's tickets: behind one name
// it is chance which of them is met.
func (s *Server) probed(router *web.Router, next http.Handler) http.Handler {
	if all := s.Tenants.Environments; len(all) > 0 {
		secret := s.Keys.Secret(all[0].ID, "tickets of probes")
		s.probes = secret[:]
	}
	return &probe.Handler{
		Key: s.probes, Next: next, Proxies: s.options.Config.TrustedProxies, Address: router.Address, Now: s.options.Now, Random: s.options.Random,
	}
}

// ProbeTicket is what an examination shows.
func (s *Server) ProbeTicket() string { return s.probes.Ticket(s.options.Now()) }
