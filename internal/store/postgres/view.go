package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"vigil/internal/store/kv"
)

const (
	// viewAttempts is how often a View is begun when connections fail. With the pauses between them it takes a moment, not an outage.
	viewAttempts = 6
	viewPause    = 8 * time.Millisecond // doubled after each
)

// View runs fn on one snapshot.
func (s *Store) View(ctx context.Context, fn func(kv.Reader) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.inside.Done()
	for attempt := 1; ; attempt++ {
		err := s.view(ctx, fn)
		if lost := (connectionError{}); !errors.As(err, &lost) || attempt == viewAttempts || ctx.Err() != nil {
			return err
		}
		pause(ctx, viewPause<<attempt)
	}
}

func (s *Store) view(ctx context.Context, fn func(kv.Reader) error) error {
	v := &snapshot{store: s, ctx: ctx}
	defer v.close()
	d := s.newDraft(ctx, v.ask)
	err := fn(d)
	if errors.Is(d.fault, errTorn) { // now there is a snapshot, which nothing can tear
		d = s.newDraft(ctx, v.ask)
		err = fn(d)
	}
	if d.fault != nil {
		return d.fault
	}
	return err
}

// snapshot answers queries as of one instant. The first is asked alone, which is all that most Views need. With the second
// a transaction begins, and the first is asked again in it: if its answer is another by now, the closure begins anew.
type snapshot struct {
	store *Store
	ctx   context.Context
	conn  *pgxpool.Conn // nil: no transaction
	first *query
	told  []row
}

func (v *snapshot) ask(q *query) ([]row, error) {
	switch {
	case v.conn != nil:
		return ask(v.ctx, v.conn.Conn(), q)
	case v.first == nil:
		var err error
		v.first = q
		v.told, err = v.store.askOnce(v.ctx, q)
		return v.told, err
	}
	conn, err := v.store.acquire(v.ctx)
	if err != nil {
		return nil, err
	}
	v.conn = conn
	answers, err := askTogether(v.ctx, conn.Conn(), v.first, q)
	if err != nil {
		return nil, err
	}
	for _, a := range [...][]row{answers[0], v.told} {
		slices.SortFunc(a, byKey) // those of many keys have no order
	}
	if !sameRows(answers[0], v.told) {
		return nil, errTorn
	}
	return answers[1], nil
}

// close gives the connection back.
func (v *snapshot) close() {
	if v.conn != nil {
		end(v.ctx, v.conn.Conn())
		v.conn.Release()
	}
}

// askOnce answers a query on a connection of the pool.
func (s *Store) askOnce(ctx context.Context, q *query) ([]row, error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	return ask(ctx, conn.Conn(), q)
}
