package flowhost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"vigil/engine/run"
	"vigil/iframe"
	"vigil/internal/directory"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/useragent"
)

// errStale: the run moved on, or ended, since it was read.
var errStale = errors.New("the run moved on")

// ending is how a run ended.
type ending struct {
	flow   string     // its name
	run    *store.Run // nil: it ended before it was ever kept
	effect run.Effect
	alone  bool // a success is all that is wanted: no session is begun, joined or ended
}

// finish turns the end of a run into its outcome: a success starts or joins the session in the same transaction that ends the run.
func (h *Host) finish(ctx context.Context, agent *useragent.Agent, header http.Header, e ending) (*store.Outcome, error) {
	if e.run != nil && e.run.Challenge != nil {
		return h.respond(ctx, agent, e)
	}
	success, ok := e.effect.(run.Success)
	if !ok {
		return h.fail(ctx, e)
	}
	plan, err := h.plan(agent, success)
	if err != nil {
		return nil, err
	}
	plan.alone = e.alone
	err = h.KV.Update(ctx, func(tx kv.Tx) error { return plan.commit(tx, h, e.run) })
	if errors.Is(err, kv.ErrUnknownOutcome) {
		// Repeating is harmless: ids were made before, and a run that ended is not ended again.
		err = h.KV.Update(ctx, func(tx kv.Tx) error { return plan.commit(tx, h, e.run) })
	}
	switch {
	case errors.Is(err, directory.ErrChanged), errors.Is(err, directory.ErrExists):
		return h.fail(ctx, ending{flow: e.flow, run: e.run, effect: run.Failure{Code: "access_denied"}})
	case err != nil:
		return nil, err
	case plan.signedOn == nil:
		return plan.outcome, nil
	}
	return plan.outcome, plan.write(header)
}

// fail ends a run without a session.
func (h *Host) fail(ctx context.Context, e ending) (*store.Outcome, error) {
	failure, ok := e.effect.(run.Failure)
	if !ok {
		return nil, fmt.Errorf("a run ended with %T", e.effect)
	}
	h.logFailure(ctx, e.flow, failure)
	outcome := &store.Outcome{ErrorCode: failure.Code, ErrorDescription: failure.Description}
	if e.run == nil {
		return outcome, nil
	}
	err := h.KV.Update(ctx, func(tx kv.Tx) error { return endRun(tx, e.run, outcome) })
	return outcome, err
}

// logFailure tells the operator why a flow failed that did not mean to.
func (h *Host) logFailure(ctx context.Context, flow string, failure run.Failure) {
	if failure.Cause == nil {
		return
	}
	level := slog.LevelError
	if failure.Code == "login_required" {
		level = slog.LevelWarn // somebody signed off meanwhile; a flow is seldom at fault
	}
	h.Log.Log(ctx, level, "flow failed", "flow", flow, "node", failure.Node, "cause", failure.Cause)
}

// endRun writes the outcome of a run that is still where it was read.
func endRun(tx kv.Tx, read *store.Run, outcome *store.Outcome) error {
	now, err := claim(tx, read)
	if err != nil {
		return err
	}
	now.Outcome, now.State = outcome, nil
	return store.ReplaceRun(tx, now)
}

// claim takes a run that is still where it was read out of the session that it began in: what ends that session no longer ends the run.
func claim(tx kv.Tx, read *store.Run) (*store.Run, error) {
	if err := unchanged(tx, read); err != nil {
		return nil, err
	}
	now := *read
	return &now, store.DetachRun(tx, &now)
}

// unchanged fails with errStale where a run is not any more as it was read.
func unchanged(r kv.Reader, read *store.Run) error {
	same, err := store.Unchanged(r, read)
	if err == nil && !same {
		return errStale
	}
	return err
}

// plan is a sign-on about to be committed. Everything random in it was made before the transaction.
type plan struct {
	agent   *useragent.Agent
	success run.Success
	alone   bool
	fresh   session.Session // what a new session would be
	secret  [16]byte
	digest  [32]byte
	current func(kv.Reader) (*session.Session, error) // the browser's live session
	joins   func(kv.Reader) (*session.Session, error) // the session that the success was fed by. Nil: none

	promised store.Outcome // what the success says, before it is known whether its session still lives
	// What the commit came to; read after it only.
	outcome  *store.Outcome
	signedOn *session.Session // nil: it came to nothing
}

func (h *Host) plan(agent *useragent.Agent, success run.Success) (*plan, error) {
	p := &plan{agent: agent, success: success, current: noSession}
	var err error
	if p.secret, p.digest, err = useragent.NewSecret(h.Random); err != nil {
		return nil, err
	}
	var random [32]byte
	if _, err := io.ReadFull(h.Random, random[:]); err != nil {
		return nil, fmt.Errorf("make session id: %w", err)
	}
	p.fresh = session.Session{
		ID:            session.NewID(agent.Now, [16]byte(random[:16])),
		EnvironmentID: agent.Base.Environment.ID, Origin: agent.Base.Origin, Realm: agent.Base.Scope(),
		UserID: success.User.ID, Username: success.User.Username,
		Gen:       iframe.NewGen([16]byte(random[16:])),
		CreatedAt: agent.Now,
	}
	if agent.Session != nil {
		live := h.Sessions.LivenessOf(agent.Session.ID)
		p.current = func(r kv.Reader) (*session.Session, error) { return live(r, agent.Now) }
	}
	if success.SessionID != "" {
		id, ok := unspell(success.SessionID)
		if !ok {
			return nil, errors.New("a flow named a session that is none")
		}
		live := h.Sessions.LivenessOf(id)
		p.joins = func(r kv.Reader) (*session.Session, error) { return live(r, agent.Now) }
	}
	return p, p.describe()
}

