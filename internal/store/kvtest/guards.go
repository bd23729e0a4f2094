package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"vigil/internal/store/kv"
)

// A reads K and writes J, B deletes K in between. The log, in commit order, must not show A after B.
func guardedRead(s *subject) {
	for round := range 30 {
		k, j := numbered("k", round), numbered("j", round)
		s.mustPut(items, string(k), "there")
		deleted, reading := make(chan struct{}), make(chan struct{}, 1)
		together(2, func(i int) {
			var err error
			if i == 0 {
				err = s.update(func(tx kv.Tx) error { return writeWhileThere(tx, k, j, reading, deleted) })
			} else {
				<-reading
				err = s.update(func(tx kv.Tx) error {
					return errors.Join(tx.Delete(items, k), tx.Append(feed, fmt.Appendf(nil, "%d deleted", round)))
				})
				close(deleted)
			}
			if err != nil && !errors.Is(err, errGone) {
				s.Error(err)
			}
		})
	}
	gone := map[string]bool{}
	for _, what := range s.logged(feed, "", 60) {
		var round, verb string
		if _, err := fmt.Sscan(what, &round, &verb); err != nil {
			s.Fatalf("%q: %v", what, err)
		}
		if verb == "written" && gone[round] {
			s.Errorf("round %s: written after what it was decided from was deleted", round)
		}
		gone[round] = gone[round] || verb == "deleted"
	}
	if len(gone) != 30 {
		s.Errorf("%d deletions in the log, want 30", len(gone))
	}
}

// writeWhileThere gives the other side 3 ms between its read and its write. An engine with one writer lets them pass.
func writeWhileThere(tx kv.Tx, k, j []byte, reading chan<- struct{}, deleted <-chan struct{}) error {
	held, err := tx.Get(items, k)
	if err != nil {
		return err
	}
	select {
	case reading <- struct{}{}:
	default:
	}
	if held == nil {
		return errGone
	}
	select {
	case <-deleted:
	case <-time.After(3 * time.Millisecond):
	}
	var round int
	if _, err := fmt.Sscanf(string(k), "k%06d", &round); err != nil {
		return err
	}
	return errors.Join(tx.Put(items, j, held), tx.Append(feed, fmt.Appendf(nil, "%d written", round)))
}

func guardKey(s *subject) {
	for round := range 30 {
		user := string(numbered("user", round))
		s.mustPut(users, user, "epoch 1")
		together(17, func(i int) {
			if i == 16 {
				s.signOffEverywhere(user)
				return
			}
			err := s.update(func(tx kv.Tx) error {
				epoch, err := tx.Get(users, []byte(user))
				if err != nil || string(epoch) != "epoch 1" {
					return errors.Join(err, errGone)
				}
				return signOn(tx, user, fmt.Sprintf("%s-%02d", user, i))
			})
			if err != nil && !errors.Is(err, errGone) {
				s.Error(err)
			}
		})
	}
	if left := s.pairs(sessions); len(left) != 0 {
		s.Errorf("%d sessions survived, the first is %q", len(left), left[0])
	}
	s.indexed()
}

func (s *subject) signOffEverywhere(user string) {
	err := s.update(func(tx kv.Tx) error {
		if _, err := tx.Get(users, []byte(user)); err != nil {
			return err
		}
		return tx.Put(users, []byte(user), []byte("epoch 2"))
	})
	if err != nil {
		s.Error(err)
	}
	var ids []string
	err = s.store.View(context.Background(), func(r kv.Reader) error {
		entries, err := r.Scan(byUser, []byte(user+"\x00"), []byte(user+"\x01"), kv.MaxKeys)
		ids = make([]string, len(entries))
		for i, e := range entries {
			_, id, _ := bytes.Cut(e.Key, []byte{0})
			ids[i] = string(id)
		}
		return err
	})
	if err != nil {
		s.Error(err)
	}
	for _, id := range ids {
		if err := s.update(func(tx kv.Tx) error { return end(tx, id) }); err != nil {
			s.Error(err)
		}
	}
}

// signOn puts a session with its two index entries.
func signOn(tx kv.Tx, user, id string) error {
	return errors.Join(
		tx.Put(sessions, []byte(id), []byte(user)),
		tx.Put(byUser, []byte(user+"\x00"+id), nil),
		tx.Put(due, []byte(id), nil),
	)
}

