package flowhost

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/metrics"
	"vigil/internal/rollout"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// Host runs flows for browsers.
type Host struct {
	Machine  *run.Machine
	Flows    *Flows
	KV       kv.Store
	Sessions *store.Sessions
	Rollout  *rollout.Rollout
	Metrics  *metrics.Metrics
	Agents   *useragent.Agents
	Links    *Links
	Pages    web.Pages
	// Account reads a person. Nil: gone or disabled.
	Account func(ctx context.Context, environmentID, userID string) (*connector.AccountValue, error)
	// Passkeys asks browsers for passkeys. Nil: no flow may want one.
	Passkeys Passkeys
	// Externals leads to other identity providers. Nil: no flow may want one.
	Externals Externals
	// Secret derives the secret of an environment for a purpose.
	Secret func(environmentID, purpose string) [32]byte
	// Address is where a request comes from, behind trusted proxies.
	Address func(*http.Request) netip.Addr
	// Country is from which country a request comes, as two capital letters. Empty: not known.
	Country func(*http.Request) string
	Now     func() time.Time
	Random  io.Reader
	Log     *slog.Logger
	// Recordings are the runs that operators want written down. Nil: nobody can.
	Recordings *Recordings
	// MaxPending is how many records of strangers may wait at once, see Affords. Zero: DefaultMaxPending.
	MaxPending int

	room room
}

// ErrTooMany: an address, or all together, began more than the server is willing to keep. Nothing was written.
var ErrTooMany = errors.New("too many sign-ons were begun")

// Ask is what authorize wants of a flow.
type Ask struct {
	Flow string
	// Resume is what authorize needs to go on when the flow has ended.
	Resume json.RawMessage
	// Request is what the flow may know of the authorization request.
	Request connector.Request
	// Application names the relying party to the person.
	Application string
	// Return is the path that the ended flow goes back to. Empty: /as/resume.
	Return string
	// Interaction: a page of the application shows the forms, see Interaction.
	Interaction bool
	// Back is where the page of an Interaction gets a browser back that left for another provider. Nil: none may leave.
	Back *store.Back
	// Alone: whether the person succeeds is all that is wanted. No session is begun, joined or ended.
	Alone bool
}

// Begun is how a flow began: with a page, or at its end already.
type Begun struct {
	Location string         // where the page is. Empty: it ended
	Outcome  *store.Outcome // nil: it did not end
	Shown    *Interaction   // of Ask.Interaction: the page itself. Nil: it ended
}

// Begin starts a flow for the browser of agent. Cookies go to h.
func (h *Host) Begin(ctx context.Context, agent *useragent.Agent, header http.Header, ask Ask) (Begun, error) {
	flow, policy, err := h.chosen(ctx, agent, header, ask.Flow)
	if err != nil {
		return Begun{}, err
	}
	r, err := h.newRun(agent, flow, ask)
	if err != nil {
		return Begun{}, err
	}
	r.Policy = policy
	env, err := h.surroundings(ctx, agent, r, ask.Request)
	if err != nil {
		return Begun{}, err
	}
	done := h.Metrics.Step(flow.Name)
	state, effect, err := h.start(ctx, r, flow, env)
	if err != nil {
		return Begun{}, fmt.Errorf("start flow %q: %w", flow.Name, err)
	}
	done()
	if err := settle(env, header); err != nil {
		return Begun{}, err
	}
	page, waits := effect.(run.Page)
	if !waits {
		outcome, err := h.finish(ctx, agent, header, ending{flow: flow.Name, effect: effect, alone: ask.Alone})
		h.Metrics.RunBegan(editionOf(r))
		h.ended(ctx, agent, r, effect, outcome)
		return Begun{Outcome: outcome}, err
	}
	if r.State, err = state.MarshalBinary(); err != nil {
		return Begun{}, err
	}
	if ask.Interaction {
		r.Interaction, r.Bound = 1, agent.BringsRunKey()
	}
	if r.BrowserDigest, err = h.Agents.RunKey(agent, header); err != nil {
		return Begun{}, err
	}
	if !h.Affords(ask.Request, len(r.State)+len(r.Request)+len(r.FlowRequest), r.Expires(), agent.Now) {
		return Begun{}, ErrTooMany
	}
	err = h.KV.Update(ctx, func(tx kv.Tx) error { return store.PutNewRun(tx, r) })
	if err != nil {
		return Begun{}, fmt.Errorf("keep run: %w", err)
	}
	written(r)
	h.Metrics.RunBegan(editionOf(r))
	if ask.Interaction {
		return Begun{Shown: &Interaction{Run: r, Page: page}}, nil
	}
	return Begun{Location: agent.Base.URL("/signon/?flowId=" + spell(r.ID))}, nil
}

