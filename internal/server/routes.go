package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/run"
	"vigil/internal/clientcert"
	"vigil/internal/flowhost"
	"vigil/internal/grant"
	"vigil/internal/hint"
	"vigil/internal/op/activity"
	"vigil/internal/op/authorize"
	"vigil/internal/op/checksession"
	"vigil/internal/op/device"
	"vigil/internal/op/discovery"
	"vigil/internal/op/events"
	"vigil/internal/op/register"
	"vigil/internal/op/signoff"
	"vigil/internal/requestobject"
	"vigil/internal/rollout"
	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// routes builds every endpoint and gives the one handler of the server.
func (s *Server) routes(ctx context.Context, ids []string) (http.Handler, error) {
	o := s.options
	parsed, err := templates.New()
	if err != nil {
		return nil, err
	}
	s.pages = parsed
	pages := web.Pages{Templates: parsed}
	router := web.NewRouter(web.Options{
		Tenants: s.Tenants, Pages: pages, Log: o.Log, Now: o.Now, TrustedProxies: o.Config.TrustedProxies, CountryHeader: o.Config.CountryHeader, Metrics: s.metrics,
	})
	agents := &useragent.Agents{Sessions: s.Sessions, CodecsOf: s.codecs(ids), Now: o.Now, Random: o.Random}
	desk, err := s.desk()
	if err != nil {
		return nil, err
	}
	host, err := s.flowHost(ctx, router, pages, agents, desk)
	if err != nil {
		return nil, err
	}
	grants := grant.NewEnvironments(ids, s.Keys.Secret, o.Random)
	parking := &useragent.Parking{KV: s.kv, Now: o.Now, Random: o.Random, Address: router.Address}
	hints := hint.Reader{Keys: s.Keys}
	users := people{s.Directory}
	direct := s.direct()
	s.events = events.New(events.Config{
		Agents: agents, Feed: s.feed, Hints: hints, Address: router.Address, Used: direct.memory, Secret: s.Keys.Secret, Random: o.Random, Clock: time.Now,
	})
	spoken := s.supports()
	spoken.UILocales = host.Flows.UILocales()
	signOff := &signoff.Endpoint{Agents: agents, Parking: parking, Hints: hints, Notices: s.Notices, Pages: pages, Log: o.Log}
	for _, endpoint := range append(s.tokenEndpoints(direct, grants),
		s.devices(direct, agents, host, desk),
		host,
		&authorize.Endpoint{
			Agents: agents, Flows: host, Parking: parking, Grants: grants, Hints: hints, Users: users, Keys: s.Keys, Secret: s.Keys.Secret, Pages: pages, Random: o.Random, Log: o.Log,
			Clients: direct.clients, Proofs: direct.proofs, Objects: &requestobject.Reader{Keys: direct.keys, Own: s.Keys, Now: o.Now}, Memory: direct.memory, KV: s.kv,
		},
		signOff,
		&register.Endpoint{Clients: s.Clients, Log: o.Log},
		&checksession.Endpoint{},
		&activity.Endpoint{Agents: agents},
		s.events,
		discovery.New(s.Keys, spoken),
	) {
		endpoint.Mount(router)
	}
	s.mountAM(router, signOff, host, direct.clients)
	if err := mountFiles(router); err != nil {
		return nil, err
	}
	router.Plain("/healthz", http.HandlerFunc(alive))
	router.Plain("/readyz", http.HandlerFunc(s.ready))
	return s.probed(router, s.byHost(s.withCertificates(router))), nil
}

// withCertificates notes which certificates clients show, to this process or, as it says, to the proxy in front.
func (s *Server) withCertificates(next http.Handler) http.Handler {
	c := s.options.Config.ClientCertificates
	if c == nil {
		return next
	}
	if s.options.Config.TLS != nil {
		next = clientcert.Direct(next)
	}
	return clientcert.Header{Name: c.Header, Proxies: s.options.Config.TrustedProxies}.Wrap(next)
}

