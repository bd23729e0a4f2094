package attempts

import (
	"errors"
	"fmt"
	"time"
)

// Policy says when to lock and for how long. The zero Policy never locks.
type Policy struct {
	Limit       int           // failures within Window that lock; at most 1,000. Zero: never
	Window      time.Duration // how long a failure counts; at most an hour
	FirstLock   time.Duration // the first lock; each further one lasts twice as long
	LongestLock time.Duration // what locks grow to, at most an hour; so long without a lock, and the next is a first one again
	Retry       int           // failures that lock again after a lock; 1 to Limit
}

// NamePolicy is the default for names: ten failures in 15 minutes lock for a minute, then each failure for twice as long, up to an hour.
func NamePolicy() Policy {
	return Policy{Limit: 10, Window: 15 * time.Minute, FirstLock: time.Minute, LongestLock: time.Hour, Retry: 1}
}

// AddressPolicy is the default for addresses: ten times as patient, for many people may share one.
func AddressPolicy() Policy {
	return Policy{Limit: 100, Window: 15 * time.Minute, FirstLock: time.Minute, LongestLock: time.Hour, Retry: 10}
}

const maxLimit = 1000

// Check gives the first thing that is wrong with p, nil when nothing is.
func (p Policy) Check() error {
	switch {
	case p == Policy{}:
		return nil
	case p.Limit < 1 || p.Limit > maxLimit:
		return fmt.Errorf("limit is %d, expected 1 to %d", p.Limit, maxLimit)
	case p.Window <= 0 || p.Window > span/2:
		return fmt.Errorf("window is %v, expected at most %v", p.Window, span/2)
	case p.LongestLock <= 0 || p.LongestLock > span/2:
		return fmt.Errorf("longest lock is %v, expected at most %v", p.LongestLock, span/2)
	case p.FirstLock <= 0 || p.FirstLock > p.LongestLock:
		return fmt.Errorf("first lock is %v, expected at most the longest, %v", p.FirstLock, p.LongestLock)
	case p.Retry < 1 || p.Retry > p.Limit:
		return fmt.Errorf("retry is %d, expected 1 to %d", p.Retry, p.Limit)
	}
	return nil
}

// lock is how long the lock number level (from 0) lasts.
func (p Policy) lock(level uint8) time.Duration {
	d := p.FirstLock
	for range level {
		if d >= p.LongestLock {
			break
		}
		d *= 2
	}
	return min(d, p.LongestLock)
}

// ErrBusy: as many guesses as are allowed are being checked right now, for longer than anybody should wait. Nothing is locked.
var ErrBusy = errors.New("too many passwords being checked at once")

// LockedError says that nothing may be guessed for this name or from this address.
type LockedError struct {
	Until time.Time
	// Address: the address is locked, whatever name is guessed.
	Address bool
}

func (e *LockedError) Error() string { return "locked until " + e.Until.UTC().Format(time.RFC3339) }