func (h *Host) newRun(agent *useragent.Agent, flow *graph.Flow, ask Ask) (*store.Run, error) {
	var random [16]byte
	if _, err := io.ReadFull(h.Random, random[:]); err != nil {
		return nil, fmt.Errorf("make run id: %w", err)
	}
	request, err := ask.Request.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	r := &store.Run{
		ID:            session.NewID(agent.Now.Add(flow.Timeout), random),
		EnvironmentID: agent.Base.Environment.ID, Origin: agent.Base.Origin, Prefix: agent.Base.Prefix, Realm: agent.Base.Scope(),
		Flow: flow.Name, FlowHash: flow.Hash,
		Request: ask.Resume, FlowRequest: request, Application: ask.Application, Return: ask.Return,
		StartedAt: agent.Now, Alone: ask.Alone, Back: ask.Back,
	}
	if agent.Session != nil {
		r.StartedIn = &agent.Session.ID
	}
	return r, nil
}

// surroundings is what the machine may see at this moment.
func (h *Host) surroundings(ctx context.Context, agent *useragent.Agent, r *store.Run, request connector.Request) (run.Environment, error) {
	env := run.Environment{
		EnvironmentID: r.EnvironmentID, RunID: spell(r.ID), BaseURL: agent.Base.URL(""),
		Request: request, Agent: h.lend(agent, r), Settings: agent.Base.Environment.Settings, Secrets: secretsOf(agent.Base.Environment),
	}
	s := agent.Session
	if s == nil {
		return env, nil
	}
	account, err := h.Account(ctx, s.EnvironmentID, s.UserID)
	if err != nil {
		return env, fmt.Errorf("read account: %w", err)
	}
	if account != nil {
		env.Session = &connector.SessionValue{
			ID: spell(s.ID), User: connector.UserValue{AccountValue: *account},
			Proofs: proofsOf(s), CreatedAt: s.CreatedAt, Properties: s.Properties,
		}
	}
	return env, nil
}

func secretsOf(e *tenant.Environment) map[string]connector.SecretValue {
	if len(e.Secrets) == 0 {
		return nil
	}
	secrets := make(map[string]connector.SecretValue, len(e.Secrets))
	for name, text := range e.Secrets {
		secrets[name] = connector.NewSecret(text)
	}
	return secrets
}

func proofsOf(s *session.Session) []connector.Proof {
	proofs := make([]connector.Proof, len(s.Proofs))
	for i, p := range s.Proofs {
		proofs[i] = connector.Proof{AccountID: s.UserID, Method: p.Method, At: p.At}
	}
	return proofs
}

// RequestOf is what a flow may know of the browser that makes a request. Its pages speak the first language that they know of those that the
// application asks for (ui_locales), else the one that the browser likes best.
func (h *Host) RequestOf(r *http.Request, uiLocales ...string) connector.Request {
	return connector.Request{
		IP: h.Address(r).String(), Country: h.Country(r), Language: languageOf(r), Locale: h.Flows.now.Load().languages.pick(uiLocales, r), Browser: browserOf(r),
	}
}

// FindRun finds the run that a request names, if its browser began it. Nil: it is not there; foreign tells that another browser holds it.
func (h *Host) FindRun(r *http.Request, agent *useragent.Agent) (found *store.Run, foreign bool, err error) {
	id, ok := named(r)
	if !ok {
		return nil, false, nil
	}
	err = h.KV.View(r.Context(), func(reader kv.Reader) (err error) {
		found, err = store.FindRun(reader, id)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("read run: %w", err)
	}
	if found == nil || found.Interaction > 0 || !agent.Now.Before(found.Expires()) {
		return nil, false, nil
	}
	if !agent.HoldsRun(found) {
		return nil, true, nil
	}
	return found, false, nil
}

// named reads which run the address of a request names: many requests of a run do nothing that costs as much as taking their whole query apart.
func named(r *http.Request) (id session.ID, ok bool) {
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if text, is := strings.CutPrefix(pair, "flowId="); is {
			return unspell(text)
		}
	}
	return id, false
}

// TakeBack removes an ended run and tells whether this call was the one that did.
func (h *Host) TakeBack(ctx context.Context, ended *store.Run) (first bool, err error) {
	err = h.KV.Update(ctx, func(tx kv.Tx) (err error) {
		first, err = store.TakeRun(tx, ended)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take back run: %w", err)
	}
	if first {
		h.room.giveBack(ended.Expires())
	}
	return first, nil
}

// spell writes an id for addresses; unspell reads it.
func spell(id session.ID) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

func unspell(text string) (id session.ID, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != session.IDSize {
		return id, false
	}
	return session.ID(raw), true
}

// resumeAt is where an ended run returns to its application.
func resumeAt(base tenant.Base, ended *store.Run) string {
	path := ended.Return
	if path == "" {
		path = "/as/resume"
	}
	return base.URL(path + "?flowId=" + spell(ended.ID))
}