// byHost hands requests for further hosts to their handlers.
func (s *Server) byHost(router http.Handler) http.Handler {
	if len(s.options.Hosts) == 0 {
		return router
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if other := s.options.Hosts[strings.ToLower(r.Host)]; other != nil {
			other.ServeHTTP(w, r)
			return
		}
		router.ServeHTTP(w, r)
	})
}

// flowHost loads the flows and makes what runs them.
func (s *Server) flowHost(ctx context.Context, router *web.Router, pages web.Pages, agents *useragent.Agents, desk *device.Desk) (*flowhost.Host, error) {
	o := s.options
	users := people{s.Directory}
	links := &flowhost.Links{KV: s.kv, Account: users.account, Random: o.Random}
	passkeys, externals := s.passkeys(), s.externals()
	guesses, err := s.guesses()
	if err != nil {
		return nil, err
	}
	all := builtin.All(builtin.Ports{
		Directory: users, Users: residents{s.Directory, s.Departure}, Agreements: agreements{s.kv}, Habits: habits{s.kv, s.Directory.Attempts},
		Audit: trail{s.kv, o.Random, o.Log}, Links: links, Keep: flowhost.Keep{KV: s.kv}, Authenticators: s.authenticators(),
		Mail: post{s.Mail}, Guesses: guesses, HTTP: s.calls(), Random: o.Random, Secret: s.Keys.Secret, Name: s.nameOf,
		Passkeys: passkeys, Externals: externals, Devices: waiting{desk},
	})
	if o.Capabilities != nil {
		all = o.Capabilities(all)
	}
	registry := connector.NewRegistry(s.measured(all)...)
	library, offer, err := s.readFlows(registry, nil)
	if err != nil {
		return nil, err
	}
	if s.flows, err = flowhost.NewFlows(ctx, s.kv, o.Now, library, registry, offer...); err != nil {
		return nil, err
	}
	s.speak(library)
	router.Speak(s.flows.Language)
	s.registry, s.rollout = registry, &rollout.Rollout{KV: s.kv}
	s.notesServing()
	if s.recordings, err = s.newRecordings(); err != nil {
		return nil, err
	}
	host := &flowhost.Host{
		Secret: s.Keys.Secret,
		Links:  links, Machine: &run.Machine{Challenges: links, Vault: flowhost.Vault{Secret: s.Keys.Secret, Random: o.Random}, Trace: s.passed}, Flows: s.flows, KV: s.kv, Rollout: s.rollout, Metrics: s.metrics, Sessions: s.Sessions, Agents: agents, Pages: pages,
		Passkeys: asksPasskeys{passkeys}, Externals: leads{externals},
		Account: users.account, Address: router.Address, Country: router.Country, Random: o.Random, Log: o.Log, MaxPending: o.MaxPending, Recordings: s.recordings,
	}
	s.Worker.Abandoned, s.Worker.Flows = host.Abandoned, s.flows.Forget
	return host, nil
}

// codecs derives what seals session tokens once for each environment.
func (s *Server) codecs(ids []string) func(environmentID string) useragent.Codecs {
	all := make(map[string]useragent.Codecs, len(ids))
	for _, id := range ids {
		all[id] = useragent.NewCodecs(s.Keys.Secret(id, "session tokens"))
	}
	return func(environmentID string) useragent.Codecs { return all[environmentID] }
}

// liveness implements grant.Liveness.
func (s *Server) liveness(sessionID []byte) grant.Alive {
	if len(sessionID) != session.IDSize {
		return func(kv.Reader, time.Time) (bool, error) { return false, nil }
	}
	live := s.Sessions.LivenessOf(session.ID(sessionID))
	return func(r kv.Reader, now time.Time) (bool, error) {
		found, err := live(r, now)
		return found != nil, err
	}
}

func (s *Server) touch(sessionID []byte, now time.Time) {
	if len(sessionID) == session.IDSize {
		s.Sessions.Touch(session.ID(sessionID), now)
	}
}

func alive(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

// ready reports whether the store answers.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	err := s.kv.View(r.Context(), func(r kv.Reader) error {
		_, err := r.Get(schema.Meta, []byte("version"))
		return err
	})
	if err != nil {
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
