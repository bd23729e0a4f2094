package server

import (
	"vigil/internal/am"
	"vigil/internal/flowhost"
	"vigil/internal/op/signoff"
	"vigil/internal/web"
)

// mountAM serves AM's dialect over what is mounted already.
func (s *Server) mountAM(router *web.Router, signOff *signoff.Endpoint, host *flowhost.Host) {
	(&am.Endpoint{
		Tenants: s.Tenants, Agents: signOff.Agents, Flows: host, Parking: signOff.Parking, Hints: signOff.Hints, SignOff: signOff, Keys: s.Keys,
		Supported: supported(), Secret: s.Keys.Secret, Pages: signOff.Pages,
	}).Mount(router)
}
