package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"

	"vigil/internal/store/kv"
)

// Tail gives entries of a Log bucket after a cursor. Numbers are given inside the one writer, so their order is the commits'.
func (s *Store) Tail(ctx context.Context, b kv.Bucket, after kv.Cursor, limit int) ([]kv.Entry, kv.Cursor, error) {
	if err := kv.CheckTail(b, limit); err != nil {
		return nil, after, err
	}
	var last uint64
	if after != "" {
		var err error
		if last, err = strconv.ParseUint(string(after), 10, 64); err != nil {
			return nil, after, fmt.Errorf("cursor of bucket %q: %w", b.Name, err)
		}
	}
	var entries []kv.Entry
	err := s.view(ctx, func(tx *bbolt.Tx, _ *puts) error {
		r := &reader{store: s, tx: tx}
		var err error
		entries, err = r.scan(b, binary.BigEndian.AppendUint64(nil, last+1), nil, limit)
		for i, e := range entries {
			entries[i] = kv.Entry{Key: bytes.Clone(e.Key), Value: bytes.Clone(e.Value)}
		}
		return err
	})
	if err != nil {
		return nil, after, err
	}
	if n := len(entries); n > 0 {
		after = kv.Cursor(strconv.FormatUint(binary.BigEndian.Uint64(entries[n-1].Key), 10))
	}
	return entries, after, nil
}

// Prune deletes the first keys below to, in one commit.
func (s *Store) Prune(ctx context.Context, b kv.Bucket, to []byte, limit int) (int, error) {
	if err := kv.CheckPrune(b, limit); err != nil {
		return 0, err
	}
	n := 0
	err := s.update(&request{ctx: ctx, caller: s.Prune, run: func(tx *transaction) error {
		entries, err := tx.scan(b, nil, to, limit)
		if err != nil {
			return err
		}
		bucket, err := tx.writable(b)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := tx.delete(b, bucket, e.Key); err != nil {
				return err
			}
		}
		n = len(entries)
		return nil
	}})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Wake hints after commits that appended to b.
func (s *Store) Wake(b kv.Bucket) <-chan struct{} { return s.wake[b.Name] }
