package attempts

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Config is what a Counter needs.
type Config struct {
	Store   kv.Store
	Now     func() time.Time
	Name    Policy // zero: names are never locked
	Address Policy // zero: addresses are never locked
}

// Counter counts and locks. Safe for concurrent use.
type Counter struct{ c Config }

// New makes a Counter, or says what is wrong with a policy.
func New(c Config) (*Counter, error) {
	if err := c.Name.Check(); err != nil {
		return nil, fmt.Errorf("attempts by name: %w", err)
	}
	if err := c.Address.Check(); err != nil {
		return nil, fmt.Errorf("attempts by address: %w", err)
	}
	return &Counter{c: c}, nil
}

// Guess is who guesses whose password.
type Guess struct {
	Environment string
	Name        string     // folded; need not be anybody's
	From        netip.Addr // invalid: not counted by address
}

// Ticket is the place that a guess has taken.
type Ticket struct {
	subjects []subject
	policies []Policy
	at       int64
}

const (
	shortestWait = 2 * time.Millisecond
	longestWait  = 50 * time.Millisecond
	patience     = 10 * time.Second
)

// Reserve takes a place for a guess, before it is checked. *LockedError: it must not be checked. When as many guesses as
// are left are being checked, it waits for their outcome; ErrBusy after ten seconds. Also errors of the store and of ctx.
func (c *Counter) Reserve(ctx context.Context, g Guess) (Ticket, error) {
	for waited, wait := time.Duration(0), shortestWait; ; wait = min(2*wait, longestWait) {
		t, full, err := c.tryReserve(ctx, g)
		if err != nil || !full {
			return t, err
		}
		if waited >= patience {
			return Ticket{}, ErrBusy
		}
		if err := sleep(ctx, wait); err != nil {
			return Ticket{}, err
		}
		waited += wait
	}
}

func (c *Counter) tryReserve(ctx context.Context, g Guess) (t Ticket, full bool, err error) {
	t = c.ticket(g)
	var lock LockedError
	err = c.update(ctx, t, func(tallies []tally) bool {
		lock, full = LockedError{}, false
		for i, p := range t.policies {
			if until := time.UnixMilli(tallies[i].until); tallies[i].until > t.at {
				lock.Address = lock.Address || !t.subjects[i].isName()
				if until.After(lock.Until) {
					lock.Until = until
				}
			}
			full = full || tallies[i].full(p)
		}
		switch {
		case !lock.Until.IsZero():
			return !lock.Address && t.blameAddress(tallies)
		case full:
			return false
		}
		for i := range tallies {
			tallies[i].reserve(t.at)
		}
		return true
	})
	if err == nil && !lock.Until.IsZero() {
		return Ticket{}, false, &lock
	}
	return t, full, err
}

// blameAddress counts a guess at a locked name as a wrong one of its address: whoever goes on guessing there is locked out too. False: no
// address is counted.
func (t Ticket) blameAddress(tallies []tally) (counted bool) {
	for i, p := range t.policies {
		if !t.subjects[i].isName() {
			tallies[i].reserve(t.at)
			tallies[i].fail(t.at, t.at, p)
			counted = true
		}
	}
	return counted
}

func (c *Counter) ticket(g Guess) Ticket {
	t := Ticket{at: c.c.Now().UnixMilli()}
	if c.c.Name.Limit > 0 {
		t.subjects, t.policies = append(t.subjects, nameSubject(g.Environment, g.Name)), append(t.policies, c.c.Name)
	}
	if c.c.Address.Limit > 0 && g.From.IsValid() {
		t.subjects, t.policies = append(t.subjects, addressSubject(g.Environment, g.From)), append(t.policies, c.c.Address)
	}
	return t
}

// Failed says that the guess was wrong.
func (c *Counter) Failed(ctx context.Context, t Ticket) error {
	now := c.c.Now().UnixMilli()
	return c.update(ctx, t, func(tallies []tally) bool {
		for i, p := range t.policies {
			tallies[i].fail(t.at, now, p)
		}
		return true
	})
}

// Succeeded says that the guess was right: the name is cleared, the address has not guessed.
func (c *Counter) Succeeded(ctx context.Context, t Ticket) error {
	return c.update(ctx, t, func(tallies []tally) bool {
		for i := range tallies {
			tallies[i].release(t.at)
			if t.subjects[i].isName() {
				tallies[i].clear()
			}
		}
		return true
	})
}

// Release says that the guess was not checked.
func (c *Counter) Release(ctx context.Context, t Ticket) error {
	return c.update(ctx, t, func(tallies []tally) bool {
		for i := range tallies {
			tallies[i].release(t.at)
		}
		return true
	})
}

// Unlock forgets the failures and the lock of a name.
func (c *Counter) Unlock(ctx context.Context, environment, name string) error {
	t := Ticket{subjects: []subject{nameSubject(environment, name)}, policies: []Policy{c.c.Name}}
	return c.update(ctx, t, func(tallies []tally) bool {
		tallies[0].clear()
		return true
	})
}

// Prune deletes what no longer matters and gives how many entries that were.
func (c *Counter) Prune(ctx context.Context) (int, error) {
	for total := 0; ; {
		n, err := c.c.Store.Prune(ctx, schema.Attempt, milliseconds(c.c.Now().UnixMilli()), kv.MaxKeys)
		total += n
		if err != nil || n < kv.MaxKeys {
			return total, err
		}
	}
}
