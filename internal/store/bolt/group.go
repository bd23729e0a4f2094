package bolt

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"time"

	"vigil/internal/store/kv"
)

const (
	maxGroup      = 1024    // closures in one commit
	maxGroupBytes = 4 << 20 // that they write, the last one excepted
	slowClosure   = 5 * time.Millisecond
)

// group is the closures that are answered together.
type group struct {
	store    *Store
	first    *request // not run yet
	members  []*request
	bytes    int
	waiting  time.Time       // since when it has waited for more. Zero: it has not
	light    []note          // what closures wrote that did nothing but put into relaxed buckets
	lasting  bool            // a closure wrote something else
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
	if err := s.begin(); err != nil {
		first.refuse(fmt.Errorf("store %q: begin: %w", s.path, err))
		return
	}
	g := &group{store: s, first: first, appended: make(map[string]bool)}
	g.work()
}

// work runs each closure in turn, keeps at once what they wrote and answers all.
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
	err := g.keep()
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
	}
	if !g.lasting {
		return nil // waiting for company saves nothing
	}
	return g.await()
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
	tx := &transaction{reader: reader{store: g.store, tx: g.store.tx}}
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
	if g.lasting = g.lasting || tx.lasting; !g.lasting {
		g.light = append(g.light, tx.notes...)
	}
	for _, name := range tx.appended {
		g.appended[name] = true
	}
}

// keep makes what was written safe: in the journal if a power cut may take it back, else by a commit.
func (g *group) keep() error {
	s := g.store
	switch {
	case g.undoErr != nil:
		return errors.Join(g.undoErr, s.rollback())
	case !g.lasting && len(g.light) == 0:
		if s.due == nil {
			return s.rollback()
		}
		return nil
	case !g.lasting && s.note(g.light):
		return nil
	}
	begin := time.Now()
	err := s.commit()
	s.pace.ended(len(g.members), len(s.queue), time.Since(begin))
	if err != nil {
		return err
	}
	for name := range g.appended {
		select {
		case s.wake[name] <- struct{}{}:
		default:
		}
	}
	return nil
}

func nameOf(fn any) string {
	return runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
}
