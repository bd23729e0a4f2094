package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"vigil/internal/store/kv"
)

func ownWrites(s *subject) {
	s.mustPut(items, "b", "old", "c", "old", "d", "old", "f", "old")
	s.mustUpdate(func(tx kv.Tx) error {
		err := errors.Join(
			tx.Put(items, []byte("a"), []byte("new")),
			tx.Put(items, []byte("c"), []byte("new")),
			tx.Delete(items, []byte("b")),
			tx.Put(items, []byte("e"), []byte("new")),
			tx.Delete(items, []byte("e")),
			tx.Delete(items, []byte("d")),
			tx.Put(items, []byte("d"), []byte("again")),
		)
		if err != nil {
			return err
		}
		values, err := tx.GetMany(items, [][]byte{[]byte("f"), []byte("a"), []byte("b"), []byte("e"), []byte("c"), []byte("d")})
		if got := fmt.Sprintf("%s", values); err != nil || got != "[old new   new again]" || values[2] != nil || values[3] != nil {
			s.Errorf("GetMany: %s, %v", got, err)
		}
		held, err := tx.Get(items, []byte("b"))
		if held != nil || err != nil {
			s.Errorf("Get of a deleted key: %q, %v", held, err)
		}
		for i, want := range []string{"a=new", "a=new c=new", "a=new c=new d=again", "a=new c=new d=again f=old", "a=new c=new d=again f=old"} {
			limit := i + 1
			entries, err := tx.Scan(items, nil, nil, limit)
			if got := printed(entries); err != nil || got != want {
				s.Errorf("Scan of %d: %s, %v, want %s", limit, got, err, want)
			}
		}
		entries, err := tx.Scan(items, []byte("b"), []byte("d"), 10)
		if got := printed(entries); err != nil || got != "c=new" {
			s.Errorf("Scan from b to d: %s, %v", got, err)
		}
		return nil
	})
	// More than one Scan may give, all but the last written here.
	s.mustUpdate(func(tx kv.Tx) error {
		for i := range 900 {
			if err := tx.Put(due, numbered("k", i), nil); err != nil {
				return err
			}
		}
		return nil
	})
	s.mustUpdate(func(tx kv.Tx) error {
		for i := range 899 {
			if err := tx.Delete(due, numbered("k", i)); err != nil {
				return err
			}
		}
		entries, err := tx.Scan(due, nil, nil, 2)
		if got := printed(entries); err != nil || got != "k000899=" {
			s.Errorf("Scan after 899 of 900 were deleted: %q, %v", got, err)
		}
		return nil
	})
}

func printed(entries []kv.Entry) string {
	var words []string
	for _, e := range entries {
		words = append(words, string(e.Key)+"="+string(e.Value))
	}
	return strings.Join(words, " ")
}

// model compares with a map after each of many random closures, of which a third fail.
func model(s *subject) {
	chance := rand.New(rand.NewPCG(1, 2))
	held := map[string]string{}
	for step := range 250 {
		fails := chance.IntN(3) == 0
		type change struct {
			key, value string
			gone       bool
		}
		changes := make([]change, 1+chance.IntN(60))
		after := maps.Clone(held)
		for i := range changes {
			c := change{key: strings.Repeat(string(rune('a'+chance.IntN(26))), 1+chance.IntN(30)), gone: chance.IntN(3) == 0}
			c.value = fmt.Sprintf("%d/%d%s", step, i, strings.Repeat("x", chance.IntN(400)))
			changes[i] = c
			if after[c.key] = c.value; c.gone {
				delete(after, c.key)
			}
		}
		err := s.update(func(tx kv.Tx) error {
			for _, c := range changes {
				err := tx.Put(items, []byte(c.key), []byte(c.value))
				if c.gone {
					err = errors.Join(err, tx.Delete(items, []byte(c.key)))
				}
				if err != nil {
					return err
				}
			}
			if fails {
				return errFail
			}
			return nil
		})
		if fails != errors.Is(err, errFail) || !fails && err != nil {
			s.Fatal(err)
		}
		if !fails {
			held = after
		}
		if got := s.pairs(items); !slices.EqualFunc(got, slices.Sorted(maps.Keys(held)), func(pair [2]string, key string) bool {
			return pair == [2]string{key, held[key]}
		}) {
			s.Fatalf("step %d, failing %t: the store holds something else", step, fails)
		}
	}
}

func order(s *subject) {
	keys := []string{"\x00", "\x00\x00", "\x00\xff", "a", "a\x00", "a\x00b", "aa", "b", "\x7f", "\x80", "\xff", "\xff\x00", "\xff\xff"}
	s.mustUpdate(func(tx kv.Tx) error {
		for _, i := range []int{7, 3, 12, 0, 9, 5, 1, 11, 2, 10, 4, 8, 6} {
			if err := tx.Put(items, []byte(keys[i]), []byte{byte(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	s.mustView(func(r kv.Reader) error {
		for from := range keys {
			for to := from; to <= len(keys); to++ {
				var end []byte
				if to < len(keys) {
					end = []byte(keys[to])
				}
				entries, err := r.Scan(items, []byte(keys[from]), end, 100)
				if err != nil {
					return err
				}
				var got []string
				for _, e := range entries {
					got = append(got, string(e.Key))
				}
				if !slices.Equal(got, keys[from:to]) {
					s.Errorf("from %q to %q: %q", keys[from], end, got)
				}
			}
		}
		entries, err := r.Scan(items, nil, nil, 3)
		if len(entries) != 3 || !bytes.Equal(entries[0].Key, []byte{0}) {
			s.Errorf("from nil, 3 of them: %q", entries)
		}
		return err
	})
}

func (s *subject) mustView(fn func(kv.Reader) error) {
	s.Helper()
	if err := s.store.View(context.Background(), fn); err != nil {
		s.Fatal(err)
	}
}

func empty(s *subject) {
	s.mustUpdate(func(tx kv.Tx) error {
		err := errors.Join(tx.Put(items, []byte("nil"), nil), tx.Put(items, []byte("empty"), []byte{}))
		s.hasEmpty(tx)
		return err
	})
	s.mustView(func(r kv.Reader) error {
		s.hasEmpty(r)
		entries, err := r.Scan(users, nil, nil, 10)
		if len(entries) != 0 {
			s.Errorf("an empty bucket has %q", entries)
		}
		return err
	})
	s.mustUpdate(func(tx kv.Tx) error { return tx.Delete(items, []byte("never there")) })
	s.mustUpdate(func(tx kv.Tx) error { return tx.Append(feed, nil) })
	if log := s.logged(feed, "", 1); len(log) != 1 || log[0] != "" {
		s.Errorf("an empty entry came back as %q", log)
	}
}

func (s *subject) hasEmpty(r kv.Reader) {
	values, err := r.GetMany(items, [][]byte{[]byte("nil"), []byte("absent"), []byte("empty")})
	if err != nil || values[0] == nil || values[1] != nil || values[2] == nil || len(values[0])+len(values[2]) != 0 {
		s.Errorf("nil, absent and empty are %#v, %v", values, err)
	}
	one, err := r.Get(items, []byte("nil"))
	if err != nil || one == nil || len(one) != 0 {
		s.Errorf("Get of an empty value: %#v, %v", one, err)
	}
}
