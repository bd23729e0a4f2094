package flowhost

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"vigil/engine/connector"
	"vigil/engine/run"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/useragent"
)

// lent is the browser of one step, as its capabilities may touch it. What they do is gathered and written with the answer to the step: one that
// was given up for being slow reaches no browser any more.
type lent struct {
	host  *Host
	agent *useragent.Agent
	run   *store.Run

	mu      sync.Mutex
	over    bool // the step is
	marks   []string
	life    time.Duration // of the marks
	ended   bool
	changed *session.Session
}

// lend lends the browser to a step of a run.
func (h *Host) lend(agent *useragent.Agent, r *store.Run) *lent {
	return &lent{host: h, agent: agent, run: r}
}

var (
	errOver       = errors.New("the step is over")
	errProperties = errors.New("a session holds no so many properties")
)

// Marks implements connector.Agent.
func (l *lent) Marks() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(l.agent.Marks(), l.marks...)
}

// Mark implements connector.Agent.
func (l *lent) Mark(life time.Duration) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return "", errOver
	}
	mark, err := useragent.NewMark(l.host.Random)
	if err != nil {
		return "", err
	}
	l.marks, l.life = append(l.marks, mark), max(l.life, life)
	return mark, nil
}

// ChangeSession implements connector.Agent.
func (l *lent) ChangeSession(ctx context.Context, change connector.SessionChange) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over || l.ended || l.agent.Session == nil {
		return false, nil
	}
	now := l.agent.Now
	live := l.host.Sessions.LivenessOf(l.agent.Session.ID)
	var changed *session.Session
	err := l.host.KV.Update(ctx, func(tx kv.Tx) error {
		s, err := live(tx, now)
		if changed = s; err != nil || s == nil {
			return err
		}
		if change.IdleTimeout > 0 {
			s.IdleTimeout = change.IdleTimeout
		}
		if change.MaxLifetime > 0 {
			s.MaxLifetime = change.MaxLifetime
		}
		if len(change.Properties) > 0 && !s.Note(change.Properties) {
			return errProperties
		}
		if err := store.ReplaceSession(tx, s); err != nil {
			return err
		}
		return store.NoteExtended(tx, now, s.ID)
	})
	if err != nil {
		return false, err
	}
	l.changed = changed
	return changed != nil, nil
}

// EndSession implements connector.Agent. The run goes on, although it began in that session.
func (l *lent) EndSession(ctx context.Context) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over || l.ended || l.agent.Session == nil {
		return false, nil
	}
	id, ending, within := l.agent.Session.ID, l.host.Sessions.Ending(store.SignedOff, l.agent.Now), *l.run
	err := l.host.KV.Update(ctx, func(tx kv.Tx) error {
		left := within
		if err := store.DetachRun(tx, &left); err != nil {
			return err
		}
		_, err := store.EndSession(tx, id, ending)
		return err
	})
	if err != nil {
		return false, err
	}
	l.ended, l.run.StartedIn = true, nil
	return true, nil
}

// settle ends what a step was lent.
func settle(env run.Environment, header http.Header) error {
	if l, lent := env.Agent.(*lent); lent {
		return l.settle(header)
	}
	return nil
}

// settle ends the loan and writes what the browser is to keep.
func (l *lent) settle(header http.Header) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	switch {
	case l.ended:
		l.agent.SignOff(header)
	case l.changed != nil:
		l.agent.Session = l.changed
		l.agent.Activity(header)
	}
	if len(l.marks) > 0 {
		return l.agent.Mark(header, l.life, l.marks...)
	}
	return nil
}
