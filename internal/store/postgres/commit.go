package postgres

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// kind is what a commit does to one key.
type kind int

const (
	insert kind = iota // read absent, put
	check              // read present, left alone
	update             // read present, put
	remove             // read present, deleted
	put                // not read, put
	erase              // not read, or absent, deleted
)

// item is one key of a commit.
type item struct {
	kind  kind
	table *table
	row   row // version: as it was read; value: as it is to be
}

// few of one kind are statements of their own, more of them one statement over arrays.
const few = 8

// items are what a commit has to do and to find, in the order in which every commit takes its locks: by bucket and key, so that nobody
// waits in a circle; inserts before the others, since who loses a race for a new key should lose before it holds anything.
func (d *draft) items() []item {
	var items []item
	for p, w := range d.writes {
		before, read := d.seen[p]
		i := item{table: w.table, row: row{key: []byte(p.key), value: w.value, version: before.version}}
		switch {
		case before.version != 0 && w.value != nil:
			i.kind = update
		case before.version != 0:
			i.kind = remove
		case read && w.value != nil:
			i.kind = insert
		case w.value != nil:
			i.kind = put
		default:
			i.kind = erase
		}
		items = append(items, i)
	}
	for p, before := range d.seen {
		if _, written := d.writes[p]; !written && before.version != 0 {
			items = append(items, item{kind: check, table: d.store.tables[p.bucket], row: before})
		}
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(min(a.kind, check), min(b.kind, check)), cmp.Compare(a.table.Name, b.table.Name), bytes.Compare(a.row.key, b.row.key))
	})
	return items
}

// statement is one of a pipeline.
type statement struct {
	sql  string
	args []any
}

// statements are a commit, the entries of Logs last: their numbers are given while every lock is held, so who commits later has the higher one.
func (d *draft) statements() []statement {
	items := d.items()
	type sort struct {
		table *table
		kind  kind
	}
	groups := make(map[sort][]row)
	for _, i := range items {
		groups[sort{i.table, i.kind}] = append(groups[sort{i.table, i.kind}], i.row)
	}
	var list []statement
	for _, i := range items {
		s := sort{i.table, i.kind}
		switch group := groups[s]; {
		case len(group) > few:
			list = append(list, i.kind.many(i.table, group))
			groups[s] = nil
		case group != nil:
			list = append(list, i.kind.one(i.table, i.row))
		}
	}
	if len(d.log) == 0 {
		return list
	}
	// The number of an entry must not be older than its transaction's: see tail.
	list = append(list, statement{sql: "SELECT pg_current_xact_id()"})
	byTable := make(map[*table][][]byte)
	for _, e := range d.log {
		byTable[e.table] = append(byTable[e.table], e.value)
	}
	for _, e := range d.log {
		switch values := byTable[e.table]; {
		case len(values) == 1:
			list = append(list, statement{e.table.appendOne, []any{values[0]}})
		case values != nil:
			list = append(list, statement{e.table.appendTo, []any{values}})
		}
		byTable[e.table] = nil
	}
	return list
}

func (k kind) one(t *table, r row) statement {
	switch k {
	case insert:
		return statement{t.insert, []any{r.key, r.value}}
	case check:
		return statement{t.check, []any{r.key, r.version}}
	case update:
		return statement{t.update, []any{r.key, r.version, r.value}}
	case remove:
		return statement{t.remove, []any{r.key, r.version}}
	case put:
		return statement{t.put, []any{r.key, r.value}}
	default:
		return statement{t.erase, []any{r.key}}
	}
}

func (k kind) many(t *table, rows []row) statement {
	keys, values, versions := make([][]byte, len(rows)), make([][]byte, len(rows)), make([]uint64, len(rows))
	for i, r := range rows {
		keys[i], values[i], versions[i] = r.key, r.value, r.version
	}
	switch k {
	case insert:
		return statement{t.insertMany, []any{keys, values}}
	case check:
		return statement{t.checkMany, []any{keys, versions}}
	case update:
		return statement{t.updateMany, []any{keys, versions, values}}
	case remove:
		return statement{t.removeMany, []any{keys, versions}}
	case put:
		return statement{t.putMany, []any{keys, values}}
	default:
		return statement{t.eraseMany, []any{keys}}
	}
}

// send runs a pipeline in one round trip. Without a BEGIN before it, it is one transaction by itself.
func (s *Store) send(ctx context.Context, conn *pgx.Conn, list []statement) error {
	ctx, cancel := call(ctx)
	defer cancel()
	var batch pgx.Batch
	for _, one := range list {
		if err := ready(ctx, conn, one.sql); err != nil {
			return s.failed("prepare", err)
		}
		batch.Queue(one.sql, one.args...)
	}
	results := conn.SendBatch(ctx, &batch)
	var err error
	for range list {
		if _, err = results.Exec(); err != nil {
			break
		}
	}
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return s.uncommitted(err)
	}
	return nil
}
