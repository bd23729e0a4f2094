package flowhost

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"

	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// The addresses of links: where one leads, and where the run behind it ends.
const (
	linkPath      = "/link"
	linkDone      = "/link/done"
	linkParameter = "id"
)

// second is the run behind a link, at its first page. Nothing of it is kept yet.
type second struct {
	challenge *store.Challenge
	flow      *graph.Flow
	run       *store.Run
	opening   run.Opening
	env       run.Environment
	state     run.State
	page      run.Page
}

// showLink answers GET /link: the first page of the part behind it. Nothing happens before somebody presses a button of it: programs that read
// mail fetch every address they see.
//
// RFC 9110 9.2.1: GET is safe.
func (h *Host) showLink(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	agent, err := h.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	s, err := h.behind(r, agent)
	if err != nil {
		return err
	}
	if s == nil {
		return h.AlreadyDone(w, base, templates.DeadLink)
	}
	p, err := h.pose(r.Context(), base, s.run, s.page)
	if err != nil {
		return err
	}
	return h.renderAt(w, base, s.run, p, base.Prefix+linkPath+"?"+r.URL.RawQuery)
}

// behind begins the run behind the link that a request names. Nil: the link leads nowhere any more.
func (h *Host) behind(r *http.Request, agent *useragent.Agent) (*second, error) {
	c, err := h.Links.behind(r.Context(), agent.Base, r.URL.Query().Get(linkParameter), agent.Now)
	if err != nil || c == nil {
		return nil, err
	}
	account, err := h.Account(r.Context(), c.EnvironmentID, c.AccountID)
	if err != nil {
		return nil, fmt.Errorf("read account: %w", err)
	}
	if account == nil {
		return nil, nil
	}
	s := &second{challenge: c}
	if s.flow, err = h.Flows.Pinned(r.Context(), c.Part, c.PartHash); err != nil {
		return nil, err
	}
	request := h.RequestOf(r)
	if s.run, err = h.newRun(agent, s.flow, Ask{Request: request, Return: linkDone}); err != nil {
		return nil, err
	}
	// What the first page keeps for its answer is found again: the run behind a link has one id, which nobody can tell without the link.
	named := sha256.Sum256([]byte("run behind " + r.URL.Query().Get(linkParameter)))
	s.run.ID, s.run.Challenge = session.NewID(c.ExpiresAt.Add(s.flow.Timeout), [16]byte(named[:16])), &c.ID
	if s.env, err = h.surroundings(r.Context(), agent, s.run, request); err != nil {
		return nil, err
	}
	s.opening = run.Opening{Account: *account, Inputs: c.Inputs, Proves: c.Proves}
	state, effect, err := h.Machine.Open(r.Context(), s.flow, s.opening, s.env, agent.Now)
	if err != nil {
		return nil, err
	}
	page, waits := effect.(run.Page)
	if !waits {
		// A part behind a link begins with a form: its values could not be computed.
		failure, _ := effect.(run.Failure)
		return nil, fmt.Errorf("part %q: %w", s.flow.Name, errors.Join(errNoPage, failure.Cause))
	}
	s.state, s.page = state, page
	return s, nil
}

var errNoPage = errors.New("its first page cannot be shown")

// openLink takes POST /link: the answer to the first page uses the link up.
func (h *Host) openLink(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if err := web.PostForm(w, r, maxForm); err != nil {
		return h.damaged(w, base)
	}
	if !web.OwnPage(r, base) {
		return h.foreign(w, base)
	}
	agent, err := h.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	s, err := h.behind(r, agent)
	if err != nil {
		return err
	}
	if s == nil {
		return h.AlreadyDone(w, base, templates.DeadLink)
	}
	first, err := h.Links.take(r.Context(), s.challenge.ID, agent.Now)
	switch {
	case err != nil:
		return err
	case !first:
		return h.AlreadyDone(w, base, templates.DeadLink)
	}
	h.opens(r.Context(), s)
	var effect run.Effect
	done := h.Metrics.Step(s.flow.Name)
	if s.state, effect, err = h.proceed(r.Context(), s.run, step{s.flow, s.state, inputOf(r), s.env, agent.Now}); err != nil {
		return fmt.Errorf("step of part %q: %w", s.flow.Name, err)
	}
	done()
	if err := settle(s.env, w.Header()); err != nil {
		return err
	}
	return h.keepSecond(w, r, agent, s, effect)
}

// keepSecond writes the run behind a link after its first step, in progress or ended.
func (h *Host) keepSecond(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, s *second, effect run.Effect) error {
	var err error
	if s.run.State, err = s.state.MarshalBinary(); err != nil {
		return err
	}
	if s.run.BrowserDigest, err = h.Agents.RunKey(agent, w.Header()); err != nil {
		return err
	}
	if err := h.KV.Update(r.Context(), func(tx kv.Tx) error { return store.PutNewRun(tx, s.run) }); err != nil {
		return fmt.Errorf("keep run: %w", err)
	}
	h.Metrics.RunBegan(editionOf(s.run))
	page, waits := effect.(run.Page)
	if waits {
		return h.render(w, r, agent.Base, s.run, page)
	}
	outcome, err := h.finish(r.Context(), agent, w.Header(), ending{flow: s.run.Flow, run: s.run, effect: effect})
	if err != nil {
		return err
	}
	h.ended(r.Context(), agent, s.run, effect, outcome)
	return web.Redirect(w, r, resumeAt(agent.Base, s.run))
}

// respond ends a run that a link opened: its challenge is answered in the same transaction, and no session is begun, joined or ended.
func (h *Host) respond(ctx context.Context, agent *useragent.Agent, e ending) (outcome *store.Outcome, err error) {
	if failure, failed := e.effect.(run.Failure); failed {
		h.logFailure(ctx, e.flow, failure)
	}
	err = h.KV.Update(ctx, func(tx kv.Tx) error {
		intime, err := answer(tx, *e.run.Challenge, e.effect, agent.Now)
		if err != nil {
			return err
		}
		answered, _ := e.effect.(run.Answered)
		outcome = &store.Outcome{Proved: intime && answered.Approved}
		switch {
		case !intime:
			outcome.ErrorCode = tooLate
		case !answered.Approved:
			outcome.ErrorCode = "access_denied"
		}
		return endRun(tx, e.run, outcome)
	})
	return outcome, err
}

// tooLate is what a second run came to whose challenge took no answer any more.
const tooLate = "timeout"

// showAnswered answers GET /link/done: what the run behind a link came to. The browser that waits goes on by itself.
func (h *Host) showAnswered(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	_, found, err := h.open(w, r, base)
	if err != nil || found == nil {
		return err
	}
	reason := templates.Approved
	switch {
	case found.Challenge == nil:
		reason = templates.Expired
	case found.Outcome == nil:
		return web.Redirect(w, r, base.URL("/signon/?flowId="+spell(found.ID)))
	case found.Outcome.ErrorCode == tooLate:
		reason = templates.DeadLink
	case !found.Outcome.Proved:
		reason = templates.Refused
	}
	page := templates.AlreadyDonePage{Page: web.Frame(base), Reason: reason}
	return h.showDone(w, http.StatusOK, page)
}
