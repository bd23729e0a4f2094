package flowhost

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vigil/engine/connector"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// Bounds of an order, and of what waits for it.
const (
	MaxRecordedRuns = 100       // of one order
	MaxRecordedFor  = time.Hour // of one order
	maxOrders       = 20        // at once
	maxHeld         = 100       // runs held for orders that want one person's
	maxHeldBytes    = 64 << 10  // of one of them
)

// Order is what an operator wants to be written down: runs of a flow that begin from now on.
type Order struct {
	EnvironmentID string
	Flow          string
	Left          int       // runs
	Until         time.Time // no run that begins then
	// UserID, Username and Email are whose runs are wanted: those that meet the account, or in which its name is typed. Empty: everybody's.
	UserID, Username, Email string
}

// Recordings are the orders of this process, and what belongs to runs that may become recordings. A restart forgets them: runs that are
// recorded go on being recorded, no other run is. Safe for concurrent use.
type Recordings struct {
	KV       kv.Store
	Registry *connector.Registry // what runs may ask
	// Clock measures how long capabilities work.
	Clock func() time.Time
	// Key hashes secrets of recordings. It is to be random, new with each process, and nowhere else.
	Key [32]byte

	open   atomic.Bool // there are orders
	mu     sync.Mutex
	orders []*Order
	held   map[store.RecordingID]*held
}

// held is a run that is one of an order's as soon as it meets the order's person. It is in memory alone until then.
type held struct {
	order     *Order
	recording store.Recording
	lines     []byte
}

// Take takes an order. One for the same flow is replaced. It fails for too many.
func (r *Recordings) Take(o Order, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	r.drop(func(old *Order) bool { return old.EnvironmentID == o.EnvironmentID && old.Flow == o.Flow })
	if len(r.orders) >= maxOrders {
		return fmt.Errorf("there are %d orders already, and no process takes more", maxOrders)
	}
	o.Left = min(o.Left, MaxRecordedRuns)
	if most := now.Add(MaxRecordedFor); o.Until.After(most) {
		o.Until = most
	}
	o.Username, o.Email = strings.ToLower(o.Username), strings.ToLower(o.Email)
	r.orders = append(r.orders, &o)
	r.open.Store(true)
	return nil
}

// Cancel forgets the orders for a flow of an environment, or all of the environment where flow is empty, and tells how many there were.
func (r *Recordings) Cancel(environmentID, flow string, now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	before := len(r.orders)
	r.drop(func(o *Order) bool { return o.EnvironmentID == environmentID && (flow == "" || o.Flow == flow) })
	return before - len(r.orders)
}

// Orders lists those of an environment.
func (r *Recordings) Orders(environmentID string, now time.Time) (list []Order) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	for _, o := range r.orders {
		if o.EnvironmentID == environmentID {
			list = append(list, *o)
		}
	}
	return list
}

// drop forgets orders, and the runs that are held for them.
func (r *Recordings) drop(which func(*Order) bool) {
	r.orders = slices.DeleteFunc(r.orders, which)
	for id, h := range r.held {
		if which(h.order) {
			delete(r.held, id)
		}
	}
	r.open.Store(len(r.orders) > 0)
}

// sweep forgets what is over. An order whose time is up goes on for the runs that it holds.
func (r *Recordings) sweep(now time.Time) {
	r.orders = slices.DeleteFunc(r.orders, func(o *Order) bool { return o.Left <= 0 || !now.Before(o.Until) })
	for id, h := range r.held {
		if h.order.Left <= 0 || !now.Before(h.recording.RunExpires) {
			delete(r.held, id)
		}
	}
	r.open.Store(len(r.orders) > 0)
}

// ordered takes a run that begins into an order. Nil: nobody wants it.
func (r *Recordings) ordered(run *store.Run, now time.Time) *Order {
	if r == nil || !r.open.Load() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	at := slices.IndexFunc(r.orders, func(o *Order) bool { return o.EnvironmentID == run.EnvironmentID && o.Flow == run.Flow })
	switch {
	case at < 0:
		return nil
	case r.orders[at].UserID == "":
		r.orders[at].Left--
	case len(r.held) >= maxHeld:
		return nil
	}
	return r.orders[at]
}

// hold keeps what a run did that has not met its order's person yet.
func (r *Recordings) hold(id store.RecordingID, h held) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held == nil {
		r.held = map[store.RecordingID]*held{}
	}
	if _, goesOn := r.held[id]; goesOn || len(r.held) < maxHeld {
		r.held[id] = &h
	}
}

// meets takes a run into its order, if there is room in it.
func (r *Recordings) meets(o *Order) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.Left <= 0 {
		return false
	}
	o.Left--
	return true
}

// letGo holds a run no longer: it ended, or is written down.
func (r *Recordings) letGo(id store.RecordingID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.held, id)
}

// find gives what is known of the recording of a run, and what is held of it. Both nil: there is nothing, since it was deleted, or held by a
// process that is no more.
func (r *Recordings) find(ctx context.Context, run *store.Run) (known *store.Recording, waiting *held, err error) {
	id := store.RecordingOf(run)
	r.mu.Lock()
	if h := r.held[id]; h != nil {
		one := *h
		waiting = &one
	}
	r.mu.Unlock()
	if waiting != nil {
		return nil, waiting, nil
	}
	err = r.KV.View(ctx, func(reader kv.Reader) (err error) {
		known, err = store.FindRecording(reader, id)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read recording: %w", err)
	}
	return known, nil, nil
}

// keyOf is the key that hashes the secrets of one recording.
func (r *Recordings) keyOf(id store.RecordingID) []byte {
	mac := hmac.New(sha256.New, r.Key[:])
	_, _ = mac.Write(id[:]) // a hash takes everything
	return mac.Sum(nil)
}
