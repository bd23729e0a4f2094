package kvtest

import (
	"context"
	"errors"

	"vigil/internal/store/kv"
)

func limits(s *subject) {
	put := func(key, value int) func(kv.Tx) error {
		return func(tx kv.Tx) error { return tx.Put(items, make([]byte, key), make([]byte, value)) }
	}
	many := func(n, value int) func(kv.Tx) error {
		return func(tx kv.Tx) error {
			for i := range n {
				if err := tx.Put(due, numbered("k", i), make([]byte, value)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	// Each closure is run behind one write of its own, which tells whether it was undone, and counts.
	for name, c := range map[string]struct {
		ok bool
		fn func(kv.Tx) error
	}{
		"a key of 1 byte":           {true, put(1, 1)},
		"a key of 512 bytes":        {true, put(kv.MaxKey, 1)},
		"an empty key":              {false, put(0, 1)},
		"a key of 513 bytes":        {false, put(kv.MaxKey+1, 1)},
		"a value of 64 KiB":         {true, put(2, kv.MaxValue)},
		"a value of 64 KiB + 1":     {false, put(2, kv.MaxValue+1)},
		"1000 writes":               {true, many(kv.MaxWrites-1, 1)},
		"1001 writes":               {false, many(kv.MaxWrites, 1)},
		"just below 1 MiB":          {true, many(15, kv.MaxValue)},
		"just above 1 MiB":          {false, many(16, kv.MaxValue)},
		"an entry of 64 KiB":        {true, func(tx kv.Tx) error { return tx.Append(feed, make([]byte, kv.MaxValue)) }},
		"an entry of 64 KiB + 1":    {false, func(tx kv.Tx) error { return tx.Append(feed, make([]byte, kv.MaxValue+1)) }},
		"deleting an empty key":     {false, func(tx kv.Tx) error { return tx.Delete(items, nil) }},
		"a refusal that is ignored": {false, func(tx kv.Tx) error { _ = put(0, 1)(tx); return nil }},
	} {
		err := s.update(func(tx kv.Tx) error {
			if err := tx.Put(users, []byte(name), []byte("written")); err != nil {
				return err
			}
			return c.fn(tx)
		})
		if c.ok && err != nil || !c.ok && !errors.Is(err, kv.ErrTooLarge) {
			s.Errorf("%s: %v", name, err)
		}
		s.want(users, name, map[bool]string{true: "written", false: "(absent)"}[c.ok])
	}
	s.readLimits()
}

func (s *subject) readLimits() {
	s.mustView(func(r kv.Reader) error {
		keys := make([][]byte, kv.MaxKeys+1)
		for i := range keys {
			keys[i] = numbered("k", i)
		}
		_, all := r.GetMany(items, keys[:kv.MaxKeys])
		_, tooMany := r.GetMany(items, keys)
		_, noKey := r.Get(items, nil)
		_, full := r.Scan(items, nil, nil, kv.MaxKeys)
		_, tooLong := r.Scan(items, nil, nil, kv.MaxKeys+1)
		_, none := r.Scan(items, nil, nil, 0)
		if err := errors.Join(all, full); err != nil {
			s.Error(err)
		}
		for name, err := range map[string]error{
			"GetMany of 1001": tooMany, "Get of an empty key": noKey, "Scan of 1001": tooLong, "Scan of 0": none,
		} {
			if !errors.Is(err, kv.ErrTooLarge) {
				s.Errorf("%s: %v", name, err)
			}
		}
		return nil
	})
	_, _, tail := s.store.Tail(context.Background(), feed, "", 0)
	_, prune := s.store.Prune(context.Background(), feed, nil, kv.MaxKeys+1)
	if !errors.Is(tail, kv.ErrTooLarge) || !errors.Is(prune, kv.ErrTooLarge) {
		s.Errorf("Tail of 0: %v, Prune of 1001: %v", tail, prune)
	}
}

// kinds: logs are for Append, Tail and Prune, other buckets for the rest, and nobody makes buckets in passing.
func kinds(s *subject) {
	stranger := kv.Bucket{Name: "stranger", Kind: kv.Random}
	mistaken := kv.Bucket{Name: items.Name, Kind: kv.Ordered}
	for name, fn := range map[string]func(kv.Tx) error{
		"Put to a log":        func(tx kv.Tx) error { return tx.Put(feed, []byte("k"), nil) },
		"Delete from a log":   func(tx kv.Tx) error { return tx.Delete(feed, []byte("k")) },
		"Get from a log":      func(tx kv.Tx) error { _, err := tx.Get(feed, []byte("k")); return err },
		"Scan of a log":       func(tx kv.Tx) error { _, err := tx.Scan(feed, nil, nil, 1); return err },
		"Append to no log":    func(tx kv.Tx) error { return tx.Append(items, nil) },
		"Put to a stranger":   func(tx kv.Tx) error { return tx.Put(stranger, []byte("k"), nil) },
		"Get from a stranger": func(tx kv.Tx) error { _, err := tx.Get(stranger, []byte("k")); return err },
		"Put as another kind": func(tx kv.Tx) error { return tx.Put(mistaken, []byte("k"), nil) },
		"Append, ignored":     func(tx kv.Tx) error { _ = tx.Append(items, nil); return nil },
		"stranger, ignored":   func(tx kv.Tx) error { _ = tx.Put(stranger, []byte("k"), nil); return nil },
	} {
		err := s.update(func(tx kv.Tx) error { return errors.Join(tx.Put(users, []byte(name), nil), fn(tx)) })
		if err == nil {
			s.Errorf("%s went through", name)
		}
		s.want(users, name, "(absent)")
	}
	ctx := context.Background()
	_, _, tail := s.store.Tail(ctx, items, "", 1)
	_, _, cursor := s.store.Tail(ctx, feed, "not a cursor", 1)
	_, prune := s.store.Prune(ctx, stranger, nil, 1)
	if tail == nil || cursor == nil || prune == nil {
		s.Errorf("Tail of no log: %v, of a strange cursor: %v, Prune of a stranger: %v", tail, cursor, prune)
	}
	if s.store.Wake(items) != nil || s.store.Wake(feed) == nil {
		s.Error("Wake is for logs and only for them")
	}
}
