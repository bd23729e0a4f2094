package postgres

import (
	"bytes"
	"context"

	"github.com/jackc/pgx/v5"
)

// query is one question to one table: for keys, or for a range.
type query struct {
	table    *table
	keys     [][]byte // nil: the range
	from, to []byte   // nil: to the end
	limit    int
}

// row is what one key holds. Version 0: nothing.
type row struct {
	key, value []byte
	version    uint64
}

func (q *query) statement() (sql string, args []any) {
	switch {
	case len(q.keys) == 1:
		return q.table.get, []any{q.keys[0]}
	case q.keys != nil:
		return q.table.many, []any{q.keys}
	case q.to != nil:
		return q.table.scan, []any{filled(q.from), q.to, q.limit}
	}
	return q.table.rest, []any{filled(q.from), q.limit}
}

// filled is bytes as a column holds them: nil would be NULL, which equals nothing.
func filled(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// ask answers a query on a connection, in one round trip once the statement is prepared.
func ask(ctx context.Context, conn *pgx.Conn, q *query) ([]row, error) {
	ctx, cancel := call(ctx)
	defer cancel()
	sql, args := q.statement()
	if err := ready(ctx, conn, sql); err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows)
}

func collect(rows pgx.Rows) ([]row, error) {
	defer rows.Close()
	var found []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.key, &r.value, &r.version); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

// beginSnapshot begins a transaction whose statements all see one instant.
const beginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

// askTogether answers queries on one snapshot, in one round trip. The transaction stays open.
func askTogether(ctx context.Context, conn *pgx.Conn, queries ...*query) ([][]row, error) {
	ctx, cancel := call(ctx)
	defer cancel()
	if err := ready(ctx, conn, beginSnapshot); err != nil {
		return nil, err
	}
	var batch pgx.Batch
	batch.Queue(beginSnapshot)
	for _, q := range queries {
		sql, args := q.statement()
		if err := ready(ctx, conn, sql); err != nil {
			return nil, err
		}
		batch.Queue(sql, args...)
	}
	results := conn.SendBatch(ctx, &batch)
	answers, err := answersOf(results, len(queries))
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	return answers, err
}

func answersOf(results pgx.BatchResults, n int) ([][]row, error) {
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	answers := make([][]row, n)
	for i := range answers {
		rows, err := results.Query()
		if err != nil {
			return nil, err
		}
		if answers[i], err = collect(rows); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// end ends a transaction that wrote nothing, or that is not to write. A connection that cannot is closed when it is released.
func end(ctx context.Context, conn *pgx.Conn) {
	if conn.PgConn().TxStatus() == 'I' || conn.IsClosed() {
		return
	}
	ctx, cancel := call(ctx)
	defer cancel()
	if ready(ctx, conn, "ROLLBACK") == nil {
		_, _ = conn.Exec(ctx, "ROLLBACK")
	}
}

func sameRows(a, b []row) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].version != b[i].version || !bytes.Equal(a[i].key, b[i].key) {
			return false
		}
	}
	return true
}
