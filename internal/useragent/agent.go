package useragent

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"vigil/iframe"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/tenant"
)

// Agents recognises browsers.
type Agents struct {
	Sessions *store.Sessions
	// CodecsOf gives the codecs of an environment.
	CodecsOf func(environmentID string) Codecs
	Now      func() time.Time
	Random   io.Reader
}

// Agent is the browser of one request.
type Agent struct {
	Brought
	Base tenant.Base
	// Session is the live session of this browser. Nil: nobody is signed on.
	Session *session.Session
	Now     time.Time
	// Outdated: the browser brought the token of a live session whose secret was replaced a moment ago; the new one is on its way.
	Outdated bool

	codecs   Codecs
	secret   [secretSize]byte // of the session's token
	wroteSSO bool             // the cookie of AM's clients is on its way
	state    string           // OPUAS after this request; empty: the browser has none
}

// Recognise reads a request's cookies and finds their session.
func (a *Agents) Recognise(r *http.Request, base tenant.Base) (*Agent, error) {
	agent := &Agent{Brought: Read(r, base), Base: base, Now: a.Now(), codecs: a.CodecsOf(base.Environment.ID)}
	if len(agent.OPUAS) > 0 {
		agent.state = agent.OPUAS[0].String()
	}
	t, ok := agent.token()
	if !ok {
		return agent, nil
	}
	found, err := a.sessionOf(r.Context(), base, t, agent.Now)
	if err != nil {
		return nil, err
	}
	agent.Outdated = found != nil && !found.HasSecret(t.secret[:])
	if found != nil && !agent.Outdated {
		agent.Session, agent.secret = found, t.secret
		if agent.Has(found.Gen) {
			agent.state = stateOf(found).String()
		}
	}
	return agent, nil
}

// token is the one session token that the browser brought. On AM's surface its cookie alone will do; two that differ are none.
func (a *Agent) token() (t token, ok bool) {
	if len(a.tokens) == 1 {
		t, ok = a.codecs.open(a.Base, a.tokens[0])
	}
	if len(a.tokens) > 0 || len(a.sso) == 0 || a.Base.Realm == nil {
		return t, ok
	}
	if len(a.sso) > 1 {
		return t, false
	}
	return a.codecs.openSSO(a.Base, a.sso[0])
}

// sessionOf is the live session that a token names at this place, whatever its secret. Nil: there is none.
func (a *Agents) sessionOf(ctx context.Context, base tenant.Base, t token, now time.Time) (*session.Session, error) {
	found, err := a.Sessions.Load(ctx, t.id, now)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	if found == nil || found.Origin != base.Origin || found.EnvironmentID != base.Environment.ID || found.Realm != base.Scope() {
		return nil, nil
	}
	return found, nil
}

// State is the OPUAS value that the browser holds after this request. Empty: it neither brought one nor was given one.
func (a *Agent) State() string { return a.state }

// SignOn writes the cookies of a session that began, or in which the user proved something anew.
func (a *Agent) SignOn(h http.Header, s *session.Session, secret [secretSize]byte) error {
	sealed, err := a.codecs.seal(a.Base, token{id: s.ID, secret: secret})
	if err != nil {
		return err
	}
	a.Session, a.secret = s, secret
	if a.withheld() {
		return nil
	}
	w := writer{header: h, base: a.Base}
	life := tenant.PersistentLifetime
	if s.MaxLifetime > 0 {
		life = s.CreatedAt.Add(s.MaxLifetime).Sub(a.Now)
	}
	if s.BrowserBound {
		life = untilExit
		w.readable(iframe.BrowserRunName(s.Gen), iframe.CookieMark, untilExit)
	}
	a.forgetOthers(w, s.Gen)
	w.hidden(iframe.CookieST, sealed, life)
	if err := a.writeSSO(w, life); err != nil {
		return err
	}
	w.opuas(stateOf(s))
	w.countdown(s, a.Now)
	a.state = stateOf(s).String()
	return nil
}

