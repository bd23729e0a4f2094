package bolt

import (
	"context"
	"runtime"
	"sync/atomic"

	"vigil/internal/store/kv"
)

// request is one closure on its way through the writer.
type request struct {
	ctx    context.Context
	run    func(*transaction) error
	caller any         // the caller's own function: its name is logged when it is slow
	taken  atomic.Bool // by the writer, or by a caller that no longer waits
	answer answer
	done   chan answer // room for one
}

type answer struct {
	err      error
	panicked any
	exited   bool // the closure ended its goroutine: the caller's ends too
}

// Update runs fn in the writer goroutine and returns when what it wrote is safe. Waiting ends with ctx until fn begins.
func (s *Store) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return s.update(&request{ctx: ctx, caller: fn, run: func(tx *transaction) error { return fn(tx) }})
}

func (s *Store) update(r *request) error {
	r.done = make(chan answer, 1)
	if err := s.enqueue(r); err != nil {
		return err
	}
	a := s.wait(r)
	switch {
	case a.panicked != nil:
		panic(a.panicked)
	case a.exited:
		runtime.Goexit()
	}
	return a.err
}

func (s *Store) enqueue(r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.closing:
		return kv.ErrClosed
	default:
	}
	select {
	case s.queue <- r:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	case <-s.closing:
		return kv.ErrClosed
	}
}

func (s *Store) wait(r *request) answer {
	select {
	case a := <-r.done:
		return a
	case <-r.ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return answer{err: r.ctx.Err()}
		}
		return <-r.done
	case <-s.stopped:
	}
	select {
	case a := <-r.done:
		return a
	default:
		return answer{err: kv.ErrClosed} // queued while the writer was ending
	}
}

// refuse answers a request that was not run.
func (r *request) refuse(err error) {
	if r.taken.CompareAndSwap(false, true) {
		r.done <- answer{err: err}
	}
}

// write is the writer goroutine. After closing it serves what is queued, then ends.
func (s *Store) write() {
	for {
		select {
		case r := <-s.queue:
			s.serve(r)
			continue
		case <-s.due:
			s.flush()
			continue
		case <-s.closing:
		}
		select {
		case r := <-s.queue:
			s.serve(r)
		default:
			close(s.stopped)
			return
		}
	}
}