// end deletes a session and its index entries and announces it. Errors: errGone.
func end(tx kv.Tx, id string) error {
	user, err := tx.Get(sessions, []byte(id))
	if err != nil || user == nil {
		return errors.Join(err, errGone)
	}
	name, _, _ := bytes.Cut(user, []byte{'+'})
	return errors.Join(
		tx.Delete(sessions, []byte(id)),
		tx.Delete(byUser, []byte(string(name)+"\x00"+id)),
		tx.Delete(due, []byte(id)),
		tx.Append(feed, []byte(id)),
	)
}

// indexed checks that sessions and index entries belong to each other, one to one.
func (s *subject) indexed() {
	s.Helper()
	n := len(s.pairs(sessions))
	for _, entry := range s.pairs(byUser) {
		_, id, _ := bytes.Cut([]byte(entry[0]), []byte{0})
		if s.value(sessions, string(id)) == "(absent)" {
			s.Errorf("index entry %q has no session", entry[0])
		}
		n--
	}
	if n != 0 {
		s.Errorf("%d more sessions than index entries", n)
	}
}

func touchVersusEnding(s *subject) {
	const population = 200
	ids := make([][]byte, population)
	for i := range ids {
		ids[i] = numbered("s", i)
		s.mustUpdate(func(tx kv.Tx) error { return signOn(tx, "ada", string(ids[i])) })
	}
	var ended atomic.Int32
	together(6, func(caller int) {
		for i := range population {
			if caller < 2 {
				from := i * 20 % population
				if err := s.update(func(tx kv.Tx) error { return touch(tx, ids[from:from+20], i) }); err != nil {
					s.Error(err)
				}
				continue
			}
			switch err := s.update(func(tx kv.Tx) error { return end(tx, string(ids[(i*7+caller)%population])) }); {
			case err == nil:
				ended.Add(1)
			case !errors.Is(err, errGone):
				s.Error(err)
			}
			if i == population/2 {
				return
			}
		}
	})
	left := s.pairs(sessions)
	if len(left)+int(ended.Load()) != population {
		s.Errorf("%d ended, %d are left of %d", ended.Load(), len(left), population)
	}
	for _, id := range s.logged(feed, "", int(ended.Load())) {
		s.want(sessions, id, "(absent)")
	}
	s.indexed()
}

// touch stamps the sessions that are still there.
func touch(tx kv.Tx, ids [][]byte, stamp int) error {
	values, err := tx.GetMany(sessions, ids)
	if err != nil {
		return err
	}
	for i, value := range values {
		if value == nil {
			continue
		}
		name, _, _ := bytes.Cut(value, []byte{'+'})
		if err := tx.Put(sessions, ids[i], fmt.Appendf(nil, "%s+%d", name, stamp)); err != nil {
			return err
		}
	}
	return nil
}

// A token moves between two places, and is always in one of them.
func tornError(s *subject) {
	s.movingToken(func() error { return s.update(func(tx kv.Tx) error { return lookForToken(tx) }) })
}

func snapshotView(s *subject) {
	s.movingToken(func() error { return s.store.View(context.Background(), lookForToken) })
}

func (s *subject) movingToken(look func() error) {
	s.mustPut(items, "here", "token")
	var moving atomic.Bool
	moving.Store(true)
	together(3, func(i int) {
		if i == 0 {
			defer moving.Store(false)
			for round := range 200 {
				from, to := []byte("here"), []byte("there")
				if round%2 == 1 {
					from, to = to, from
				}
				err := s.update(func(tx kv.Tx) error { return errors.Join(tx.Delete(items, from), tx.Put(items, to, []byte("token"))) })
				if err != nil {
					s.Error(err)
				}
			}
			return
		}
		for moving.Load() {
			if err := look(); err != nil && !errors.Is(err, kv.ErrConflict) {
				s.Error(err)
				return
			}
			time.Sleep(10 * time.Microsecond) // on two processors, the mover needs one
		}
	})
}

func lookForToken(r kv.Reader) error {
	here, err := r.Get(items, []byte("here"))
	if err != nil {
		return err
	}
	there, err := r.Get(items, []byte("there"))
	if err != nil {
		return err
	}
	if (here == nil) == (there == nil) {
		return errTorn
	}
	return nil
}