// SignOff writes what a browser keeps of a session that ended: OPUAS says that nobody is signed on, so that pages answer `changed` and not `error`.
// A page embedded somewhere that brought no OPUAS is given none.
func (a *Agent) SignOff(h http.Header) {
	a.Session = nil
	if a.withheld() {
		return
	}
	w := writer{header: h, base: a.Base}
	w.remove(iframe.CookieST)
	a.removeSSO(w)
	a.forgetOthers(w, "")
	if len(a.OPUAS) == 0 && a.Embedded {
		return
	}
	w.opuas(iframe.OPUAS{})
	a.state = iframe.Nobody
}

// Activity writes the countdown and nothing else, so that a late response of an old session cannot touch a new one.
// A browser that does not hold the session's OPUAS gets nothing.
func (a *Agent) Activity(h http.Header) {
	if a.Session != nil && a.Has(a.Session.Gen) {
		writer{header: h, base: a.Base}.countdown(a.Session, a.Now)
	}
}

// forgetOthers removes the marks of every generation that the browser brought, but for one.
func (a *Agent) forgetOthers(w writer, gen string) {
	for _, o := range a.OPUAS {
		if o.Gen != "" && o.Gen != gen {
			w.forget(o.Gen)
		}
	}
}

// RunKey gives the key that ties flow runs to this browser. A browser that has none gets one with the response.
func (a *Agents) RunKey(agent *Agent, h http.Header) (digest [32]byte, err error) {
	key := agent.runKey
	if raw, err := base64.RawURLEncoding.DecodeString(key); err != nil || len(raw) != 16 {
		var random [16]byte
		if _, err := io.ReadFull(a.Random, random[:]); err != nil {
			return digest, fmt.Errorf("make run key: %w", err)
		}
		key = base64.RawURLEncoding.EncodeToString(random[:])
		agent.runKey = key
		writer{header: h, base: agent.Base}.run(key)
	}
	return sha256.Sum256([]byte(key)), nil
}

// Draw gives the number below n that this browser drew. A browser that has none draws one with the response.
func (a *Agents) Draw(agent *Agent, h http.Header, n int) (int, error) {
	if number, err := strconv.Atoi(agent.drawn); err == nil && number >= 0 && number < n {
		return number, nil
	}
	var random [8]byte
	if _, err := io.ReadFull(a.Random, random[:]); err != nil {
		return 0, fmt.Errorf("draw: %w", err)
	}
	number := int(binary.BigEndian.Uint64(random[:]) % uint64(n))
	agent.drawn = strconv.Itoa(number)
	writer{header: h, base: agent.Base}.draw(number)
	return number, nil
}

// HoldsRun reports whether this browser began a run.
func (a *Agent) HoldsRun(run *store.Run) bool {
	return a.HoldsKey(run.BrowserDigest) && a.At(run)
}

// HoldsKey reports whether this browser brought the key for runs whose SHA-256 this is.
func (a *Agent) HoldsKey(key [32]byte) bool {
	digest := a.KeyDigest()
	return a.runKey != "" && subtle.ConstantTimeCompare(digest[:], key[:]) == 1
}

// KeyDigest is SHA-256 of the key for runs that this browser brought.
func (a *Agent) KeyDigest() [32]byte { return sha256.Sum256([]byte(a.runKey)) }

// At reports whether a run began where this browser is now. It says nothing of whose it is.
func (a *Agent) At(run *store.Run) bool {
	return run.EnvironmentID == a.Base.Environment.ID && run.Origin == a.Base.Origin && run.Prefix == a.Base.Prefix && run.Realm == a.Base.Scope()
}

// BringsRunKey reports whether the request brought a key for runs.
func (a *Agent) BringsRunKey() bool { return a.runKey != "" }

// HoldsInteraction reports whether this browser may go on with a run that an application's page shows. A browser that keeps no cookies of
// ours is known by the interaction token alone; one that was seen to keep them must bring its key.
func (a *Agent) HoldsInteraction(run *store.Run) bool {
	if a.runKey != "" || run.Bound {
		return a.HoldsRun(run)
	}
	return a.At(run)
}

// change alters this browser's session in the store.
func (a *Agents) change(ctx context.Context, agent *Agent, change func(*session.Session)) error {
	changed, err := a.Sessions.Change(ctx, agent.Session.ID, agent.Now, change)
	if err != nil {
		return fmt.Errorf("change session: %w", err)
	}
	agent.Session = changed
	return nil
}
