package kvtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"vigil/internal/store/kv"
)

// relaxed compares with a map after each of many random closures. Most of them only put into a relaxed bucket; the others delete from it, write
// elsewhere too, or fail.
func relaxed(s *subject) {
	chance := rand.New(rand.NewPCG(3, 4))
	held := map[string]string{}
	for step := range 400 {
		kind := chance.IntN(10)
		after := maps.Clone(held)
		keys := make([]string, 1+chance.IntN(5))
		for i := range keys {
			keys[i] = fmt.Sprintf("%02d", chance.IntN(60))
			if after[keys[i]] = fmt.Sprint(step); kind == 0 {
				delete(after, keys[i])
			}
		}
		err := s.update(func(tx kv.Tx) error {
			for _, key := range keys {
				err := tx.Put(runs, []byte(key), fmt.Append(nil, step))
				if kind == 0 {
					err = tx.Delete(runs, []byte(key))
				}
				if err != nil {
					return err
				}
			}
			switch kind {
			case 1:
				return tx.Put(items, []byte("step"), nil)
			case 2:
				return errFail
			case 3:
				return errors.Join(tx.Append(feed, nil), errFail)
			}
			return nil
		})
		switch fails := kind == 2 || kind == 3; {
		case fails != errors.Is(err, errFail), !fails && err != nil:
			s.Fatal(err)
		case !fails:
			held = after
		}
		s.holds(chance, held)
	}
}

// holds compares one random range, and its keys one by one.
func (s *subject) holds(chance *rand.Rand, held map[string]string) {
	s.Helper()
	from, limit := chance.IntN(60), 1+chance.IntN(30)
	to := from + chance.IntN(60)
	var got, want []string
	s.mustView(func(r kv.Reader) error {
		entries, err := r.Scan(runs, fmt.Appendf(nil, "%02d", from), fmt.Appendf(nil, "%02d", to), limit)
		got = make([]string, len(entries))
		for i, e := range entries {
			got[i] = string(e.Key) + "=" + string(e.Value)
			value, err := r.Get(runs, e.Key)
			values, errs := r.GetMany(runs, [][]byte{e.Key})
			if err != nil || errs != nil || string(value) != string(e.Value) || string(values[0]) != string(value) {
				s.Errorf("Scan gives %s, Get %q, %v, GetMany %q, %v", got[i], value, err, values, errs)
			}
		}
		return err
	})
	for _, key := range slices.Sorted(maps.Keys(held)) {
		if key >= fmt.Sprintf("%02d", from) && key < fmt.Sprintf("%02d", to) && len(want) < limit {
			want = append(want, key+"="+held[key])
		}
	}
	if !slices.Equal(got, want) {
		s.Fatalf("from %d to %d, %d at most: %v, want %v", from, to, limit, got, want)
	}
}

// purse is a key that holds an amount.
type purse struct {
	bucket kv.Bucket
	key    string
}

func (p purse) amount(r kv.Reader) (uint64, error) {
	value, err := r.Get(p.bucket, []byte(p.key))
	if err != nil || value == nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(value), nil
}

func (p purse) put(tx kv.Tx, amount uint64) error {
	return tx.Put(p.bucket, []byte(p.key), binary.BigEndian.AppendUint64(nil, amount))
}

// Three purses always hold 1000 together. The third is in a bucket that is not relaxed, so what moves there or from there takes everything with it.
func relaxedSnapshot(s *subject) {
	purses := []purse{{runs, "a"}, {runs, "b"}, {items, "c"}}
	s.mustUpdate(func(tx kv.Tx) error { return purses[0].put(tx, 1000) })
	var moving atomic.Bool
	moving.Store(true)
	together(3, func(i int) {
		if i == 0 {
			defer moving.Store(false)
			s.movePurses(purses)
			return
		}
		for moving.Load() {
			if err := s.store.View(context.Background(), func(r kv.Reader) error { return countPurses(r, purses) }); err != nil {
				s.Error(err)
				return
			}
		}
	})
}

func countPurses(r kv.Reader, purses []purse) error {
	total := uint64(0)
	for _, p := range purses {
		amount, err := p.amount(r)
		if err != nil {
			return err
		}
		total += amount
		time.Sleep(10 * time.Microsecond) // the mover needs a processor, and something to move meanwhile
	}
	if total != 1000 {
		return errTorn
	}
	return nil
}

func (s *subject) movePurses(purses []purse) {
	for round := range 300 {
		from, to := purses[round%2], purses[1-round%2]
		switch round % 7 {
		case 0:
			to = purses[2]
		case 1:
			from = purses[2]
		}
		err := s.update(func(tx kv.Tx) error {
			a, errA := from.amount(tx)
			b, errB := to.amount(tx)
			return errors.Join(errA, errB, from.put(tx, a-a/2), to.put(tx, b+a/2))
		})
		if err != nil {
			s.Error(err)
		}
	}
}

func relaxedBuffers(s *subject) {
	for i := range 20 {
		value := fmt.Append(nil, i)
		key := numbered("k", i)
		s.mustPut(items, "commit", "now and then")
		s.mustUpdate(func(tx kv.Tx) error { return tx.Put(runs, key, value) })
		clear(value)
		clear(key)
	}
	s.mustPut(items, "commit", "the last")
	for i := range 20 {
		s.want(runs, string(numbered("k", i)), fmt.Sprint(i))
	}
}
