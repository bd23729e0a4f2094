package bolt

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"

	"vigil/internal/store/kv"
)

const (
	maxGroup      = 1024    // closures in one commit
	maxGroupBytes = 4 << 20 // that they write, the last one excepted
	slowClosure   = 5 * time.Millisecond
)

// group is the closures of one commit.
type group struct {
	store    *Store
	tx       *bbolt.Tx
	first    *request // not run yet
	members  []*request
	bytes    int
	waiting  time.Time // since when it has waited for more. Zero: it has not
	wrote    bool
	appended map[string]bool // Log buckets with news
	undoErr  error           // a closure could not be undone: the whole group is refused
	exited   bool            // a closure ended the writer goroutine
}

// serve makes a group of first and whatever else waits.
func (s *Store) serve(first *request) {
	if s.broken.Load() {
		first.refuse(kv.ErrReadOnly)
		return
	}
	tx, err := s.db.Begin(true)
	if err != nil {
		first.refuse(fmt.Errorf("store %q: begin: %w", s.path, err))
		return
	}
	g := &group{store: s, tx: tx, first: first, appended: make(map[string]bool)}
	g.work()
}

// work runs each closure in turn, commits once and answers all.
func (g *group) work() {
	defer func() {
		if g.exited { // by runtime.Goexit, as t.Fatal does: this goroutine is lost, the group and the writer are not
			g.exited = false
			go func() {
				g.work()
				g.store.write()
			}()
		}
	}()
	for r := g.next(); r != nil; r = g.next() {
		g.run(r)
	}
	begin := time.Now()
	err := g.commit()
	g.store.pace.ended(len(g.members), len(g.store.queue), time.Since(begin))
	for _, r := range g.members {
		if err != nil && r.answer.panicked == nil && !r.answer.exited {
			r.answer.err = err
		}
		r.done <- r.answer
	}
}

// next takes what waits, and waits itself as long as the pace says.
func (g *group) next() *request {
	if r := g.first; r != nil {
		g.first = nil
		return r
	}
	if len(g.members) >= maxGroup || g.bytes >= maxGroupBytes || g.undoErr != nil {
		return nil
	}
	select {
	case r := <-g.store.queue:
		return r
	default:
		return g.await()
	}
}

// await waits for somebody who was answered by the group before and may be back at once.
func (g *group) await() *request {
	var since time.Duration
	if g.waiting.IsZero() {
		g.waiting = time.Now()
	} else {
		since = time.Since(g.waiting)
	}
	left := g.store.pace.wait(len(g.members), since)
	if left == 0 {
		return nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case r := <-g.store.queue:
		return r
	case <-timer.C:
		return nil
	}
}

// run runs one closure and undoes it when it fails, in whichever way.
func (g *group) run(r *request) {
	if !r.taken.CompareAndSwap(false, true) {
		return // its caller has gone
	}
	if err := r.ctx.Err(); err != nil {
		r.done <- answer{err: err}
		return
	}
	g.members = append(g.members, r)
	tx := &transaction{reader: reader{store: g.store, tx: g.tx}}
	begin, returned := time.Now(), false
	defer func() {
		if !returned {
			r.answer.panicked = recover()
			r.answer.exited = r.answer.panicked == nil
			g.exited = r.answer.exited
		}
		g.settle(r, tx)
		if took := time.Since(begin); took > slowClosure {
			g.store.logger.Warn("store closure held up the writer", "closure", nameOf(r.caller), "took", took)
		}
	}()
	r.answer.err = r.run(tx)
	returned = true
}

func (g *group) settle(r *request, tx *transaction) {
	if r.answer.panicked != nil { // raised again in the caller, where this stack is not seen
		g.store.logger.Error("store closure panicked", "closure", nameOf(r.caller), "stack", string(debug.Stack()))
	}
	if r.answer.err == nil {
		r.answer.err = tx.meter.Err()
	}
	if r.answer.err != nil || r.answer.panicked != nil || r.answer.exited {
		g.undoErr = errors.Join(g.undoErr, tx.undo())
		return
	}
	g.bytes += tx.meter.Bytes()
	g.wrote = g.wrote || len(tx.journal) > 0
	for _, name := range tx.appended {
		g.appended[name] = true
	}
}

func (g *group) commit() error {
	if !g.wrote || g.undoErr != nil {
		return errors.Join(g.undoErr, g.tx.Rollback())
	}
	id := g.tx.ID()
	if err := g.tx.Commit(); err != nil {
		return g.store.failed(id, err)
	}
	for name := range g.appended {
		select {
		case g.store.wake[name] <- struct{}{}:
		default:
		}
	}
	return nil
}

// failed says what the failed commit of bbolt transaction id means. As long as its meta page is not in the file nothing was
// written: the disk was full, perhaps, and the next Update may succeed. Once it is there, whether it survives a power cut
// cannot be known, and a second fsync would claim success without trying: the store takes no more writes until it is opened again.
func (s *Store) failed(id int, cause error) error {
	written := true
	viewErr := s.db.View(func(tx *bbolt.Tx) error {
		written = tx.ID() >= id
		return nil
	})
	if viewErr == nil && !written {
		return fmt.Errorf("store %q: commit: %w", s.path, cause)
	}
	s.broken.Store(true)
	s.logger.Error("store takes no more writes: the last commit may be lost", "store", s.path, "cause", cause)
	return fmt.Errorf("store %q: commit: %w: %w", s.path, kv.ErrUnknownOutcome, cause)
}

func nameOf(fn any) string {
	return runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
}
