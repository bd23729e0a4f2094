package flowhost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// step is one step of a run that is about to be done.
type step struct {
	flow  *graph.Flow
	state run.State
	input run.Input
	env   run.Environment
	now   time.Time
}

// start begins a run. One that an operator wants is taken down.
func (h *Host) start(ctx context.Context, r *store.Run, flow *graph.Flow, env run.Environment) (run.State, run.Effect, error) {
	order := h.Recordings.ordered(r, r.StartedAt)
	if order == nil {
		return h.Machine.Start(ctx, flow, env, r.StartedAt)
	}
	t := h.newTape(r, env)
	if order.UserID != "" {
		t.order = order
	}
	t.open()
	t.finds(env.Session)
	t.recorder.Started(flow, env)
	state, effect, err := h.listening(t).Start(ctx, flow, env, r.StartedAt)
	if err != nil {
		return state, effect, err
	}
	r.Recorded, r.Tape = true, t.close(effect)
	return state, effect, nil
}

// proceed does a step of a run. One of a recorded run is taken down, in r.Tape.
func (h *Host) proceed(ctx context.Context, r *store.Run, s step) (run.State, run.Effect, error) {
	if !r.Recorded {
		return h.Machine.Step(ctx, s.flow, s.state, s.input, s.env, s.now)
	}
	t, err := h.resumeTape(ctx, r, s.now)
	if err != nil || t == nil {
		if err != nil {
			h.Log.ErrorContext(ctx, "step not recorded", "flow", r.Flow, "error", err)
		}
		return h.Machine.Step(ctx, s.flow, s.state, s.input, s.env, s.now)
	}
	t.finds(s.env.Session)
	if !s.input.Poll {
		page, err := h.Machine.Redisplay(s.flow, s.state, s.env, s.now)
		if err != nil {
			page = run.Page{} // it timed out: nothing is known of its fields, so nothing of what was typed is kept
		}
		t.recorder.Answered(page, s.input)
	}
	before := s.state.Steps
	state, effect, err := h.listening(t).Step(ctx, s.flow, s.state, s.input, s.env, s.now)
	if err != nil || s.input.Poll && state.Steps == before {
		return state, effect, err // of a poll in vain nothing is kept
	}
	r.Tape = t.close(effect)
	return state, effect, nil
}

// opens begins to take down a run behind a link, if the run that made the link is taken down.
func (h *Host) opens(ctx context.Context, s *second) {
	if h.Recordings == nil {
		return
	}
	var first *store.Run
	err := h.KV.View(ctx, func(r kv.Reader) (err error) {
		if first, err = store.FindRun(r, s.challenge.Run); err != nil || first == nil || !first.Recorded {
			return err
		}
		known, err := store.FindRecording(r, store.RecordingOf(first))
		if known == nil {
			first = nil
		}
		return err
	})
	if err != nil {
		h.Log.ErrorContext(ctx, "run behind a link not recorded", "flow", s.flow.Name, "error", err)
		return
	}
	if first == nil || !first.Recorded {
		return
	}
	t := h.newTape(s.run, s.env)
	id := store.RecordingOf(first)
	t.recording.First = &id
	t.open()
	t.finds(s.env.Session)
	t.recorder.Opened(s.flow, s.opening, s.env)
	s.run.Recorded, s.run.Tape = true, t.close(s.page)
}

// newTape is for a run that begins.
func (h *Host) newTape(r *store.Run, env run.Environment) *tape {
	return &tape{recordings: h.Recordings, isNew: true, now: r.StartedAt, recording: store.Recording{
		ID: store.RecordingOf(r), EnvironmentID: r.EnvironmentID, Flow: r.Flow, FlowHash: r.FlowHash, StartedAt: r.StartedAt, RunExpires: r.Expires(),
		ClientID: env.Request.ClientID, Address: env.Request.IP,
	}}
}

// resumeTape goes on with the recording of a run. Nil: it was deleted.
func (h *Host) resumeTape(ctx context.Context, r *store.Run, now time.Time) (*tape, error) {
	if h.Recordings == nil {
		return nil, nil
	}
	t := &tape{recordings: h.Recordings, now: now}
	if begun := r.Tape; begun != nil { // by this very request: nothing of it is written yet
		t.isNew, t.recording = begun.New, begun.Recording
		t.recording.Chunks, t.recording.Bytes = begun.From, 0
		for _, lines := range begun.Lines {
			t.before = append(t.before, lines...)
		}
		return t.open(), nil
	}
	known, waiting, err := h.Recordings.find(ctx, r)
	switch {
	case err != nil || known == nil && waiting == nil:
		return nil, err
	case waiting != nil:
		t.isNew, t.order, t.recording, t.before = true, waiting.order, waiting.recording, waiting.lines
	default:
		t.recording = *known
	}
	return t.open(), nil
}

// listening is the machine, with a tape that hears what it does.
func (h *Host) listening(t *tape) *run.Machine {
	m := &run.Machine{Capabilities: t.capabilities(), Timeout: h.Machine.Timeout, Vault: h.Machine.Vault, Trace: t.passed}
	if h.Machine.Challenges != nil {
		m.Challenges = hears{h.Machine.Challenges, t}
	}
	if others := h.Machine.Trace; others != nil {
		m.Trace = func(p run.Passage) {
			others(p)
			t.passed(p)
		}
	}
	return m
}

// written ends a step of a recorded run that is in the store.
func written(r *store.Run) {
	if r.Tape != nil && r.Tape.Written != nil {
		r.Tape.Written()
	}
	r.Tape = nil
}

// keepSilent writes what a recorded run did that ended at once, and so was never kept.
func (h *Host) keepSilent(ctx context.Context, r *store.Run, outcome *store.Outcome) {
	if r.Tape == nil || len(r.State) > 0 || outcome == nil {
		return
	}
	err := h.KV.Update(ctx, func(tx kv.Tx) error { return store.PutTape(tx, r.Tape, outcome) })
	if err != nil {
		h.Log.ErrorContext(ctx, "run not recorded", "flow", r.Flow, "error", fmt.Errorf("write recording: %w", err))
	}
}

// markOf tells sessions, and what flows noted on them, apart. Empty: there is none.
func markOf(s *connector.SessionValue) string {
	if s == nil {
		return ""
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return s.ID
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}
