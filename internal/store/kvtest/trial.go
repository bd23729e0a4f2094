package kvtest

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"sort"
	"strconv"

	"vigil/internal/store/kv"
)

// source is what is committed, as a trial sees it.
type source interface {
	declared(b kv.Bucket) error
	get(b kv.Bucket, key string) (cell, error)
	scan(b kv.Bucket, s span, limit int) ([]row, error)
}

// place is a key in a bucket.
type place struct {
	bucket kv.Bucket
	key    string
}

// trial runs one closure twice on the same reads: what the first run read is noted, and the second is told the same.
type trial struct {
	source source
	seen   map[place]cell
	scans  map[scanned][]row
	lent   []loan
}

type scanned struct {
	bucket kv.Bucket
	span   span
	limit  int
}

// loan is bytes that the closure may look at, and what they were.
type loan struct {
	given []byte
	was   string
}

// draft is the writes of one run; nothing of it is committed yet.
type draft struct {
	trial    *trial
	meter    kv.Meter
	writes   map[place]write
	log      []entry
	borrowed []loan // given by the closure: it must not use them again
	err      error
}

type write struct {
	value string
	gone  bool
}

type entry struct {
	bucket kv.Bucket
	value  string
}

func (p place) String() string { return p.bucket.Name + "/" + strconv.Quote(p.key) }

func (w write) String() string {
	if w.gone {
		return "deleted"
	}
	return strconv.Quote(w.value)
}

func (e entry) String() string { return e.bucket.Name + "/" + strconv.Quote(e.value) }

func newTrial(s source) *trial {
	return &trial{source: s, seen: make(map[place]cell), scans: make(map[scanned][]row)}
}

// run runs fn once. A panic flows out.
func (t *trial) run(fn func(kv.Tx) error) *draft {
	d := &draft{trial: t, writes: make(map[place]write)}
	if d.err = fn(d); d.err == nil {
		d.err = d.meter.Err()
	}
	return d
}

// twice runs fn twice and returns the second draft, and what shows that fn is no pure function of its transaction: "" if nothing does.
func (t *trial) twice(fn func(kv.Tx) error) (d *draft, fault string) {
	first := t.run(fn)
	second := t.run(fn)
	name := runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
	switch {
	case fmt.Sprint(first.err) != fmt.Sprint(second.err):
		fault = fmt.Sprintf("closure %s returned %v, then, on the same state, %v", name, first.err, second.err)
	case first.err == nil && !maps.Equal(first.writes, second.writes):
		fault = fmt.Sprintf("closure %s wrote %v, then, on the same state, %v", name, first.writes, second.writes)
	case first.err == nil && !slices.Equal(first.log, second.log):
		fault = fmt.Sprintf("closure %s appended %v, then, on the same state, %v", name, first.log, second.log)
	case tampered(first.borrowed) || tampered(second.borrowed):
		fault = fmt.Sprintf("closure %s used a buffer again that it had given to Put or Append", name)
	case tampered(t.lent):
		fault = fmt.Sprintf("closure %s wrote into bytes that it had read", name)
	}
	return second, fault
}

func tampered(loans []loan) bool {
	return slices.ContainsFunc(loans, func(l loan) bool { return string(l.given) != l.was })
}

// lend gives bytes that spoil makes useless: nobody gets away with keeping them.
func (t *trial) lend(s string) []byte {
	given := append(make([]byte, 0, len(s)), s...)
	t.lent = append(t.lent, loan{given, s})
	return given
}

func (t *trial) spoil() {
	for _, l := range t.lent {
		for i := range l.given {
			l.given[i] = 0xdb
		}
	}
}

func (t *trial) get(p place) (cell, error) {
	if c, ok := t.seen[p]; ok {
		return c, nil
	}
	c, err := t.source.get(p.bucket, p.key)
	if err == nil {
		t.seen[p] = c
	}
	return c, err
}