func noSession(kv.Reader) (*session.Session, error) { return nil, nil }

func (p *plan) describe() error {
	p.promised = store.Outcome{Scopes: p.success.Scopes, ACR: p.success.ACR, ExtraMethods: p.success.ExtraMethods, Device: p.success.Device}
	var err error
	if p.promised.IDTokenClaims, err = claims(p.success.IDTokenClaims); err != nil {
		return err
	}
	p.promised.AccessTokenClaims, err = claims(p.success.AccessTokenClaims)
	return err
}

func claims(values map[string]any) (json.RawMessage, error) {
	if len(values) == 0 {
		return nil, nil
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("encode claims: %w", err)
	}
	return raw, nil
}

// commit decides which session the success leads to and writes it together with the end of the run.
func (p *plan) commit(tx kv.Tx, h *Host, read *store.Run) error {
	var kept *store.Run
	if read != nil {
		var err error
		if kept, err = claim(tx, read); err != nil {
			return err
		}
	}
	s, err := p.choose(tx, h)
	if err != nil {
		return err
	}
	outcome := p.promised
	switch {
	case p.alone:
		outcome.Proved = true
	case s == nil:
		// A success fed by a session never starts one: a run in progress would revive a session that was signed off.
		outcome = store.Outcome{ErrorCode: "login_required", ErrorDescription: "the session ended during sign-on"}
	default:
		outcome.SessionID = &s.ID
	}
	if kept != nil {
		kept.Outcome, kept.State = &outcome, nil
		if err := store.ReplaceRun(tx, kept); err != nil {
			return err
		}
	}
	p.outcome, p.signedOn = &outcome, s
	return nil
}

// choose joins the session that fed the success, or the same user's, or starts one; another user's session ends first.
func (p *plan) choose(tx kv.Tx, h *Host) (*session.Session, error) {
	// Whoever signs a user off everywhere changes the user's record first, so this transaction cannot slip in behind.
	if err := directory.Admit(tx, p.fresh.EnvironmentID, p.fresh.UserID, p.success.User.Epoch); err != nil {
		return nil, err
	}
	if p.alone {
		return nil, nil
	}
	if p.joins != nil {
		fed, err := p.joins(tx)
		if err != nil || fed == nil {
			return nil, err
		}
		return fed, p.renew(tx, fed)
	}
	current, err := p.current(tx)
	if err != nil {
		return nil, err
	}
	if current != nil && current.UserID == p.fresh.UserID {
		return current, p.renew(tx, current)
	}
	if current != nil {
		if _, err := store.EndSession(tx, current.ID, h.Sessions.Ending(store.Superseded, p.agent.Now)); err != nil {
			return nil, err
		}
	}
	s := p.fresh
	p.apply(&s)
	return &s, store.PutNewSession(tx, &s)
}

// renew carries what this sign-on proved and decided into a session that lives.
func (p *plan) renew(tx kv.Tx, s *session.Session) error {
	p.apply(s)
	if err := store.ReplaceSession(tx, s); err != nil {
		return err
	}
	return store.NoteExtended(tx, p.agent.Now, s.ID)
}

// apply is the effect of a success on its session: activity, time-outs, proofs, and a new secret where something was proved.
func (p *plan) apply(s *session.Session) {
	s.Touch(p.agent.Now)
	s.IdleTimeout = p.success.IdleTimeout
	if !p.success.FromSession || stricter(p.success.MaxLifetime, s.MaxLifetime) {
		s.MaxLifetime = p.success.MaxLifetime
	}
	if s.ID == p.fresh.ID {
		s.BrowserBound = p.agent.Base.Environment.Cookies.NonPersistent
		if p.success.Persistent != nil {
			s.BrowserBound = !*p.success.Persistent
		}
	}
	if p.success.ACR != "" {
		s.ACR = p.success.ACR
	}
	if p.success.FromSession {
		return
	}
	for _, proof := range p.success.Methods {
		s.Prove(session.Proof{Method: proof.Method, At: proof.At})
	}
	s.SecretDigest = p.digest
}

// stricter: a flow that proved nothing may shorten the life of a session, never lengthen it.
func stricter(limit, present time.Duration) bool {
	return limit > 0 && (present == 0 || limit < present)
}

// write gives the browser its cookies after the commit.
func (p *plan) write(header http.Header) error {
	if p.success.FromSession {
		p.agent.Session = p.signedOn
		p.agent.Activity(header)
		return nil
	}
	return p.agent.SignOn(header, p.signedOn, p.secret)
}
