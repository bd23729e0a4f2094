package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"vigil/internal/store/kv"
)

// reader reads from one bbolt transaction.
type reader struct {
	store *Store
	tx    *bbolt.Tx
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
	return bucket.Get(key), nil
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
		values[i] = bucket.Get(key)
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
	return entries, nil
}

// transaction is one closure's part of a group's bbolt transaction.
type transaction struct {
	reader
	meter    kv.Meter
	journal  []note
	appended []string // names of Log buckets
}

// note is what a key held before it was written; nil: it was absent.
type note struct {
	bucket     *bbolt.Bucket
	key, value []byte
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
	return t.put(bucket, key, value)
}

func (t *transaction) Delete(b kv.Bucket, key []byte) error {
	if err := t.meter.Delete(b, key); err != nil {
		return err
	}
	bucket, err := t.writable(b)
	if err != nil {
		return err
	}
	return t.delete(bucket, key)
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
	return t.put(bucket, binary.BigEndian.AppendUint64(nil, sequence), value)
}

func (t *transaction) put(bucket *bbolt.Bucket, key, value []byte) error {
	if value == nil {
		value = []byte{} // nil would read as absent until the commit
	}
	t.journal = append(t.journal, note{bucket: bucket, key: key, value: bucket.Get(key)})
	return t.meter.Refuse(bucket.Put(key, value))
}

func (t *transaction) delete(bucket *bbolt.Bucket, key []byte) error {
	value := bucket.Get(key)
	if value == nil {
		return nil
	}
	t.journal = append(t.journal, note{bucket: bucket, key: key, value: value})
	return t.meter.Refuse(bucket.Delete(key))
}

// undo brings every key back, the last write first. Old values are still good: bbolt frees no page before the commit.
func (t *transaction) undo() error {
	for i := len(t.journal) - 1; i >= 0; i-- {
		n := t.journal[i]
		var err error
		if n.value == nil {
			err = n.bucket.Delete(n.key)
		} else {
			err = n.bucket.Put(n.key, n.value)
		}
		if err != nil {
			return fmt.Errorf("store %q: undo: %w", t.store.path, err)
		}
	}
	return nil
}
