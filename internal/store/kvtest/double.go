package kvtest

import (
	"context"
	"testing"

	"vigil/internal/store/kv"
)

// DoubleRun wraps an engine: each closure of Update runs twice on the same reads and t fails where the writes, the results or the
// error differ, or where a closure misuses the bytes it was given. The second run counts. What Views read is overwritten
// when they return.
func DoubleRun(t testing.TB, s kv.Store) kv.Store { return &double{Store: s, t: t} }

type double struct {
	kv.Store
	t testing.TB
}

func (d *double) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return d.Store.Update(ctx, func(tx kv.Tx) error {
		trial := newTrial(inner{tx})
		defer trial.spoil()
		second, fault := trial.twice(fn)
		if fault != "" {
			d.t.Errorf("%s", fault)
		}
		if second.err != nil {
			return second.err
		}
		return second.apply(tx)
	})
}

func (d *double) View(ctx context.Context, fn func(kv.Reader) error) error {
	return d.Store.View(ctx, func(r kv.Reader) error {
		trial := newTrial(inner{r})
		defer trial.spoil()
		return fn(&draft{trial: trial})
	})
}

func (d *draft) apply(tx kv.Tx) error {
	for p, w := range d.writes {
		var err error
		if w.gone {
			err = tx.Delete(p.bucket, []byte(p.key))
		} else {
			err = tx.Put(p.bucket, []byte(p.key), []byte(w.value))
		}
		if err != nil {
			return err
		}
	}
	for _, e := range d.log {
		if err := tx.Append(e.bucket, []byte(e.value)); err != nil {
			return err
		}
	}
	return nil
}

// inner reads from another engine's closure. Its versions tell present from absent, no more.
type inner struct{ kv.Reader }

// declared leaves it to the engine, which refuses the write itself.
func (inner) declared(kv.Bucket) error { return nil }

func (i inner) get(b kv.Bucket, key string) (cell, error) {
	value, err := i.Get(b, []byte(key))
	if err != nil || value == nil {
		return cell{}, err
	}
	return cell{string(value), 1}, nil
}

// scan goes on where one Scan of the engine may not: over its limit.
func (i inner) scan(b kv.Bucket, s span, limit int) ([]row, error) {
	to := []byte(s.to)
	if s.endless {
		to = nil
	}
	var rows []row
	for from := s.from; len(rows) < limit; from = rows[len(rows)-1].key + "\x00" {
		entries, err := i.Scan(b, []byte(from), to, min(limit-len(rows), kv.MaxKeys))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			rows = append(rows, row{string(e.Key), cell{string(e.Value), 1}})
		}
		if len(entries) == 0 {
			break
		}
	}
	return rows, nil
}
