package server

import (
	"vigil/internal/accesstoken"
	"vigil/internal/clientauth"
	"vigil/internal/clientcert"
	"vigil/internal/clientkeys"
	"vigil/internal/dpop"
	"vigil/internal/flowhost"
	"vigil/internal/grant"
	"vigil/internal/op/device"
	"vigil/internal/op/introspect"
	"vigil/internal/op/revoke"
	"vigil/internal/op/token"
	"vigil/internal/op/userinfo"
	"vigil/internal/replay"
	"vigil/internal/subject"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// mounter is an endpoint.
type mounter interface{ Mount(*web.Router) }

// direct is what the endpoints share that applications call themselves.
type direct struct {
	keys    *clientkeys.Keys // of applications
	clients *clientauth.Authenticator
	proofs  *dpop.Verifier
	memory  replay.Memory
}

func (s *Server) direct() direct {
	o, keys := s.options, s.recipients
	memory := replay.Memory{Store: s.kv}
	var authorities *clientcert.Authorities
	if o.Config.ClientCertificates != nil {
		authorities = o.Config.ClientCertificates.Authorities
	}
	return direct{
		keys: keys, memory: memory,
		clients: &clientauth.Authenticator{Keys: keys, Memory: memory, Authorities: authorities, Now: o.Now},
		proofs:  &dpop.Verifier{Memory: memory, Secret: s.Keys.Secret, Now: o.Now},
	}
}

// devices let people sign on for what has no browser.
func (s *Server) devices(d direct, agents *useragent.Agents, host *flowhost.Host, desk *device.Desk) *device.Endpoint {
	o := s.options
	return &device.Endpoint{
		KV: s.kv, Clients: d.clients, Agents: agents, Flows: host, Liveness: s.liveness, Desk: desk, Address: host.Address,
		Pages: host.Pages, Secret: s.Keys.Secret, Random: o.Random, Log: o.Log,
	}
}

// tokenEndpoints give, show and take back tokens.
func (s *Server) tokenEndpoints(d direct, grants grant.Environments) []mounter {
	o, users := s.options, people{s.Directory}
	tokens := &accesstoken.Reader{
		Store: s.kv, Keys: s.Keys, Grants: grants, Liveness: s.liveness, Subjects: subject.Subjects{Secret: s.Keys.Secret},
	}
	return []mounter{
		&token.Endpoint{
			Store: s.kv, Clients: d.clients, Proofs: d.proofs, Tokens: tokens, Keys: s.Keys, Grants: grants, Liveness: s.liveness, Users: users,
			Touch: s.touch, Now: o.Now, Random: o.Random, Log: o.Log,
		},
		&userinfo.Endpoint{Tokens: tokens, Proofs: d.proofs, Keys: s.Keys, Recipients: d.keys, Users: users, Touch: s.touch, Now: o.Now, Log: o.Log},
		&revoke.Endpoint{Store: s.kv, Clients: d.clients, Tokens: tokens, Grants: grants, Log: o.Log},
		&introspect.Endpoint{
			Store: s.kv, Clients: d.clients, Tokens: tokens, Keys: s.Keys, Grants: grants, Liveness: s.liveness, Now: o.Now, Log: o.Log,
		},
	}
}
