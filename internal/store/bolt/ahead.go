package bolt

import (
	"bytes"
	"errors"
	"strings"

	"github.com/tidwall/btree"
	"go.etcd.io/bbolt"

	"vigil/internal/store/kv"
)

// ahead is what was acknowledged and is not in the file yet, upon the commit of number base. It is never changed.
type ahead struct {
	base int
	puts *puts
}

// puts are values by bucket and key, in order.
type puts struct{ btree.Map[string, []byte] }

// placeOf orders the keys of one bucket as their bytes are. No bucket has a zero in its name.
func placeOf(bucket string, key []byte) string { return bucket + "\x00" + string(key) }

// frozen gives what p holds now; p may change.
func (p *puts) frozen() *puts { return &puts{*p.Copy()} }

// apply writes everything into a transaction.
func (p *puts) apply(tx *bbolt.Tx) (err error) {
	p.Scan(func(place string, value []byte) bool {
		bucket, key, _ := strings.Cut(place, "\x00")
		err = tx.Bucket([]byte(bucket)).Put([]byte(key), value)
		return err == nil
	})
	return err
}

// scan gives the first entries of a range.
func (p *puts) scan(b kv.Bucket, from, to []byte, limit int) (entries []kv.Entry) {
	prefix := placeOf(b.Name, nil)
	p.Ascend(placeOf(b.Name, from), func(place string, value []byte) bool {
		key, ours := strings.CutPrefix(place, prefix)
		if !ours || to != nil && key >= string(to) || len(entries) == limit {
			return false
		}
		entries = append(entries, kv.Entry{Key: []byte(key), Value: value})
		return true
	})
	return entries
}

// merge gives the first entries of both, ascending. Where both hold a key, the newer counts.
func merge(older, newer []kv.Entry, limit int) []kv.Entry {
	if len(newer) == 0 {
		return older
	}
	merged := make([]kv.Entry, 0, min(limit, len(older)+len(newer)))
	for len(merged) < limit && len(older)+len(newer) > 0 {
		order := -1
		if len(older) == 0 {
			order = 1
		} else if len(newer) > 0 {
			order = bytes.Compare(older[0].Key, newer[0].Key)
		}
		if order < 0 {
			merged, older = append(merged, older[0]), older[1:]
			continue
		}
		if merged, newer = append(merged, newer[0]), newer[1:]; order == 0 {
			older = older[1:]
		}
	}
	return merged
}

// errOlder: what is ahead stands upon a later commit than the transaction.
var errOlder = errors.New("transaction is older than what is ahead of the file")

// snapshot runs fn on one instant: on the file, and on what is ahead of it. What stood upon an earlier commit is in the file.
func (s *Store) snapshot(fn func(tx *bbolt.Tx, ahead *puts) error) error {
	for {
		err := s.db.View(func(tx *bbolt.Tx) error {
			ahead := s.ahead.Load()
			switch {
			case ahead.base > tx.ID():
				return errOlder
			case ahead.base < tx.ID() || ahead.puts.Len() == 0:
				return fn(tx, nil)
			}
			return fn(tx, ahead.puts)
		})
		if !errors.Is(err, errOlder) {
			return err
		}
	}
}
