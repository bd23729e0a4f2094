package events

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"time"

	"vigil/internal/grant"
	"vigil/internal/sealed"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

const (
	// ticketFor is how long a ticket waits for its one use.
	ticketFor = time.Minute
	// maxForm bounds a request, in bytes.
	maxForm = 64 << 10
	// maxSessions is how many sessions of a person are looked through.
	maxSessions = 1000
)

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
	ticket, err := e.newTicket(base, origin, id, e.Agents.Now().Add(ticketFor))
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
	origin := r.Header.Get("Origin")
	id, first, err := e.redeem(r, base, origin)
	if err != nil {
		return err
	}
	if !first {
		return refuse(w, http.StatusForbidden, "access_denied", "the ticket is used up, too old, or another's")
	}
	// The next ticket opens a stream until a minute after this one has to end, on whichever server.
	next, err := e.newTicket(base, origin, id, e.Agents.Now().Add(maxAge+ageSpread+ticketFor))
	if err != nil {
		return err
	}
	x := &stream{endpoint: e, w: w, r: r, base: base, nextTicket: next}
	return x.follow(id)
}

// timeSize is the bytes of a ticket's end in it: Unix milliseconds.
const timeSize = 8

// newTicket makes what opens one stream of a session for one origin on one host, until a time. All of that is in the ticket, encrypted: nothing is kept, and
// every server of the environment can read it.
func (e *Endpoint) newTicket(base tenant.Base, origin string, id session.ID, until time.Time) (string, error) {
	nonce, err := sealed.NewNonce(e.Random)
	if err != nil {
		return "", err
	}
	inside := binary.BigEndian.AppendUint64(id[:], uint64(until.UnixMilli()))
	ticket, err := sealed.Seal(e.ticketKey(base), nonce, inside, ticketPlace(base, origin))
	if err != nil {
		return "", fmt.Errorf("seal ticket: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(ticket), nil
}

// redeem reads the ticket of a request. First: it is good, and nobody came with it before, on any server.
func (e *Endpoint) redeem(r *http.Request, base tenant.Base, origin string) (id session.ID, first bool, err error) {
	ticket, err := base64.RawURLEncoding.Strict().DecodeString(r.URL.Query().Get("ticket"))
	if err != nil {
		return id, false, nil
	}
	inside, err := sealed.Open(e.ticketKey(base), ticket, ticketPlace(base, origin))
	if err != nil || len(inside) != session.IDSize+timeSize {
		return id, false, nil
	}
	until := time.UnixMilli(int64(binary.BigEndian.Uint64(inside[session.IDSize:])))
	if !e.Agents.Now().Before(until) {
		return id, false, nil
	}
	if first, err = e.Used.First(r.Context(), until, "ticket", base.Environment.ID, string(ticket[:len(sealed.Nonce{})])); err != nil {
		return id, false, fmt.Errorf("note ticket: %w", err)
	}
	return session.ID(inside[:session.IDSize]), first, nil
}

func (e *Endpoint) ticketKey(base tenant.Base) [32]byte {
	return e.Secret(base.Environment.ID, "stream ticket")
}

func ticketPlace(base tenant.Base, origin string) []byte {
	return []byte(base.Issuer() + "\x00" + origin)
}
