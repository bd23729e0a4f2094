package server

import (
	"context"
	"errors"

	"vigil/internal/am"
	"vigil/internal/clientauth"
	"vigil/internal/directory"
	"vigil/internal/flowhost"
	"vigil/internal/op/signoff"
	"vigil/internal/web"
)

// mountAM serves AM's dialect over what is mounted already.
func (s *Server) mountAM(router *web.Router, signOff *signoff.Endpoint, host *flowhost.Host, clients *clientauth.Authenticator) {
	(&am.Endpoint{
		Tenants: s.Tenants, Agents: signOff.Agents, Flows: host, Parking: signOff.Parking, Hints: signOff.Hints, SignOff: signOff, Keys: s.Keys, Clients: clients,
		Supported: s.supports(), Secret: s.Keys.Secret, Pages: signOff.Pages, UserOf: s.userOf, Log: signOff.Log,
	}).Mount(router)
}

// userOf finds a person by name. Empty: there is none.
func (s *Server) userOf(ctx context.Context, environmentID, username string) (string, error) {
	u, err := s.Directory.Find(ctx, environmentID, username)
	if errors.Is(err, directory.ErrNotFound) {
		return "", nil
	}
	return u.ID, err
}
