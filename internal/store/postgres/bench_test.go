package postgres

import (
	"fmt"
	"sync/atomic"
	"testing"

	"vigil/internal/store/kv"
)

// What a server does most, from 16 callers, on a database of this machine that does not wait for its disk.
func BenchmarkStore(b *testing.B) {
	s := openNew(b)
	var n atomic.Int64
	next := func() string { return fmt.Sprintf("%012d", n.Add(1)) }
	if err := s.Update(b.Context(), func(tx kv.Tx) error { return signOn(tx, "known", "ada") }); err != nil {
		b.Fatal(err)
	}
	update := func(fn func(tx kv.Tx, id string) error) func() error {
		return func() error {
			id := next()
			return s.Update(b.Context(), func(tx kv.Tx) error { return fn(tx, id) })
		}
	}
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"silent check", func() error {
			return s.View(b.Context(), func(r kv.Reader) error { _, err := r.Get(sessions, []byte("known")); return err })
		}},
		{"view of two", func() error {
			return s.View(b.Context(), func(r kv.Reader) error {
				if _, err := r.Get(sessions, []byte("known")); err != nil {
					return err
				}
				_, err := r.Scan(byUser, []byte("ada\x00"), []byte("ada\x01"), 10)
				return err
			})
		}},
		{"sign-on", update(func(tx kv.Tx, id string) error { return signOn(tx, id, "user"+id) })},
		{"redeem", update(func(tx kv.Tx, id string) error { return redeem(tx, id) })},
		{"run step", update(func(tx kv.Tx, id string) error {
			key := []byte("run" + id[len(id)-2:])
			if _, err := tx.Get(items, key); err != nil {
				return err
			}
			return tx.Put(items, key, make([]byte, 2048))
		})},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetParallelism(8)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if err := c.do(); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}
