package notice

import (
	"time"

	"vigil/internal/store"
)

// The limits of one lane.
const (
	atATime  = 4      // attempts at one application at once
	maxQueue = 10_000 // notices in memory; more wait in the store
	// tolerated failures in a row; then the application counts as dead, and one attempt now and then asks whether it is back.
	tolerated = 3
	maxRest   = time.Minute
)

// laneName is an application: what one does to its lane no other notices.
type laneName struct{ environmentID, clientID string }

// lane is the queue before one application. Guarded by the Dispatcher's lock.
type lane struct {
	queue    []*job
	running  int
	failures int       // in a row
	rest     time.Time // nothing is attempted before
	problem  string    // of the last failure
}

// job is a notice that the Dispatcher has in hand.
type job struct {
	key     store.NoticeKey
	since   time.Time
	done    chan struct{} // closed after the attempt
	arrived bool          // after done
}

// slots is how many attempts may begin now.
func (l *lane) slots(now time.Time) int {
	switch {
	case now.Before(l.rest):
		return 0
	case l.failures >= tolerated:
		return 1 - l.running
	}
	return atATime - l.running
}

// note counts what came of an attempt.
func (l *lane) note(a answer, now time.Time) {
	if a.arrived || a.final {
		l.failures, l.rest, l.problem = 0, time.Time{}, ""
		return
	}
	l.failures++
	l.problem = a.problem
	if beyond := l.failures - tolerated; beyond >= 0 {
		l.rest = now.Add(min(firstWait<<min(beyond, 10), maxRest))
	}
}

// takeExpired takes out of the queue what was tried for too long.
func (l *lane) takeExpired(now time.Time) (expired []*job) {
	kept := l.queue[:0]
	for _, j := range l.queue {
		if now.Sub(j.since) > giveUp {
			expired = append(expired, j)
		} else {
			kept = append(kept, j)
		}
	}
	clear(l.queue[len(kept):])
	l.queue = kept
	return expired
}
