package flowhost

import (
	"fmt"
	"net/http"

	"vigil/engine/run"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/useragent"
)

// advance is one answer to the page of a run.
type advance struct {
	run   *store.Run
	input run.Input
	// note changes the run that is written with its next page. Nil: nothing but its state changes.
	note func(kept *store.Run, page run.Page)
}

// advance runs the machine outside any transaction, then stores what it came to under the version that was read. It gives the next page; nil:
// the run ended, and its outcome stands in it. errStale: somebody else was faster.
func (h *Host) advance(r *http.Request, agent *useragent.Agent, header http.Header, a advance) (*run.Page, error) {
	flow, state, env, err := h.resume(r, agent, a.run)
	if err != nil {
		return nil, err
	}
	before := state.Steps
	done := h.Metrics.Step(flow.Name)
	state, effect, err := h.proceed(r.Context(), a.run, step{flow, state, a.input, env, agent.Now})
	if err != nil {
		return nil, fmt.Errorf("step of flow %q: %w", a.run.Flow, err)
	}
	if state.Steps != before { // nothing happens at a poll in vain
		done()
	}
	if err := settle(env, header); err != nil {
		return nil, err
	}
	page, waits := effect.(run.Page)
	if !waits {
		a.run.Outcome, err = h.finish(r.Context(), agent, header, ending{flow: a.run.Flow, run: a.run, effect: effect, alone: a.run.Alone})
		if err == nil {
			h.ended(r.Context(), agent, a.run, effect, a.run.Outcome)
		}
		return nil, err
	}
	if a.input.Poll && state.Steps == before {
		return &page, nil // nobody has answered: nothing to write
	}
	next := *a.run
	if next.State, err = state.MarshalBinary(); err != nil {
		return nil, err
	}
	if a.note != nil {
		a.note(&next, page)
	}
	err = h.KV.Update(r.Context(), func(tx kv.Tx) error {
		if err := unchanged(tx, a.run); err != nil {
			return err
		}
		next.Version = a.run.Version
		return store.ReplaceRun(tx, &next)
	})
	if err != nil {
		return nil, err
	}
	*a.run = next
	written(a.run)
	return &page, nil
}
