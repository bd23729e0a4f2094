package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

var (
	// ErrNotEmpty: a store that is to be filled holds something.
	ErrNotEmpty = errors.New("the store is not empty")
	// ErrCopying: a copy into the store did not come to its end. Nothing serves it; the copy can be repeated.
	ErrCopying = errors.New("a copy into this store was broken off: repeat it")
	// ErrDiffers: the copy is not what was copied.
	ErrDiffers = errors.New("the copy differs from the original: a server writes to one of them")
)

// copyingKey is in Meta while a copy is under way, and nothing else but what was copied.
var copyingKey = []byte("copying")

// copyBytes bounds the values of one transaction of a copy.
const copyBytes = kv.MaxUpdate / 2

// Copy fills an empty store with everything another holds, and compares both afterwards. No server may use either. The target cannot be served
// before the copy is whole; one that was broken off is repeated by calling Copy again. Each hears of every bucket with the number of its records.
// Errors: ErrNotEmpty, ErrDiffers.
func Copy(ctx context.Context, from, to kv.Store, each func(bucket string, records int)) error {
	if err := Migrate(ctx, from); err != nil {
		return err
	}
	if err := begun(ctx, to); err != nil {
		return err
	}
	for _, b := range schema.All() {
		n, err := copyBucket(ctx, from, to, b)
		if err != nil {
			return fmt.Errorf("copy bucket %q: %w", b.Name, err)
		}
		each(b.Name, n)
	}
	for _, b := range schema.All() {
		original, err := digest(ctx, from, b)
		if err != nil {
			return fmt.Errorf("read bucket %q: %w", b.Name, err)
		}
		copied, err := digest(ctx, to, b)
		if err != nil {
			return fmt.Errorf("read bucket %q again: %w", b.Name, err)
		}
		if original != copied {
			return fmt.Errorf("bucket %q: %w", b.Name, ErrDiffers)
		}
	}
	return to.Update(ctx, func(tx kv.Tx) error { return tx.Delete(schema.Meta, copyingKey) })
}

// begun marks an empty store, or finds the mark of an earlier copy and takes away what cannot be written twice.
func begun(ctx context.Context, to kv.Store) error {
	err := copying(ctx, to)
	switch {
	case err == nil:
		for _, b := range schema.All() {
			if err := empty(ctx, to, b); err != nil {
				return err
			}
		}
	case !errors.Is(err, ErrCopying):
		return err
	}
	for _, b := range schema.All() {
		if err := clearBucket(ctx, to, b); err != nil {
			return err
		}
	}
	return to.Update(ctx, func(tx kv.Tx) error { return tx.Put(schema.Meta, copyingKey, nil) })
}

// copying is ErrCopying for a store whose copy is not whole.
func copying(ctx context.Context, s kv.Store) error {
	var mark []byte
	err := s.View(ctx, func(r kv.Reader) (err error) {
		mark, err = r.Get(schema.Meta, copyingKey)
		return err
	})
	if err == nil && mark != nil {
		err = ErrCopying
	}
	return err
}

func empty(ctx context.Context, s kv.Store, b kv.Bucket) error {
	found := 0
	err := pages(ctx, s, b, func(entries []kv.Entry) error {
		found += len(entries)
		return ErrNotEmpty
	})
	if found > 0 {
		return fmt.Errorf("bucket %q: %w", b.Name, ErrNotEmpty)
	}
	return err
}

// clearBucket leaves the mark of a copy alone.
func clearBucket(ctx context.Context, s kv.Store, b kv.Bucket) error {
	if b == schema.Meta {
		return nil
	}
	for {
		n, err := s.Prune(ctx, b, nil, kv.MaxKeys)
		if err != nil || n == 0 {
			return err
		}
	}
}

func copyBucket(ctx context.Context, from, to kv.Store, b kv.Bucket) (records int, err error) {
	err = pages(ctx, from, b, func(entries []kv.Entry) error {
		for len(entries) > 0 {
			n, size := 0, 0
			for n < len(entries) && (n == 0 || size+len(entries[n].Key)+len(entries[n].Value) <= copyBytes) {
				size += len(entries[n].Key) + len(entries[n].Value)
				n++
			}
			batch := entries[:n]
			if err := to.Update(ctx, func(tx kv.Tx) error { return putAll(tx, b, batch) }); err != nil {
				return err
			}
			records, entries = records+n, entries[n:]
		}
		return nil
	})
	return records, err
}

// putAll is blind: nobody else writes to the target of a copy.
func putAll(tx kv.Tx, b kv.Bucket, entries []kv.Entry) error {
	for _, e := range entries {
		var err error
		if b.Kind == kv.Log {
			err = tx.Append(b, e.Value)
		} else {
			err = tx.Put(b, e.Key, e.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pages gives all entries of a bucket, some at a time, without the mark of a copy.
func pages(ctx context.Context, s kv.Store, b kv.Bucket, page func([]kv.Entry) error) error {
	const atOnce = 500
	var from []byte
	var after kv.Cursor
	for {
		var entries []kv.Entry
		var err error
		if b.Kind == kv.Log {
			entries, after, err = s.Tail(ctx, b, after, atOnce)
		} else {
			err = s.View(ctx, func(r kv.Reader) error {
				found, err := r.Scan(b, from, nil, atOnce)
				entries = copyEntries(found)
				return err
			})
		}
		if err != nil || len(entries) == 0 {
			return err
		}
		from = append(bytes.Clone(entries[len(entries)-1].Key), 0)
		if b == schema.Meta {
			entries = withoutMark(entries)
		}
		if len(entries) > 0 {
			if err := page(entries); err != nil {
				return err
			}
		}
	}
}

func withoutMark(entries []kv.Entry) []kv.Entry {
	kept := entries[:0]
	for _, e := range entries {
		if !bytes.Equal(e.Key, copyingKey) {
			kept = append(kept, e)
		}
	}
	return kept
}

// sum is what a bucket holds: the number of its records and a digest over all of them. The keys of a Log are its engine's.
type sum struct {
	records int
	digest  [sha256.Size]byte
}

func digest(ctx context.Context, s kv.Store, b kv.Bucket) (all sum, err error) {
	h := sha256.New()
	err = pages(ctx, s, b, func(entries []kv.Entry) error {
		for _, e := range entries {
			if b.Kind != kv.Log {
				add(h, e.Key)
			}
			add(h, e.Value)
		}
		all.records += len(entries)
		return nil
	})
	h.Sum(all.digest[:0])
	return all, err
}

func add(h hash.Hash, part []byte) {
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
	h.Write(part)
}
