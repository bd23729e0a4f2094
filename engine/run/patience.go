package run

import (
	"context"
	"sync"
	"time"
)

// patience is the context of one capability: it holds what the step's context holds, and ends when its time is up. It costs nothing until it is
// asked for its channel, which most capabilities never do; who waits for the capability keeps the time.
type patience struct {
	context.Context // of the step; that it is cancelled counts for nothing

	mu   sync.Mutex
	done chan struct{} // nil: nobody asked
	err  error         // nil: there is time
}

// Deadline implements context.Context. It tells none: Done does when it has come.
func (p *patience) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context.
func (p *patience) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		p.done = make(chan struct{})
		if p.err != nil {
			close(p.done)
		}
	}
	return p.done
}

// Err implements context.Context.
func (p *patience) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// end makes it done, for whatever reason comes first.
func (p *patience) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return
	}
	p.err = err
	if p.done != nil {
		close(p.done)
	}
}

// alarm gives a timer that fires after a while, one that was used before if there is one.
func (m *Machine) alarm(after time.Duration) *time.Timer {
	if t, ok := m.alarms.Get().(*time.Timer); ok {
		t.Reset(after)
		return t
	}
	return time.NewTimer(after)
}

// silence puts an alarm away. A stopped timer delivers nothing any more, and can be set again.
func (m *Machine) silence(t *time.Timer) {
	t.Stop()
	m.alarms.Put(t)
}
