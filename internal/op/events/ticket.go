package events

import (
	"container/list"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"vigil/internal/grant"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

const (
	// ticketFor is how long a ticket waits for its one use.
	ticketFor = time.Minute
	// maxTickets wait at a time; the oldest makes room for one too many.
	maxTickets = 100_000
	// maxForm bounds a request, in bytes.
	maxForm = 64 << 10
	// maxSessions is how many sessions of a person are looked through.
	maxSessions = 1000
)

// pass is what a ticket stands for: one session, for one origin, on one host.
type pass struct {
	id     session.ID
	origin string // of the application's page
	issuer string
	until  time.Time
	key    [32]byte
}

// tickets are the passes that wait, by SHA-256 of their tickets, so that a look-up tells nothing of a ticket by its time.
type tickets struct {
	mu      sync.Mutex
	waiting map[[32]byte]*list.Element
	byAge   list.List // of *pass, the oldest first
}

// giveTicket gives an application whose frame sees no cookies what opens a stream. It shows an ID token, expired or not, whose session lives.
func (e *Endpoint) giveTicket(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return refuse(w, http.StatusBadRequest, "invalid_request", "the form cannot be read")
	}
	named, err := e.Hints.Read(base, r.PostForm.Get("id_token"))
	if err != nil {
		return refuse(w, http.StatusBadRequest, "invalid_request", "id_token is no ID token of this issuer")
	}
	origin := r.Header.Get("Origin")
	if app := base.Environment.Application(named.ClientID); app == nil || !app.AllowsOrigin(origin) {
		return refuse(w, http.StatusForbidden, "access_denied", "this origin is not the application's")
	}
	id, found, err := e.sessionOf(r, base, named.Subject, named.PublicSessionID)
	if err != nil {
		return err
	}
	if !found {
		return refuse(w, http.StatusUnauthorized, "login_required", "the session has ended")
	}
	ticket, err := e.newTicket(pass{id: id, origin: origin, issuer: base.Issuer(), until: e.Agents.Now().Add(ticketFor)})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = fmt.Fprintf(w, `{"ticket":%q,"expires_in":%d}`, ticket, ticketFor/time.Second)
	return err
}

// sessionOf finds the live session that an ID token names.
func (e *Endpoint) sessionOf(r *http.Request, base tenant.Base, userID, sid string) (id session.ID, found bool, err error) {
	if sid == "" {
		return id, false, nil
	}
	var ids []session.ID
	err = e.Agents.Sessions.KV.View(r.Context(), func(reader kv.Reader) (err error) {
		ids, err = store.SessionsOfUser(reader, base.Environment.ID, userID, maxSessions)
		return err
	})
	if err != nil {
		return id, false, fmt.Errorf("find session: %w", err)
	}
	for _, id := range ids {
		if grant.PublicSessionID(id[:]) == sid {
			s, _, err := e.load(r.Context(), id)
			return id, s != nil && s.Origin == base.Origin, err
		}
	}
	return id, false, nil
}

// byTicket streams to an application.
func (e *Endpoint) byTicket(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	now := e.Agents.Now()
	p, ok := e.tickets.redeem(r.URL.Query().Get("ticket"))
	if !ok || !now.Before(p.until) || p.issuer != base.Issuer() || p.origin != r.Header.Get("Origin") {
		return refuse(w, http.StatusForbidden, "access_denied", "the ticket is used up, too old, or another's")
	}
	// The next ticket opens a stream until a minute after this one ends: it waits as long as this stream may live, and is checked anew.
	p.until = now.Add(maxAge + ageSpread + ticketFor)
	next, err := e.newTicket(p)
	if err != nil {
		return err
	}
	x := &stream{endpoint: e, w: w, r: r, base: base, nextTicket: next}
	defer func() { e.tickets.shorten(next, e.Agents.Now().Add(ticketFor)) }()
	return x.follow(p.id)
}

func (e *Endpoint) newTicket(p pass) (string, error) {
	var random [32]byte
	if _, err := io.ReadFull(e.Random, random[:]); err != nil {
		return "", fmt.Errorf("make ticket: %w", err)
	}
	ticket := base64.RawURLEncoding.EncodeToString(random[:])
	e.tickets.add(ticket, p)
	return ticket, nil
}

func (t *tickets) add(ticket string, p pass) {
	p.key = sha256.Sum256([]byte(ticket))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting == nil {
		t.waiting = map[[32]byte]*list.Element{}
	}
	t.waiting[p.key] = t.byAge.PushBack(&p)
	if t.byAge.Len() > maxTickets {
		t.remove(t.byAge.Front())
	}
}

// redeem takes a ticket away: whoever comes with it again finds nothing.
func (t *tickets) redeem(ticket string) (p pass, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place := t.waiting[sha256.Sum256([]byte(ticket))]
	if place == nil {
		return pass{}, false
	}
	return *t.remove(place), true
}

// shorten lets a ticket that still waits end at a time.
func (t *tickets) shorten(ticket string, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if place := t.waiting[sha256.Sum256([]byte(ticket))]; place != nil {
		p, _ := place.Value.(*pass)
		p.until = until
	}
}

// remove needs mu.
func (t *tickets) remove(place *list.Element) *pass {
	p, _ := t.byAge.Remove(place).(*pass)
	delete(t.waiting, p.key)
	return p
}
