package notice

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"vigil/internal/clientkeys"
	"vigil/internal/keys"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// Options of a Dispatcher. All but Shared are required.
type Options struct {
	KV kv.Store
	// Shared: other servers deliver from the same store.
	Shared  bool
	Tenants *tenant.Tenants
	Keys    *keys.Set
	Sender  *Sender
	// Recipients are the keys of applications that want their tokens encrypted.
	Recipients *clientkeys.Keys
	// Subject is a person as an application knows them, see subject.Subjects.
	Subject func(app *tenant.Application, environmentID, userID string) string
	Now     func() time.Time
	Log     *slog.Logger
}

// Dispatcher delivers notices. Make it with New; Close ends it.
type Dispatcher struct {
	Options

	ctx     context.Context // of all attempts
	cancel  context.CancelFunc
	work    sync.WaitGroup
	mu      sync.Mutex
	lanes   map[laneName]*lane
	claimed map[store.NoticeID]*job

	rounds sync.Mutex                           // one at a time
	resume [store.NoticeShards]*store.NoticeKey // where a round that read too much goes on; of the round
}

// New makes a Dispatcher that has nothing in hand.
func New(o Options) *Dispatcher {
	d := &Dispatcher{Options: o, lanes: map[laneName]*lane{}, claimed: map[store.NoticeID]*job{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Close breaks attempts off and waits for their end. What did not arrive is tried again by the next Dispatcher on the same store.
func (d *Dispatcher) Close() {
	d.mu.Lock()
	d.cancel() // under the lock: no attempt begins after it
	d.mu.Unlock()
	d.work.Wait()
}

// Wait returns when no attempt is under way.
func (d *Dispatcher) Wait() { d.work.Wait() }

// The limits of one round, for each shard.
const (
	pageSize = 500
	maxPages = 40
)

// Round takes everything that is due in hand. It does not wait for the attempts.
func (d *Dispatcher) Round(ctx context.Context) error {
	d.rounds.Lock()
	defer d.rounds.Unlock()
	for shard := range byte(store.NoticeShards) {
		if err := d.roundOf(ctx, shard); err != nil {
			return fmt.Errorf("read outbox: %w", err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, l := range d.lanes {
		d.pump(name, l)
	}
	return nil
}

func (d *Dispatcher) roundOf(ctx context.Context, shard byte) error {
	now, after := d.Now(), d.resume[shard]
	d.resume[shard] = nil
	for page := range maxPages {
		var due, open []store.NoticeKey
		var notices []*store.Notice
		err := d.KV.View(ctx, func(r kv.Reader) (err error) {
			due, err = store.DueNotices(r, shard, after, now, pageSize)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		open = d.unclaimed(due)
		err = d.KV.View(ctx, func(r kv.Reader) (err error) {
			notices, err = store.FindNotices(r, open)
			return err
		})
		if err != nil {
			return err
		}
		d.claimAll(open, notices)
		if len(due) < pageSize {
			return nil
		}
		after = &due[len(due)-1]
		if page == maxPages-1 {
			d.resume[shard] = after
		}
	}
	return nil
}

func (d *Dispatcher) unclaimed(due []store.NoticeKey) []store.NoticeKey {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := make([]store.NoticeKey, 0, len(due))
	for _, k := range due {
		if d.claimed[k.ID()] == nil {
			open = append(open, k)
		}
	}
	return open
}

func (d *Dispatcher) claimAll(waiting []store.NoticeKey, notices []*store.Notice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, n := range notices {
		if n != nil {
			d.claim(waiting[i], n)
		}
	}
}

// claim takes a notice in hand. Nil: its lane is full. The lock is held.
func (d *Dispatcher) claim(k store.NoticeKey, n *store.Notice) *job {
	if j := d.claimed[k.ID()]; j != nil {
		return j
	}
	l := d.lane(laneName{n.EnvironmentID, n.ClientID})
	if len(l.queue) >= maxQueue {
		return nil
	}
	j := &job{key: k, since: n.Since, done: make(chan struct{})}
	d.claimed[k.ID()] = j
	l.queue = append(l.queue, j)
	return j
}

func (d *Dispatcher) lane(name laneName) *lane {
	l := d.lanes[name]
	if l == nil {
		l = &lane{}
		d.lanes[name] = l
	}
	return l
}

// pump begins attempts while the lane has room. The lock is held.
func (d *Dispatcher) pump(name laneName, l *lane) {
	for d.ctx.Err() == nil && len(l.queue) > 0 && l.slots(d.Now()) > 0 {
		j := l.queue[0]
		l.queue[0] = nil
		l.queue = l.queue[1:]
		l.running++
		d.work.Go(func() { d.run(name, j) })
	}
	if len(l.queue) == 0 && l.running == 0 && l.failures == 0 {
		delete(d.lanes, name)
	}
}

// Tell makes the first attempt at every notice of an ending, and waits for them as long as ctx lasts. True: all arrived.
// An application that counts as dead is not waited for.
func (d *Dispatcher) Tell(ctx context.Context, s *session.Session, e store.Ending) bool {
	notices, all := e.Notices(s), true
	jobs := make([]*job, 0, len(notices))
	d.mu.Lock()
	for _, n := range notices {
		name := laneName{n.EnvironmentID, n.ClientID}
		j := d.claim(n.Key(e.At), n)
		if l := d.lane(name); j == nil || l.failures >= tolerated {
			all = false
		} else {
			jobs = append(jobs, j)
		}
		d.pump(name, d.lane(name))
	}
	d.mu.Unlock()
	for _, j := range jobs {
		select {
		case <-j.done:
			all = all && j.arrived
		case <-ctx.Done():
			return false
		}
	}
	return all
}
