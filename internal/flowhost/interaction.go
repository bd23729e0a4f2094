package flowhost

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"vigil/engine/run"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/useragent"
)

// Interaction is a run whose forms a page of the application shows, at one of them. The run's number of the form grows with each new one, and
// stays while answers to it are refused.
type Interaction struct {
	Run  *store.Run
	Page run.Page
}

// ErrTimedOut: the run is too old to go on.
var ErrTimedOut = run.ErrTimedOut

// ErrOvertaken: another answer to the same form was faster.
var ErrOvertaken = errStale

// ID names the run to the application's page.
func (i *Interaction) ID() string { return SpellRun(i.Run.ID) }

// SpellRun writes the id of a run for addresses and headers.
func SpellRun(id store.RunID) string { return spell(id) }

// FindInteraction finds the run that a step names. Nil: it is not there, has ended, or is another browser's.
func (h *Host) FindInteraction(ctx context.Context, agent *useragent.Agent, name string) (*store.Run, error) {
	id, ok := unspell(name)
	if !ok {
		return nil, nil
	}
	var found *store.Run
	err := h.KV.View(ctx, func(r kv.Reader) (err error) {
		found, err = store.FindRun(r, id)
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read run: %w", err)
	case found == nil, found.Interaction == 0, !agent.Now.Before(found.Expires()), !agent.HoldsInteraction(found):
		return nil, nil
	}
	return found, nil
}

// Show gives the present form of a run. ErrTimedOut.
func (h *Host) Show(r *http.Request, agent *useragent.Agent, kept *store.Run) (*Interaction, error) {
	flow, state, env, err := h.resume(r, agent, kept)
	if err != nil {
		return nil, err
	}
	page, err := h.Machine.Redisplay(flow, state, env, agent.Now)
	if err != nil {
		if errors.Is(err, run.ErrTimedOut) {
			return nil, ErrTimedOut
		}
		return nil, fmt.Errorf("show page of flow %q: %w", kept.Flow, err)
	}
	return &Interaction{Run: kept, Page: page}, nil
}

// Answer takes an answer to the present form. Refused: the same form wants another answer. An ended run has its outcome in it, and cookies go
// to header. ErrOvertaken.
func (h *Host) Answer(r *http.Request, agent *useragent.Agent, header http.Header, i *Interaction, input run.Input) (refused bool, err error) {
	if agent.Session != nil && !input.Poll {
		h.Sessions.Touch(agent.Session.ID, agent.Now)
		agent.Session.Touch(agent.Now)
		agent.Activity(header)
	}
	answered, bound := i.Page.Node, agent.BringsRunKey()
	page, err := h.advance(r, agent, header, advance{run: i.Run, input: input, note: func(kept *store.Run, page run.Page) {
		if kept.Bound = kept.Bound || bound; !again(answered, page) {
			kept.Interaction++
		}
	}})
	if err != nil || page == nil {
		return false, err
	}
	i.Page = *page
	return again(answered, *page), nil
}

// again: the form that was answered is shown once more, with what was wrong.
func again(answered string, page run.Page) bool {
	if page.Node != answered {
		return false
	}
	if page.Message != "" {
		return true
	}
	for i := range page.Fields {
		if page.Fields[i].Message != "" {
			return true
		}
	}
	return false
}