// scan tells of a key that was read before what was told then.
func (t *trial) scan(b kv.Bucket, s span, limit int) ([]row, error) {
	what := scanned{b, s, limit}
	if rows, ok := t.scans[what]; ok {
		return rows, nil
	}
	rows, err := t.source.scan(b, s, limit)
	if err != nil {
		return nil, err
	}
	kept := rows[:0]
	for _, r := range rows {
		p := place{b, r.key}
		if c, ok := t.seen[p]; ok {
			r.cell = c
		}
		t.seen[p] = r.cell
		if r.cell.version != 0 {
			kept = append(kept, r)
		}
	}
	t.scans[what] = kept
	return kept, nil
}

func (d *draft) lookUp(p place) ([]byte, error) {
	if w, ok := d.writes[p]; ok {
		if w.gone {
			return nil, nil
		}
		return d.trial.lend(w.value), nil
	}
	c, err := d.trial.get(p)
	if err != nil || c.version == 0 {
		return nil, err
	}
	return d.trial.lend(c.value), nil
}

func (d *draft) Get(b kv.Bucket, key []byte) ([]byte, error) {
	if err := kv.CheckGet(b, key); err != nil {
		return nil, err
	}
	return d.lookUp(place{b, string(key)})
}

func (d *draft) GetMany(b kv.Bucket, keys [][]byte) ([][]byte, error) {
	if err := kv.CheckGet(b, keys...); err != nil {
		return nil, err
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		var err error
		if values[i], err = d.lookUp(place{b, string(key)}); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Scan lays the writes of this run over what is committed.
func (d *draft) Scan(b kv.Bucket, from, to []byte, limit int) ([]kv.Entry, error) {
	if err := kv.CheckScan(b, limit); err != nil {
		return nil, err
	}
	s := spanOf(from, to)
	var own []row
	hidden := 0
	for p, w := range d.writes {
		if p.bucket != b || s.before(p.key) || s.beyond(p.key) {
			continue
		}
		hidden++ // in what is committed, perhaps
		if !w.gone {
			own = append(own, row{p.key, cell{value: w.value}})
		}
	}
	committed, err := d.trial.scan(b, s, limit+hidden)
	if err != nil {
		return nil, err
	}
	rows := own
	for _, r := range committed {
		if _, mine := d.writes[place{b, r.key}]; !mine {
			rows = append(rows, r)
		}
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i].key < rows[j].key })
	var entries []kv.Entry
	for _, r := range rows[:min(limit, len(rows))] {
		entries = append(entries, kv.Entry{Key: d.trial.lend(r.key), Value: d.trial.lend(r.cell.value)})
	}
	return entries, nil
}

func (d *draft) Put(b kv.Bucket, key, value []byte) error {
	if err := d.meter.Put(b, key, value); err != nil {
		return err
	}
	if err := d.trial.source.declared(b); err != nil {
		return d.meter.Refuse(err)
	}
	d.borrow(key, value)
	d.writes[place{b, string(key)}] = write{value: string(value)}
	return nil
}

func (d *draft) Delete(b kv.Bucket, key []byte) error {
	if err := d.meter.Delete(b, key); err != nil {
		return err
	}
	if err := d.trial.source.declared(b); err != nil {
		return d.meter.Refuse(err)
	}
	d.borrow(key)
	d.writes[place{b, string(key)}] = write{gone: true}
	return nil
}

func (d *draft) Append(b kv.Bucket, value []byte) error {
	if err := d.meter.Append(b, value); err != nil {
		return err
	}
	if err := d.trial.source.declared(b); err != nil {
		return d.meter.Refuse(err)
	}
	d.borrow(value)
	d.log = append(d.log, entry{b, string(value)})
	return nil
}

func (d *draft) borrow(buffers ...[]byte) {
	for _, b := range buffers {
		d.borrowed = append(d.borrowed, loan{b, string(bytes.Clone(b))})
	}
}
