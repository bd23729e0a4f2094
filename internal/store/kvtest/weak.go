package kvtest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"vigil/internal/store/kv"
)

const (
	attempts  = 8                     // runs of a closure before ErrConflict
	injected  = 2                     // of them, at most, lost for no reason
	backoff   = 20 * time.Microsecond // after the first lost run, doubled after each further one
	slack     = 50 * time.Microsecond // before a read or a commit, now and then
	slackOdds = 8                     // once in so many
)

// Weak is an engine in memory that is as weak as the contract allows. Its closures run in their callers, beside each other, each
// key as it is at the instant it is read; only what the contract promises is looked at when they commit. Each closure runs twice
// on the same reads and a difference panics. Commits are lost at random and tried again; Tail shows some entries late;
// bytes that were read are overwritten once the closure has returned.
type Weak struct {
	declared map[string]kv.Bucket
	wake     map[string]chan struct{}
	state    atomic.Pointer[state]
	commits  sync.Mutex
	closed   atomic.Bool

	chance sync.Mutex
	rand   *rand.Rand
}

// state is everything that is committed. It is never changed.
type state struct {
	version uint64 // of the last commit
	logged  uint64 // entries ever appended, to whichever Log
	buckets map[string]*tree
}

// NewWeak returns an empty engine with the buckets. seed decides what goes wrong, as far as goroutines let it.
func NewWeak(buckets []kv.Bucket, seed uint64) *Weak {
	w := &Weak{
		declared: make(map[string]kv.Bucket), wake: make(map[string]chan struct{}),
		rand: rand.New(rand.NewPCG(seed, seed)),
	}
	w.state.Store(&state{buckets: make(map[string]*tree)})
	for _, b := range buckets {
		w.declared[b.Name] = b
		if b.Kind == kv.Log {
			w.wake[b.Name] = make(chan struct{}, 1)
		}
	}
	return w
}

// Update runs fn, twice each time, until a run commits or eight were lost.
func (w *Weak) Update(ctx context.Context, fn func(kv.Tx) error) error {
	for attempt := range attempts {
		if err := w.ready(ctx); err != nil {
			return err
		}
		if done, err := w.attempt(fn, attempt < injected && w.odds(5)); done {
			return err
		}
		w.pause(1, backoff<<attempt)
	}
	return kv.ErrConflict
}

// attempt says whether it was the last one. A lost attempt is not, whatever it did.
func (w *Weak) attempt(fn func(kv.Tx) error, lost bool) (done bool, err error) {
	t := newTrial(live{w})
	defer t.spoil()
	d, fault, panicked := safely(t, fn)
	switch {
	case fault != "":
		panic("kvtest: " + fault)
	case lost:
		return false, nil
	case panicked != nil || d.err != nil:
		// One key is always of one instant; an error decided from several counts only if they still hold together.
		if len(t.seen) > 1 && !t.holds(w.state.Load()) {
			return false, nil
		}
		if panicked != nil {
			panic(panicked)
		}
		return true, d.err
	}
	w.pause(slackOdds/2, slack)
	return w.commit(d), nil
}

func safely(t *trial, fn func(kv.Tx) error) (d *draft, fault string, panicked any) {
	defer func() { panicked = recover() }()
	d, fault = t.twice(fn)
	return d, fault, nil
}

// holds tells whether everything that was read, absent keys too, is still so.
func (t *trial) holds(now *state) bool {
	for p, c := range t.seen {
		if now.buckets[p.bucket.Name].get(p.key).version != c.version {
			return false
		}
	}
	return true
}

// promised tells whether what the contract promises of the reads is so: keys read present, and keys read absent and then put.
func (d *draft) promised(now *state) bool {
	for p, c := range d.trial.seen {
		w, written := d.writes[p]
		if c.version == 0 && (!written || w.gone) {
			continue
		}
		if now.buckets[p.bucket.Name].get(p.key).version != c.version {
			return false
		}
	}
	return true
}

