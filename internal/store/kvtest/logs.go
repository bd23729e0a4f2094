package kvtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"vigil/internal/store/kv"
)

func scanWhileDeleting(s *subject) {
	const old, fresh = 400, 200
	for i := range old {
		s.mustUpdate(func(tx kv.Tx) error { return signOn(tx, "ada", string(numbered("1-", i))) })
	}
	together(6, func(caller int) {
		if caller >= 2 { // sign-ons, half of them due already
			for i := range fresh / 4 {
				id := fmt.Sprintf("%d-%d-%06d", 1+i%2, caller, i)
				if err := s.update(func(tx kv.Tx) error { return signOn(tx, "bob", id) }); err != nil {
					s.Error(err)
				}
			}
			return
		}
		for quiet := 0; quiet < 5; quiet++ {
			if s.sweep("2") > 0 {
				quiet = 0
			}
		}
	})
	for s.sweep("2") > 0 {
	}
	log := s.logged(feed, "", old+fresh/2)
	slices.Sort(log)
	if n := len(slices.Compact(slices.Clone(log))); n != len(log) || n != old+fresh/2 {
		s.Errorf("%d endings of %d sessions, want %d of each", len(log), n, old+fresh/2)
	}
	if left := s.pairs(sessions); len(left) != fresh/2 || left[0][0] < "2" {
		s.Errorf("%d sessions are left, the first is %q", len(left), left[0])
	}
	s.indexed()
}

// sweep ends the first sessions due before now and says how many it found.
func (s *subject) sweep(now string) int {
	var ids []string
	s.mustView(func(r kv.Reader) error {
		entries, err := r.Scan(due, nil, []byte(now), 50)
		ids = make([]string, len(entries))
		for i, e := range entries {
			ids[i] = string(e.Key)
		}
		return err
	})
	for chunk := range slices.Chunk(ids, 10) {
		err := s.update(func(tx kv.Tx) error {
			for _, id := range chunk {
				if err := end(tx, id); err != nil && !errors.Is(err, errGone) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.Error(err)
		}
	}
	return len(ids)
}

func prune(s *subject) {
	for i := range 30 {
		s.mustPut(due, string(numbered("k", i)), "")
	}
	count := func(b kv.Bucket, to []byte, limit, want int) {
		s.Helper()
		if n, err := s.store.Prune(context.Background(), b, to, limit); n != want || err != nil {
			s.Errorf("pruned %d, want %d, error %v", n, want, err)
		}
	}
	count(due, numbered("k", 20), 8, 8)
	count(due, numbered("k", 20), 100, 12)
	count(due, numbered("k", 20), 100, 0)
	if left := s.pairs(due); len(left) != 10 || left[0][0] != "k000020" {
		s.Errorf("left: %q", left)
	}
	count(due, nil, 4, 4)

	for i := range 10 {
		s.mustUpdate(func(tx kv.Tx) error { return tx.Append(feed, numbered("e", i)) })
	}
	var entries []kv.Entry
	var cursor kv.Cursor
	for len(entries) < 10 {
		more, next, err := s.store.Tail(context.Background(), feed, cursor, 4)
		if err != nil {
			s.Fatal(err)
		}
		entries, cursor = append(entries, more...), next
	}
	count(feed, entries[6].Key, 100, 6)
	if log := s.logged(feed, "", 5); len(log) != 4 || log[0] != "e000006" {
		s.Errorf("left in the log: %q", log)
	}
	count(feed, nil, 100, 4)
	s.mustUpdate(func(tx kv.Tx) error { return tx.Append(feed, []byte("after")) })
	if log := s.logged(feed, cursor, 2); len(log) != 1 || log[0] != "after" {
		s.Errorf("after the log was emptied, from the old cursor: %q", log)
	}
}

// 20 writers hold their closures up to 5 ms open after Append. A reader who counts on numbers given before the commit misses entries.
func tailNoGap(s *subject) {
	const writers, each = 20, 6
	chance := rand.New(rand.NewPCG(3, 4))
	var holds [writers][each]time.Duration
	for i := range holds {
		for j := range holds[i] {
			holds[i][j] = time.Duration(chance.Int64N(int64(5 * time.Millisecond)))
		}
	}
	var writing atomic.Int32
	writing.Store(writers)
	var log []string
	together(writers+1, func(i int) {
		if i == writers {
			log = s.follow(&writing, writers*each)
			return
		}
		defer writing.Add(-1)
		for j := range each {
			err := s.update(func(tx kv.Tx) error {
				err := tx.Append(feed, fmt.Appendf(nil, "%02d/%d", i, j))
				time.Sleep(holds[i][j])
				return err
			})
			if err != nil {
				s.Error(err)
			}
		}
	})
	if again := s.logged(feed, "", len(log)); !slices.Equal(log, again) {
		s.Error("reading again from the start gives another order")
	}
	var seen [writers]int
	for _, value := range log {
		var i, j int
		if _, err := fmt.Sscanf(value, "%d/%d", &i, &j); err != nil {
			s.Fatalf("%q: %v", value, err)
		}
		if j != seen[i] {
			s.Fatalf("writer %d: entry %d came where %d was due", i, j, seen[i])
		}
		seen[i]++
	}
	if len(log) != writers*each {
		s.Errorf("%d entries, want %d", len(log), writers*each)
	}
}

// follow polls each millisecond, 7 entries at a time, until the writers are through and nothing has come for a while.
func (s *subject) follow(writing *atomic.Int32, n int) (log []string) {
	var cursor kv.Cursor
	for quiet := 0; quiet < 50 && len(log) <= n; quiet++ {
		if writing.Load() > 0 || len(log) < n {
			time.Sleep(time.Millisecond)
		}
		entries, next, err := s.store.Tail(context.Background(), feed, cursor, 7)
		if err != nil {
			s.Error(err)
		}
		for _, e := range entries {
			log = append(log, string(e.Value))
		}
		if cursor = next; len(entries) > 0 || writing.Load() > 0 {
			quiet = 0
		}
	}
	return log
}

func appendAtomic(s *subject) {
	for i := range 40 {
		err := s.update(func(tx kv.Tx) error {
			if err := tx.Append(feed, numbered("e", i)); err != nil {
				return err
			}
			if i%2 == 1 {
				return errFail
			}
			return nil
		})
		if (i%2 == 1) != errors.Is(err, errFail) {
			s.Errorf("update %d: %v", i, err)
		}
	}
	log := s.logged(feed, "", 21)
	if len(log) != 20 {
		s.Fatalf("%d entries, want 20", len(log))
	}
	for i, value := range log {
		if value != string(numbered("e", 2*i)) {
			s.Errorf("entry %d is %q", i, value)
		}
	}
}
