package postgres

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sort"

	"vigil/internal/store/kv"
)

// place is a key in a bucket.
type place struct{ bucket, key string }

// draft is one run of a closure: what it read and what it would write. Nothing of it has reached the server's tables.
type draft struct {
	store *Store
	ctx   context.Context
	ask   func(*query) ([]row, error)
	meter kv.Meter

	seen   map[place]row
	ranges []asked // as the server answered them
	asked  int     // questions that went to the server
	writes map[place]write
	log    []entry
	fault  error // a read failed, or contradicts another: whatever the closure says, this run does not count
}

// asked is a range with its answer.
type asked struct {
	query *query
	rows  []row
}

// write is what a key is to hold. Nil: nothing.
type write struct {
	table *table
	value []byte
}

type entry struct {
	table *table
	value []byte
}

func (s *Store) newDraft(ctx context.Context, source func(*query) ([]row, error)) *draft {
	return &draft{store: s, ctx: ctx, ask: source, seen: make(map[place]row), writes: make(map[place]write)}
}

func byKey(a, b row) int { return bytes.Compare(a.key, b.key) }

// put asks the server, and keeps the first error.
func (d *draft) put(q *query) ([]row, error) {
	if d.fault != nil {
		return nil, d.fault
	}
	if err := d.ctx.Err(); err != nil {
		d.fault = err
		return nil, err
	}
	d.asked++
	rows, err := d.ask(q)
	if err != nil {
		var judged connectionError
		if !errors.Is(err, errTorn) && !errors.As(err, &judged) {
			err = d.store.failed("read "+q.table.Name, err)
		}
		d.fault = err
		return nil, err
	}
	return rows, nil
}

// Get gives the value of key, nil when it is absent.
func (d *draft) Get(b kv.Bucket, key []byte) ([]byte, error) {
	values, err := d.GetMany(b, [][]byte{key})
	if err != nil {
		return nil, err
	}
	return values[0], nil
}

// GetMany gives values in the order of keys.
func (d *draft) GetMany(b kv.Bucket, keys [][]byte) ([][]byte, error) {
	if err := kv.CheckGet(b, keys...); err != nil {
		return nil, err
	}
	t, err := d.store.table(b)
	if err != nil {
		return nil, err
	}
	var unknown [][]byte
	for _, key := range keys {
		p := place{b.Name, string(key)}
		if _, written := d.writes[p]; written {
			continue
		}
		if _, read := d.seen[p]; !read {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) > 0 {
		rows, err := d.put(&query{table: t, keys: unknown})
		if err != nil {
			return nil, err
		}
		for _, key := range unknown {
			d.seen[place{b.Name, string(key)}] = row{key: key}
		}
		for _, r := range rows {
			d.seen[place{b.Name, string(r.key)}] = r
		}
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		p := place{b.Name, string(key)}
		if w, written := d.writes[p]; written {
			values[i] = w.value
		} else if r := d.seen[p]; r.version != 0 {
			values[i] = r.value
		}
	}
	return values, nil
}

// Scan lays the writes of this run over what the server has.
func (d *draft) Scan(b kv.Bucket, from, to []byte, limit int) ([]kv.Entry, error) {
	if err := kv.CheckScan(b, limit); err != nil {
		return nil, err
	}
	t, err := d.store.table(b)
	if err != nil {
		return nil, err
	}
	if to != nil && bytes.Compare(from, to) >= 0 {
		return nil, nil
	}
	own := d.written(b, from, to)
	q := &query{table: t, from: from, to: to, limit: limit + len(own)} // each own write may hide one
	rows, err := d.put(q)
	if err != nil {
		return nil, err
	}
	if d.contradicts(b, q, rows) {
		d.fault = errTorn
		return nil, errTorn
	}
	if len(own) == 0 {
		d.ranges = append(d.ranges, asked{q, rows})
	}
	var entries []kv.Entry
	for len(entries) < limit && (len(rows) > 0 || len(own) > 0) {
		order := -1 // of the server's first row and our first write
		if len(rows) == 0 || len(own) > 0 {
			order = 1
			if len(rows) > 0 {
				order = bytes.Compare(rows[0].key, own[0].Key)
			}
		}
		if order < 0 {
			d.seen[place{b.Name, string(rows[0].key)}] = rows[0]
			entries = append(entries, kv.Entry{Key: rows[0].key, Value: rows[0].value})
			rows = rows[1:]
			continue
		}
		if own[0].Value != nil {
			entries = append(entries, own[0])
		}
		if own = own[1:]; order == 0 {
			rows = rows[1:]
		}
	}
	return entries, nil
}

// written gives this run's writes of a range, ascending; a nil value is a deletion.
func (d *draft) written(b kv.Bucket, from, to []byte) []kv.Entry {
	var own []kv.Entry
	for p, w := range d.writes {
		if p.bucket == b.Name && p.key >= string(from) && (to == nil || p.key < string(to)) {
			own = append(own, kv.Entry{Key: []byte(p.key), Value: w.value})
		}
	}
	sort.Slice(own, func(i, j int) bool { return bytes.Compare(own[i].Key, own[j].Key) < 0 })
	return own
}

// contradicts tells whether the answer to a range differs from what was read before: a key that is there now or is another, or is not there any more.
func (d *draft) contradicts(b kv.Bucket, q *query, rows []row) bool {
	for _, r := range rows {
		if before, read := d.seen[place{b.Name, string(r.key)}]; read && before.version != r.version {
			return true
		}
	}
	for p, before := range d.seen {
		if p.bucket != b.Name || before.version == 0 || p.key < string(q.from) || q.to != nil && p.key >= string(q.to) {
			continue
		}
		if len(rows) == q.limit && p.key > string(rows[len(rows)-1].key) {
			continue
		}
		if _, there := slices.BinarySearchFunc(rows, before, byKey); !there {
			return true
		}
	}
	return false
}

// Put creates or replaces.
func (d *draft) Put(b kv.Bucket, key, value []byte) error {
	if err := d.meter.Put(b, key, value); err != nil {
		return err
	}
	return d.change(b, key, filled(value))
}

// Delete removes key.
func (d *draft) Delete(b kv.Bucket, key []byte) error {
	if err := d.meter.Delete(b, key); err != nil {
		return err
	}
	return d.change(b, key, nil)
}

func (d *draft) change(b kv.Bucket, key, value []byte) error {
	t, err := d.store.table(b)
	if err != nil {
		return d.meter.Refuse(err)
	}
	d.writes[place{b.Name, string(key)}] = write{t, value}
	return nil
}

// Append adds to a Log.
func (d *draft) Append(b kv.Bucket, value []byte) error {
	if err := d.meter.Append(b, value); err != nil {
		return err
	}
	t, err := d.store.table(b)
	if err != nil {
		return d.meter.Refuse(err)
	}
	d.log = append(d.log, entry{t, filled(value)})
	return nil
}