func (w *Weak) commit(d *draft) bool {
	w.commits.Lock()
	defer w.commits.Unlock()
	old := w.state.Load()
	if !d.promised(old) {
		return false
	}
	next := old.next()
	for p, change := range d.writes {
		if change.gone {
			next.buckets[p.bucket.Name] = next.buckets[p.bucket.Name].remove(p.key)
		} else {
			next.buckets[p.bucket.Name] = next.buckets[p.bucket.Name].put(p.key, cell{change.value, next.version})
		}
	}
	for _, e := range d.log {
		next.logged++
		key := binary.BigEndian.AppendUint64(nil, next.logged)
		next.buckets[e.bucket.Name] = next.buckets[e.bucket.Name].put(string(key), cell{e.value, next.version})
	}
	w.state.Store(next)
	for _, e := range d.log {
		select {
		case w.wake[e.bucket.Name] <- struct{}{}:
		default:
		}
	}
	return true
}

func (s *state) next() *state {
	next := &state{version: s.version + 1, logged: s.logged, buckets: make(map[string]*tree, len(s.buckets))}
	for name, t := range s.buckets {
		next.buckets[name] = t
	}
	return next
}

// View runs fn on one snapshot.
func (w *Weak) View(ctx context.Context, fn func(kv.Reader) error) error {
	if err := w.ready(ctx); err != nil {
		return err
	}
	t := newTrial(snapshot{w, w.state.Load()})
	defer t.spoil()
	return fn(&draft{trial: t})
}

// Tail shows, now and then, fewer entries than there are.
func (w *Weak) Tail(ctx context.Context, b kv.Bucket, after kv.Cursor, limit int) ([]kv.Entry, kv.Cursor, error) {
	if err := w.admit(ctx, b, kv.CheckTail(b, limit)); err != nil {
		return nil, after, err
	}
	var last uint64
	if after != "" {
		var err error
		if last, err = strconv.ParseUint(string(after), 10, 64); err != nil {
			return nil, after, fmt.Errorf("cursor of bucket %q: %w", b.Name, err)
		}
	}
	from := span{from: string(binary.BigEndian.AppendUint64(nil, last+1)), endless: true}
	rows := w.state.Load().buckets[b.Name].scan(from, limit, nil)
	if w.odds(3) {
		rows = rows[:len(rows)/2]
	}
	var entries []kv.Entry
	for _, r := range rows {
		entries = append(entries, kv.Entry{Key: []byte(r.key), Value: []byte(r.cell.value)})
		after = kv.Cursor(strconv.FormatUint(binary.BigEndian.Uint64([]byte(r.key)), 10))
	}
	return entries, after, nil
}

// Prune deletes the first keys below to.
func (w *Weak) Prune(ctx context.Context, b kv.Bucket, to []byte, limit int) (int, error) {
	if err := w.admit(ctx, b, kv.CheckPrune(b, limit)); err != nil {
		return 0, err
	}
	w.commits.Lock()
	defer w.commits.Unlock()
	next := w.state.Load().next()
	rows := next.buckets[b.Name].scan(spanOf(nil, to), limit, nil)
	for _, r := range rows {
		next.buckets[b.Name] = next.buckets[b.Name].remove(r.key)
	}
	w.state.Store(next)
	return len(rows), nil
}

// Wake hints after commits that appended to b.
func (w *Weak) Wake(b kv.Bucket) <-chan struct{} { return w.wake[b.Name] }

// Close lets nothing begin any more; nothing is kept.
func (w *Weak) Close() error {
	w.closed.Store(true)
	return nil
}

func (w *Weak) ready(ctx context.Context) error {
	if w.closed.Load() {
		return kv.ErrClosed
	}
	return ctx.Err()
}

func (w *Weak) admit(ctx context.Context, b kv.Bucket, checked error) error {
	if checked != nil {
		return checked
	}
	if err := w.ready(ctx); err != nil {
		return err
	}
	return w.known(b)
}

func (w *Weak) known(b kv.Bucket) error {
	if declared, ok := w.declared[b.Name]; !ok || declared != b {
		return fmt.Errorf("bucket %q of kind %d is not declared", b.Name, b.Kind)
	}
	return nil
}

// odds is true once in n times.
func (w *Weak) odds(n int) bool {
	w.chance.Lock()
	defer w.chance.Unlock()
	return w.rand.IntN(n) == 0
}

// pause sleeps once in n times, up to longest, and lets others run otherwise.
func (w *Weak) pause(n int, longest time.Duration) {
	if !w.odds(n) {
		runtime.Gosched()
		return
	}
	w.chance.Lock()
	d := time.Duration(w.rand.Int64N(int64(longest)))
	w.chance.Unlock()
	time.Sleep(d)
}
