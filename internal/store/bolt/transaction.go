package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"vigil/internal/store/kv"
)

// reader reads from one bbolt transaction, and over it from what the journal holds.
type reader struct {
	store *Store
	tx    *bbolt.Tx
	ahead *puts // nil: the transaction has everything
}

func (r *reader) bucket(b kv.Bucket) (*bbolt.Bucket, error) {
	if declared, ok := r.store.declared[b.Name]; !ok || declared.Kind != b.Kind {
		return nil, fmt.Errorf("bucket %q of kind %d is not declared", b.Name, b.Kind)
	}
	return r.tx.Bucket([]byte(b.Name)), nil
}

func (r *reader) Get(b kv.Bucket, key []byte) ([]byte, error) {
	if err := kv.CheckGet(b, key); err != nil {
		return nil, err
	}
	bucket, err := r.bucket(b)
	if err != nil {
		return nil, err
	}
	return r.get(bucket, b, key), nil
}

func (r *reader) get(bucket *bbolt.Bucket, b kv.Bucket, key []byte) []byte {
	if r.overlaid(b) {
		if value, ok := r.ahead.Get(placeOf(b.Name, key)); ok {
			return value
		}
	}
	return bucket.Get(key)
}

func (r *reader) overlaid(b kv.Bucket) bool {
	return r.ahead != nil && r.store.declared[b.Name].Relaxed
}

func (r *reader) GetMany(b kv.Bucket, keys [][]byte) ([][]byte, error) {
	if err := kv.CheckGet(b, keys...); err != nil {
		return nil, err
	}
	bucket, err := r.bucket(b)
	if err != nil {
		return nil, err
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = r.get(bucket, b, key)
	}
	return values, nil
}

func (r *reader) Scan(b kv.Bucket, from, to []byte, limit int) ([]kv.Entry, error) {
	if err := kv.CheckScan(b, limit); err != nil {
		return nil, err
	}
	return r.scan(b, from, to, limit)
}

// scan takes Log buckets too. It ends with its cursor: bbolt's cursors do not survive writes to their bucket.
func (r *reader) scan(b kv.Bucket, from, to []byte, limit int) ([]kv.Entry, error) {
	bucket, err := r.bucket(b)
	if err != nil {
		return nil, err
	}
	var entries []kv.Entry
	cursor := bucket.Cursor()
	for key, value := cursor.Seek(from); key != nil && len(entries) < limit; key, value = cursor.Next() {
		if to != nil && bytes.Compare(key, to) >= 0 {
			break
		}
		entries = append(entries, kv.Entry{Key: key, Value: value})
	}
	if r.overlaid(b) {
		entries = merge(entries, r.ahead.scan(b, from, to, limit), limit)
	}
	return entries, nil
}

// transaction is one closure's part of a group's bbolt transaction.
type transaction struct {
	reader
	meter    kv.Meter
	notes    []note
	lasting  bool     // it did more than Put into relaxed buckets
	appended []string // names of Log buckets
}

// note is one write.
type note struct {
	name     string
	bucket   *bbolt.Bucket
	key      []byte
	was, now []byte // nil: absent
}

// writable gives a bucket that fills its pages as its kind wants. Ordered keys arrive at the end, where full pages are never split
// again; random keys need the room.
func (t *transaction) writable(b kv.Bucket) (*bbolt.Bucket, error) {
	bucket, err := t.bucket(b)
	if err != nil {
		return nil, t.meter.Refuse(err)
	}
	bucket.FillPercent = 0.9
	if b.Kind == kv.Random {
		bucket.FillPercent = 0.5
	}
	return bucket, nil
}

func (t *transaction) Put(b kv.Bucket, key, value []byte) error {
	if err := t.meter.Put(b, key, value); err != nil {
		return err
	}
	bucket, err := t.writable(b)
	if err != nil {
		return err
	}
	if !t.store.declared[b.Name].Relaxed {
		return t.put(b, bucket, key, value)
	}
	// The caller, who is answered before the commit, may use its buffers again.
	return t.put(b, bucket, bytes.Clone(key), bytes.Clone(value))
}

func (t *transaction) Delete(b kv.Bucket, key []byte) error {
	if err := t.meter.Delete(b, key); err != nil {
		return err
	}
	bucket, err := t.writable(b)
	if err != nil {
		return err
	}
	return t.delete(b, bucket, key)
}

func (t *transaction) Append(b kv.Bucket, value []byte) error {
	if err := t.meter.Append(b, value); err != nil {
		return err
	}
	bucket, err := t.writable(b)
	if err != nil {
		return err
	}
	sequence, err := bucket.NextSequence()
	if err != nil {
		return t.meter.Refuse(err)
	}
	t.appended = append(t.appended, b.Name)
	return t.put(b, bucket, binary.BigEndian.AppendUint64(nil, sequence), value)
}

func (t *transaction) put(b kv.Bucket, bucket *bbolt.Bucket, key, value []byte) error {
	if value == nil {
		value = []byte{} // nil would read as absent until the commit
	}
	t.note(note{name: b.Name, bucket: bucket, key: key, was: bucket.Get(key), now: value})
	return t.meter.Refuse(bucket.Put(key, value))
}

func (t *transaction) delete(b kv.Bucket, bucket *bbolt.Bucket, key []byte) error {
	value := bucket.Get(key)
	if value == nil {
		return nil
	}
	t.note(note{name: b.Name, bucket: bucket, key: key, was: value})
	return t.meter.Refuse(bucket.Delete(key))
}

func (t *transaction) note(n note) {
	t.notes = append(t.notes, n)
	t.lasting = t.lasting || n.now == nil || !t.store.declared[n.name].Relaxed
}

// undo brings every key back, the last write first. Old values are still good: bbolt frees no page before the commit.
func (t *transaction) undo() error {
	for i := len(t.notes) - 1; i >= 0; i-- {
		n := t.notes[i]
		var err error
		if n.was == nil {
			err = n.bucket.Delete(n.key)
		} else {
			err = n.bucket.Put(n.key, n.was)
		}
		if err != nil {
			return fmt.Errorf("store %q: undo: %w", t.store.path, err)
		}
	}
	return nil
}
