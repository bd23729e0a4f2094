package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// notifyEvery is the least time between two wake-ups of other nodes: each takes a lock of the whole cluster.
	notifyEvery = 5 * time.Millisecond
	// listenAgain is how long to wait before listening again when the connection ended; then twice as long each time.
	listenAgain, listenAgainAtMost = 100 * time.Millisecond, 5 * time.Second
)

// appended tells the readers of this node at once and those of others soon.
func (s *Store) appended(log []entry) {
	for _, e := range log {
		l := s.logs[e.table.Name]
		l.hint()
		l.mu.Lock()
		l.dirty = true
		l.mu.Unlock()
	}
	if len(log) > 0 {
		select {
		case s.notices <- struct{}{}:
		default:
		}
	}
}

// channel is what nodes of one schema listen to.
func (s *Store) channel() string { return "vigil_" + s.schema }

// notify tells other nodes of Logs with news, apart from the transactions that made them.
func (s *Store) notify(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.notices:
		}
		for name, l := range s.logs {
			l.mu.Lock()
			dirty := l.dirty
			l.dirty = false
			l.mu.Unlock()
			if dirty {
				s.notifyOf(ctx, name)
			}
		}
		wait(ctx, notifyEvery)
	}
}

// notifyOf sends one wake-up. It may fail: readers look by themselves too.
func (s *Store) notifyOf(ctx context.Context, name string) {
	const statement = "SELECT pg_notify($1, $2)"
	conn, err := s.acquire(ctx)
	if err != nil {
		return
	}
	defer conn.Release()
	within, cancel := call(ctx)
	defer cancel()
	if ready(within, conn.Conn(), statement) == nil {
		_, _ = conn.Exec(within, statement, s.channel(), name)
	}
}

// listen hears what other nodes say, on a connection of its own, until ctx is done.
func (s *Store) listen(ctx context.Context, address *Address) {
	again, quiet := listenAgain, false
	for ctx.Err() == nil {
		begun := time.Now()
		err := s.hear(ctx, address)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begun) > listenAgainAtMost {
			again, quiet = listenAgain, false
		}
		if !quiet {
			s.logger.Warn("other nodes are not heard at once: the connection that listens ended", "store", s.name, "cause", err)
			quiet = true
		}
		wait(ctx, again)
		again = min(2*again, listenAgainAtMost)
	}
}

// hear listens until its connection ends. What was said before it began is looked for.
func (s *Store) hear(ctx context.Context, address *Address) error {
	conn, err := address.connect(ctx)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{s.channel()}.Sanitize()); err != nil {
		return err
	}
	for _, l := range s.logs {
		l.hint()
	}
	for {
		said, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if l := s.logs[said.Payload]; l != nil {
			l.hint()
		}
	}
}

// wait lets d pass, or less when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
