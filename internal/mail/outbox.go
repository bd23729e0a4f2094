package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"vigil/internal/attempts"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

// Options of an Outbox. All are required.
type Options struct {
	KV      kv.Store
	Tenants *tenant.Tenants
	// Secret derives a secret of an environment for a purpose, as package keys does.
	Secret func(environmentID, purpose string) [32]byte
	// Sender takes letters to where they leave.
	Sender Sender
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// Sender takes letters of one environment to a mail server.
type Sender interface {
	// Send gives for each letter why it did not leave; nil: it did.
	Send(ctx context.Context, settings *tenant.Mail, letters []Message) []error
}

// Message is a letter on its way.
type Message struct {
	ID                string
	To, Subject, Text string
	Date              time.Time
}

// Outbox keeps letters until they have left. Make it with New; Close ends it.
type Outbox struct {
	Options

	brake *attempts.Counter
	ctx   context.Context // of all attempts
	stop  context.CancelFunc
	work  sync.WaitGroup
	mu    sync.Mutex
	busy  map[string]bool // environments whose letters are being sent
	again map[string]bool // environments that have got letters meanwhile
}

const (
	day       = 24 * time.Hour
	firstWait = 5 * time.Second
	mostWait  = 10 * time.Minute
	lease     = time.Minute // for one batch; after it another server may try
	batch     = 50
	deadFor   = 7 * day
	sendTime  = 45 * time.Second
)

// New makes an Outbox that has nothing in hand.
func New(o Options) (*Outbox, error) {
	brake, err := attempts.New(attempts.Config{
		Store: o.KV, Now: o.Now,
		Name: attempts.Policy{Limit: 10, Window: time.Hour, FirstLock: 15 * time.Minute, LongestLock: time.Hour, Retry: 2},
	})
	if err != nil {
		return nil, err
	}
	b := &Outbox{Options: o, brake: brake, busy: map[string]bool{}, again: map[string]bool{}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b, nil
}

// Close breaks attempts off and waits for their end. What did not leave is tried again by the next Outbox on the same store.
func (o *Outbox) Close() {
	o.mu.Lock()
	o.stop() // under the lock: no attempt begins after it
	o.mu.Unlock()
	o.work.Wait()
}

// Wait returns when no attempt is under way.
func (o *Outbox) Wait() { o.work.Wait() }

// ErrNoServer: the environment has no mail server.
var ErrNoServer = errors.New("the environment is not configured to send mail")

// Send keeps a letter and lets it go out; it does not wait for that. Not taken: too many letters went out on its account. ErrNoServer.
// It costs the same and says the same, whether there is anybody to write to or not.
func (o *Outbox) Send(ctx context.Context, l Letter) (taken bool, err error) {
	environment := o.Tenants.Environment(l.EnvironmentID)
	if environment == nil || environment.Mail == nil {
		return false, ErrNoServer
	}
	free, err := o.admit(ctx, l)
	if err != nil {
		return false, err
	}
	if !free {
		l.To = ""
		o.Log.Warn("letter not sent: too many on one account", "environment", l.EnvironmentID)
	}
	var id ID
	if _, err := io.ReadFull(o.Random, id[:]); err != nil {
		return false, fmt.Errorf("draw letter id: %w", err)
	}
	now := o.Now()
	if l.GoodUntil.IsZero() || l.GoodUntil.After(now.Add(day)) {
		l.GoodUntil = now.Add(day)
	}
	w := &waiting{EnvironmentID: l.EnvironmentID, Since: now.UnixMilli(), GoodUntil: l.GoodUntil.UnixMilli()}
	if w.Sealed, err = o.seal(id, l); err != nil {
		return false, err
	}
	if err := o.KV.Update(ctx, func(tx kv.Tx) error { return put(tx, schema.Mail, placeOf(now, id), w) }); err != nil {
		return false, fmt.Errorf("keep letter: %w", err)
	}
	o.begin(l.EnvironmentID)
	return free, nil
}

// admit counts a letter on its account.
func (o *Outbox) admit(ctx context.Context, l Letter) (free bool, err error) {
	ticket, err := o.brake.Reserve(ctx, attempts.Guess{Environment: l.EnvironmentID, Name: "letters\x00" + l.Account})
	var locked *attempts.LockedError
	switch {
	case errors.As(err, &locked):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("count letter: %w", err)
	}
	return true, o.brake.Failed(ctx, ticket)
}

// Round lets everything go out that is due. It does not wait for it.
func (o *Outbox) Round(ctx context.Context) error {
	due := map[string]bool{}
	err := o.KV.View(ctx, func(r kv.Reader) error {
		entries, err := r.Scan(schema.Mail, nil, o.untilNow(), kv.MaxKeys)
		if err != nil {
			return err
		}
		clear(due)
		for _, e := range entries {
			if _, w, err := read(e); err == nil {
				due[w.EnvironmentID] = true
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read letters: %w", err)
	}
	for environmentID := range due {
		o.begin(environmentID)
	}
	return nil
}

// untilNow is the first place after all letters that are due.
func (o *Outbox) untilNow() []byte {
	p := placeOf(o.Now().Add(time.Millisecond), ID{})
	return p[:]
}

// begin sends the letters of an environment, beside those of all others, so that a dead mail server delays its own alone.
func (o *Outbox) begin(environmentID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.ctx.Err() != nil:
	case o.busy[environmentID]:
		o.again[environmentID] = true
	default:
		o.busy[environmentID] = true
		o.work.Go(func() { o.deliver(environmentID) })
	}
}

// done tells whether there is nothing more to do for an environment.
func (o *Outbox) done(environmentID string, more bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if (more || o.again[environmentID]) && o.ctx.Err() == nil {
		delete(o.again, environmentID)
		return false
	}
	delete(o.busy, environmentID)
	return true
}
