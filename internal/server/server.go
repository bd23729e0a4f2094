package server

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"vigil/engine/connector"
	"vigil/internal/background"
	"vigil/internal/clientkeys"
	"vigil/internal/config"
	"vigil/internal/departure"
	"vigil/internal/directory"
	"vigil/internal/feed"
	"vigil/internal/flowhost"
	"vigil/internal/keys"
	"vigil/internal/listen"
	"vigil/internal/mail"
	"vigil/internal/metrics"
	"vigil/internal/notice"
	"vigil/internal/op/events"
	"vigil/internal/outbound"
	"vigil/internal/password"
	"vigil/internal/probe"
	"vigil/internal/registration"
	"vigil/internal/rollout"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/subject"
	"vigil/internal/tenant"
	"vigil/templates"
)

// Options of a server. Config is required.
type Options struct {
	Config *config.Config
	Log    *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: the clock
	Random io.Reader        // nil: the system's
	// Store to use instead of the file in Config.Data. The caller closes it. Nil: the file.
	Store kv.Store
	// Passwords are the costs of new password hashes. Zero: the recommended ones.
	Passwords password.Params
	// RSA gives the RSA keys of the environments, see keys.Options. Nil: new ones.
	RSA func() (*rsa.PrivateKey, error)
	// Letters takes e-mail to where it leaves. Nil: to the mail servers of the environments.
	Letters mail.Sender
	// MaxPending is how many sign-ons may be in progress at once, see flowhost.Host. Zero: its default.
	MaxPending int
	// Hosts are handlers for hosts that no environment has, by host:port.
	Hosts map[string]http.Handler
	// Capabilities lets another stand in for what flows can do, as a rehearsal does. Nil: nobody.
	Capabilities func([]connector.Capability) []connector.Capability
}

// Server is a whole provider.
type Server struct {
	Directory *directory.Directory
	Departure *departure.Departure
	Keys      *keys.Set
	Sessions  *store.Sessions
	Notices   *notice.Dispatcher
	Mail      *mail.Outbox
	Worker    *background.Worker
	Tenants   *tenant.Tenants
	Clients   *registration.Directory

	options    Options
	recipients *clientkeys.Keys
	feed       *feed.Feed
	events     *events.Endpoint
	flows      *flowhost.Flows
	rollout    *rollout.Rollout
	recordings *flowhost.Recordings
	metrics    *metrics.Metrics
	registry   *connector.Registry // of what flows can do here
	handler    http.Handler
	pages      *templates.Pages
	probes     probe.Key
	tls        *listen.TLS // nil: a proxy ends TLS. Listen makes it
	kv         kv.Store
	close      func() error
}

// New opens the store and builds every part. It listens on nothing.
func New(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	tenants, err := o.Config.Tenants()
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, Tenants: tenants, kv: o.Store, metrics: metrics.New(time.Now), close: func() error { return nil }}
	if s.kv == nil {
		if s.kv, err = openStore(ctx, o); err != nil {
			return nil, err
		}
		s.close = s.kv.Close
	}
	if err := s.build(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Letters == nil {
		o.Letters = mail.SMTP{}
	}
	return o
}

// build makes the parts from the store upwards.
func (s *Server) build(ctx context.Context) error {
	o := s.options
	if err := store.Migrate(ctx, s.kv); err != nil {
		return err
	}
	var ids []string
	for _, e := range s.Tenants.Environments {
		ids = append(ids, e.ID)
	}
	var err error
	ringOptions := KeyOptions(o.Config, s.Tenants)
	ringOptions.Random, ringOptions.RSA = o.Random, o.RSA
	s.Keys, err = keys.Open(ctx, s.kv, ids, o.Now(), ringOptions)
	switch {
	case errors.Is(err, keys.ErrSealed) && len(o.Config.KeyEncryptionKey) == 0:
		return fmt.Errorf("open keys: %w: there is no keyEncryptionKey, and this store was written with one", err)
	case errors.Is(err, keys.ErrSealed):
		return fmt.Errorf("open keys: %w: the store was written with another keyEncryptionKey", err)
	case err != nil:
		return fmt.Errorf("open keys: %w", err)
	}
	supported := s.supports()
	s.Clients = &registration.Directory{
		AuthMethods: supported.TokenAuthMethods, CertificateBound: supported.CertificateBoundTokens, Store: s.kv, Tenants: s.Tenants, Secret: s.Keys.Secret, Client: outbound.New(), Now: o.Now, Random: o.Random, Log: o.Log,
	}
	s.Tenants.Use(s.Clients)
	s.Sessions = &store.Sessions{KV: s.kv, Keep: keepsRefreshTokens(s.Tenants), Owed: notice.Owed(s.Tenants)}
	s.feed = &feed.Feed{KV: s.kv, Log: o.Log}
	s.Sessions.Touched = s.feed.Touched
	if err := s.buildDirectory(ctx); err != nil {
		return err
	}
	if s.recipients, err = clientkeys.New(outbound.New(), o.Now); err != nil {
		return err
	}
	s.Notices = notice.New(notice.Options{
		KV: s.kv, Shared: o.Config.Store != "", Tenants: s.Tenants, Keys: s.Keys, Sender: notice.NewSender(outbound.Options{}), Recipients: s.recipients,
		Subject: subject.Subjects{Secret: s.Keys.Secret}.Of, Now: o.Now, Log: o.Log,
	})
	if err := s.openOutbox(); err != nil {
		return err
	}
	s.Worker = &background.Worker{
		KV: s.kv, Sessions: s.Sessions, Attempts: s.Directory.Attempts, Keys: s.Keys, Notices: s.Notices, Mail: s.Mail, Feed: s.feed, Departure: s.Departure, Now: o.Now, Log: o.Log,
	}
	if s.handler, err = s.routes(ctx, ids); err != nil {
		return err
	}
	s.watchQueues()
	return nil
}

// keepsRefreshTokens names the applications whose refresh tokens outlive their session.
func keepsRefreshTokens(tenants *tenant.Tenants) func(environmentID, clientID string) bool {
	return func(environmentID, clientID string) bool {
		e := tenants.Environment(environmentID)
		if e == nil {
			return false
		}
		app := e.Application(clientID)
		return app != nil && app.RefreshTokensOutliveSession
	}
}

// ServeHTTP makes a Server an http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close writes gathered activity, breaks off what is being sent and closes what New opened.
func (s *Server) Close() error {
	s.Notices.Close()
	s.Mail.Close()
	return errors.Join(s.Sessions.Flush(context.Background()), s.close())
}
