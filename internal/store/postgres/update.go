package postgres

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"vigil/internal/store/kv"
)

const (
	attempts   = 8 // runs of a closure before kv.ErrConflict
	optimistic = 2 // of them hold nothing while they run

	conflictPause   = 500 * time.Microsecond // after the first lost run, doubled after each further one up to a few milliseconds
	connectionPause = 4 * time.Millisecond   // the same when connections fail
)

// Update runs fn until a run commits or eight were lost.
func (s *Store) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.inside.Done()
	var last *run
	var err error
	for attempt := range attempts {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := &run{store: s, ctx: ctx}
		err = r.prepared(attempt, last, err)
		if err == nil {
			err = r.do(fn)
		}
		r.close() // do closed it, unless it could not be prepared
		gone := connectionError{}
		switch {
		case errors.As(err, &gone):
			pause(ctx, connectionPause<<attempt)
		case errors.Is(err, errLost), errors.Is(err, errTorn):
			pause(ctx, conflictPause<<min(attempt, 4))
		default:
			return err
		}
		last = r
	}
	if errors.Is(err, errLost) || errors.Is(err, errTorn) {
		return kv.ErrConflict
	}
	return err
}

// run is one attempt.
type run struct {
	store    *Store
	ctx      context.Context
	conn     *pgxpool.Conn // nil: each question takes one from the pool
	snapshot bool          // the connection reads one instant
	draft    *draft
}

// prepared decides how to read. Who lost twice locks what the last run had read before it reads again; who read from several
// instants reads from one.
func (r *run) prepared(attempt int, last *run, why error) error {
	r.draft = r.store.newDraft(r.ctx, func(q *query) ([]row, error) { return r.store.askOnce(r.ctx, q) })
	switch {
	case attempt == 0 || last.draft == nil:
		return nil
	case errors.Is(why, errTorn):
		return r.begin(true)
	case attempt >= optimistic && errors.Is(why, errLost):
		return r.lock(last.draft)
	}
	return nil
}

// begin takes a connection for the whole run. Its first question begins the snapshot's transaction.
func (r *run) begin(snapshot bool) error {
	conn, err := r.store.acquire(r.ctx)
	if err != nil {
		return err
	}
	r.conn, r.snapshot = conn, snapshot
	begun := false
	r.draft.ask = func(q *query) ([]row, error) {
		if begun || !snapshot {
			return ask(r.ctx, conn.Conn(), q)
		}
		begun = true
		answers, err := askTogether(r.ctx, conn.Conn(), q)
		if err != nil {
			return nil, err
		}
		return answers[0], nil
	}
	return nil
}

// lock begins a transaction and takes the rows that the last run found, in order. What they hold is known then.
func (r *run) lock(last *draft) error {
	if err := r.begin(false); err != nil {
		return err
	}
	conn := r.conn.Conn()
	ctx, cancel := call(r.ctx)
	defer cancel()
	err := ready(ctx, conn, "BEGIN")
	if err == nil {
		_, err = conn.Exec(ctx, "BEGIN")
	}
	keys := make(map[string][][]byte)
	for p, before := range last.seen {
		if before.version != 0 {
			keys[p.bucket] = append(keys[p.bucket], []byte(p.key))
		}
	}
	var buckets []string
	for bucket := range keys {
		buckets = append(buckets, bucket)
	}
	slices.Sort(buckets)
	for _, bucket := range buckets {
		if err != nil {
			break
		}
		var rows []row
		rows, err = lockRows(ctx, conn, r.store.tables[bucket], keys[bucket])
		r.draft.asked++
		for _, found := range rows {
			r.draft.seen[place{bucket, string(found.key)}] = found
		}
	}
	if err != nil {
		return r.store.failed("lock", err)
	}
	return nil
}

func lockRows(ctx context.Context, conn *pgx.Conn, t *table, keys [][]byte) ([]row, error) {
	if err := ready(ctx, conn, t.lock); err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, t.lock, keys)
	if err != nil {
		return nil, err
	}
	return collect(rows)
}

// do runs fn and commits. Errors beside those of fn: errLost, errTorn, a connectionError, and what Update promises.
func (r *run) do(fn func(kv.Tx) error) error {
	defer r.close()
	d := r.draft
	panicked, stack, err := safely(fn, d)
	if err == nil {
		err = d.meter.Err()
	}
	failed := err != nil || panicked != nil
	switch {
	case d.fault != nil:
		return d.fault
	case !failed && len(d.writes)+len(d.log) > 0:
		return r.commit()
	case d.asked > 1 && !r.snapshot:
		r.close()
		if torn := r.store.stillSo(r.ctx, d, failed); torn != nil {
			return torn
		}
	}
	if panicked != nil { // raised again here, where its stack is not seen
		r.store.logger.Error("store closure panicked", "stack", stack)
		panic(panicked)
	}
	return err
}

func safely(fn func(kv.Tx) error, d *draft) (panicked any, stack string, err error) {
	defer func() {
		if panicked = recover(); panicked != nil {
			stack = string(debug.Stack())
		}
	}()
	return nil, "", fn(d)
}

// commit sends what the run would write, if what it read is still so.
func (r *run) commit() error {
	list := r.draft.statements()
	switch {
	case r.conn == nil:
		conn, err := r.store.acquire(r.ctx)
		if err != nil {
			return err
		}
		r.conn = conn
	case r.snapshot:
		end(r.ctx, r.conn.Conn())
	default:
		list = append(list, statement{sql: "COMMIT"})
	}
	if err := r.store.send(r.ctx, r.conn.Conn(), list); err != nil {
		return err
	}
	r.store.appended(r.draft.log)
	return nil
}

// close gives the connection back.
func (r *run) close() {
	if r.conn != nil {
		end(r.ctx, r.conn.Conn())
		r.conn.Release()
		r.conn = nil
	}
}

// stillSo asks once more, at one instant, for what a run read: all of it where the run failed, since it may have decided that from what was
// absent, too; otherwise what was there. Errors: errTorn.
func (s *Store) stillSo(ctx context.Context, d *draft, all bool) error {
	var queries []*query
	var expected [][]row
	keys := make(map[string]int) // of the query of a bucket
	for p, before := range d.seen {
		if before.version == 0 && !all {
			continue
		}
		n, begun := keys[p.bucket]
		if !begun {
			n = len(queries)
			keys[p.bucket] = n
			queries, expected = append(queries, &query{table: s.tables[p.bucket]}), append(expected, nil)
		}
		queries[n].keys = append(queries[n].keys, []byte(p.key))
		if before.version != 0 {
			expected[n] = append(expected[n], before)
		}
	}
	if all {
		for _, r := range d.ranges {
			queries, expected = append(queries, r.query), append(expected, r.rows)
		}
	}
	if len(queries) == 0 {
		return nil
	}
	conn, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	answers, err := askTogether(ctx, conn.Conn(), queries...)
	end(ctx, conn.Conn())
	if err != nil {
		return s.failed("read again", err)
	}
	for i, rows := range answers {
		slices.SortFunc(rows, byKey)
		slices.SortFunc(expected[i], byKey)
		if !sameRows(rows, expected[i]) {
			return errTorn
		}
	}
	return nil
}
