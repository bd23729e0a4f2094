package metrics

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Edition is one content of a flow in an environment. Hash is the flow's.
type Edition struct{ Environment, Flow, Hash string }

// Ending is how a run ended.
type Ending string

// The endings.
const (
	Success  Ending = "success"
	Silent   Ending = "silent"  // success without a page: the session was enough
	Refused  Ending = "refused" // the flow meant to refuse
	Fault    Ending = "fault"   // it failed in a way that its author did not mean
	TimedOut Ending = "timedOut"
)

// Runs counts what became of runs of an edition, in this process.
type Runs struct {
	Edition
	Begun int
	Ended map[Ending]int
	// LeftAt counts by node where runs waited that timed out, FailedAt where they ended by a fault.
	LeftAt, FailedAt map[string]int
}

// SuccessRate is the part of the runs with a page that succeeded, 0 to 1, among those that ended. False: none has.
func (r *Runs) SuccessRate() (rate float64, known bool) {
	all := r.Ended[Success] + r.Ended[Refused] + r.Ended[Fault] + r.Ended[TimedOut]
	if all == 0 {
		return 0, false
	}
	return float64(r.Ended[Success]) / float64(all), true
}

// maxEditions bounds what is remembered of a flow that changes all day.
const maxEditions = 8

// ledger keeps the runs by edition.
type ledger struct {
	mu    sync.Mutex
	turn  int
	runs  map[Edition]*entry
	since map[serving]time.Time
}

// serving is a flow that serves, whatever the environment.
type serving struct{ flow, hash string }

type entry struct {
	Runs
	last int // turn of its latest change
}

// of finds the entry of an edition, and forgets the one that was quiet longest where a flow has too many.
func (l *ledger) of(e Edition) *entry {
	l.turn++
	if found := l.runs[e]; found != nil {
		found.last = l.turn
		return found
	}
	var oldest *entry
	siblings := 0
	for other, kept := range l.runs {
		if other.Environment == e.Environment && other.Flow == e.Flow {
			siblings++
			if oldest == nil || kept.last < oldest.last {
				oldest = kept
			}
		}
	}
	if siblings >= maxEditions {
		delete(l.runs, oldest.Edition)
	}
	if l.runs == nil {
		l.runs = map[Edition]*entry{}
	}
	made := &entry{Runs: Runs{Edition: e, Ended: map[Ending]int{}, LeftAt: map[string]int{}, FailedAt: map[string]int{}}, last: l.turn}
	l.runs[e] = made
	return made
}

// RunBegan counts a run.
func (m *Metrics) RunBegan(e Edition) {
	m.begun.WithLabelValues(e.Environment, e.Flow).Inc()
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	m.ledger.of(e).Begun++
}

// RunEnded counts the end of a run. Node is where it waited when it timed out, or failed; empty: not known.
func (m *Metrics) RunEnded(e Edition, how Ending, node string) {
	m.ended.WithLabelValues(e.Environment, e.Flow, string(how)).Inc()
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	found := m.ledger.of(e)
	found.Ended[how]++
	switch {
	case node == "":
	case how == TimedOut:
		found.LeftAt[node]++
	case how == Fault:
		found.FailedAt[node]++
	}
}

// Serves says which flows serve from now on, by name and hash. One that served before keeps its time.
func (m *Metrics) Serves(hashes map[string]string, now time.Time) {
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	next := make(map[serving]time.Time, len(hashes))
	for flow, hash := range hashes {
		at, served := m.ledger.since[serving{flow, hash}]
		if !served {
			at = now
		}
		next[serving{flow, hash}] = at
	}
	m.ledger.since = next
}

// Since is when this process let an edition serve. Zero: it serves no more.
func (m *Metrics) Since(flow, hash string) time.Time {
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	return m.ledger.since[serving{flow, hash}]
}

// RunsOf lists the editions of an environment of which a run began or ended in this process, by flow and hash.
func (m *Metrics) RunsOf(environment string) []Runs {
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	var list []Runs
	for e, kept := range m.ledger.runs {
		if e.Environment != environment {
			continue
		}
		r := kept.Runs
		r.Ended, r.LeftAt, r.FailedAt = maps.Clone(r.Ended), maps.Clone(r.LeftAt), maps.Clone(r.FailedAt)
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Runs) int { return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Hash, b.Hash)) })
	return list
}
