package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"vigil/internal/store/kv"
)

const (
	population = 10_000
	callers    = 16 // for each processor
)

// orderedID is time-ordered, as session ids are.
func orderedID(n uint64) []byte {
	return append(binary.BigEndian.AppendUint64(nil, n), make([]byte, 14)...)
}

func populated(b *testing.B) *Store {
	b.Helper()
	s := openNew(b, Options{})
	for from := uint64(0); from < population; from += 250 {
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			for n := from; n < from+250; n++ {
				if err := signOn(tx, string(orderedID(n)), fmt.Sprintf("user%06d", n*7919%population), make([]byte, 220)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func benchmark(b *testing.B, run func(s *Store, n uint64) error) {
	s := populated(b)
	var next atomic.Uint64
	b.SetParallelism(callers)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := run(s, next.Add(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkSignOn(b *testing.B) {
	benchmark(b, func(s *Store, n uint64) error {
		id, user := string(orderedID(population+n)), fmt.Sprintf("user%06d", n*7919%population)
		return s.Update(context.Background(), func(tx kv.Tx) error { return signOn(tx, id, user, make([]byte, 220)) })
	})
}

func BenchmarkRedeem(b *testing.B) {
	benchmark(b, func(s *Store, n uint64) error {
		code := fmt.Sprintf("code%016d", n)
		return s.Update(context.Background(), func(tx kv.Tx) error { return redeem(tx, code) })
	})
}

func BenchmarkTouch(b *testing.B) {
	value := make([]byte, 220)
	benchmark(b, func(s *Store, n uint64) error {
		id := orderedID(n % population)
		return s.Update(context.Background(), func(tx kv.Tx) error {
			held, err := tx.Get(sessions, id)
			if err != nil || held == nil {
				return errors.Join(err, errLate)
			}
			return tx.Put(sessions, id, value)
		})
	})
}

// BenchmarkTouchInBatches touches 500 neighbours in one update; an operation is one touch.
func BenchmarkTouchInBatches(b *testing.B) {
	const batch = 500
	value := make([]byte, 220)
	s := populated(b)
	b.ResetTimer()
	for done := 0; done < b.N; done += batch {
		keys := make([][]byte, batch)
		for i := range keys {
			keys[i] = orderedID(uint64(done+i) % population)
		}
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			held, err := tx.GetMany(sessions, keys)
			if err != nil {
				return err
			}
			for i := range held {
				if err := tx.Put(sessions, keys[i], value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	benchmark(b, func(s *Store, n uint64) error {
		return s.View(context.Background(), func(r kv.Reader) error {
			held, err := r.Get(sessions, orderedID(n%population))
			if held == nil {
				return errors.Join(err, errLate)
			}
			return err
		})
	})
}
