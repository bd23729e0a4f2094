package events

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"vigil/iframe"
	"vigil/internal/feed"
	"vigil/internal/hint"
	"vigil/internal/replay"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// Config of an Endpoint.
type Config struct {
	Agents *useragent.Agents
	Feed   *feed.Feed
	Hints  hint.Reader
	// Address is where a request comes from.
	Address func(*http.Request) netip.Addr
	// Used remembers tickets that opened their stream.
	Used replay.Memory
	// Secret derives a secret of an environment for a purpose, as package keys does.
	Secret func(environmentID, purpose string) [32]byte
	Random io.Reader
	// Clock is the machine's, by which connections have deadlines, whatever time it is for sessions.
	Clock func() time.Time
	// Limits of streams. Zero: see Limits.
	Limits Limits
}

// Endpoint streams events.
type Endpoint struct {
	Config

	close   sync.Once
	closing chan struct{}
	slots   slots
}

// New makes an Endpoint without streams.
func New(c Config) *Endpoint {
	return &Endpoint{Config: c, closing: make(chan struct{}), slots: slots{limits: c.Limits.withDefaults()}}
}

// Close ends every stream, so that a server that stops need not wait for them.
func (e *Endpoint) Close() { e.close.Do(func() { close(e.closing) }) }

// Mount registers the endpoint.
func (e *Endpoint) Mount(r *web.Router) {
	r.Handle(http.MethodGet, "/as/session/events", e.serve)
	r.POST("/as/session/ticket", e.giveTicket)
}

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	w.Header().Set("Cache-Control", "no-store")
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	if r.URL.Query().Has("ticket") {
		return e.byTicket(w, r, base)
	}
	return e.byCookies(w, r, base)
}

// byCookies serves our own page: another origin would learn the marks of countdowns.
func (e *Endpoint) byCookies(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if !web.OwnPage(r, base) {
		return refuse(w, http.StatusForbidden, "access_denied", "this stream is for pages of this host")
	}
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	x := &stream{endpoint: e, w: w, r: r, base: base}
	switch {
	case agent.Session != nil:
		x.mark = iframe.CountdownMark(agent.Session.Gen)
		return x.follow(agent.Session.ID)
	case agent.Outdated:
		return x.begin() // and end: the page comes again with the new token
	case agent.Conflict() || silent(base.Environment, ""):
		return x.only(quiet())
	}
	// The stream of a dead session: what the browser still holds is over.
	var over []event
	for _, o := range agent.OPUAS {
		if o.Gen != "" {
			over = append(over, ended(iframe.CountdownMark(o.Gen)))
		}
	}
	return x.only(append(over, quiet())...)
}

// silent reports whether the end of a session is not pushed in an environment. Of a session that is gone the reason is unknown, and empty.
//
// Seed 003: a deletion of the session by the API is not signalled to the iframe.
func silent(e *tenant.Environment, reason store.Reason) bool {
	return e.SessionDeleteSignal == tenant.SignalNone && (reason == "" || reason == store.Deleted)
}

// load reads the session of a stream.
func (e *Endpoint) load(ctx context.Context, id session.ID) (*session.Session, time.Time, error) {
	now := e.Agents.Now()
	s, err := e.Agents.Sessions.Load(ctx, id, now)
	if err != nil {
		return nil, now, fmt.Errorf("load session: %w", err)
	}
	return s, now, nil
}

func refuse(w http.ResponseWriter, status int, code, description string) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err := fmt.Fprintf(w, `{"error":%q,"error_description":%q}`, code, description)
	return err
}
