package store

import (
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Letter is a notice that waits, or that nobody tries any more.
type Letter struct {
	Notice
	Dead bool
	// At is when it is attempted next; of a dead letter, when it died.
	At time.Time
	// place is its key.
	place []byte
}

// WaitingNotices lists what waits in one shard, in the order of the next attempts, after a place (nil: from the start).
// Next is the place to go on from, nil when there is no more.
func WaitingNotices(r kv.Reader, shard byte, after []byte, limit int) (letters []Letter, next []byte, err error) {
	from := []byte{shard}
	if after != nil {
		from = append(append([]byte{}, after...), 0)
	}
	entries, err := r.Scan(schema.Outbox, from, prefixEnd([]byte{shard}), limit)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if len(e.Key) != len(NoticeKey{}) {
			continue
		}
		k := NoticeKey(e.Key)
		n, err := decodeNotice(k.ID(), e.Value)
		if err != nil {
			return nil, nil, err
		}
		letters = append(letters, Letter{Notice: *n, At: k.At()})
	}
	return letters, goOn(entries, limit), nil
}

// DeadNotices lists dead letters, those that died first first, after a place (nil: from the start). Next is as of WaitingNotices.
func DeadNotices(r kv.Reader, after []byte, limit int) (letters []Letter, next []byte, err error) {
	var from []byte
	if after != nil {
		from = append(append([]byte{}, after...), 0)
	}
	entries, err := r.Scan(schema.Dead, from, nil, limit)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if len(e.Key) != deadKeySize {
			continue
		}
		n, err := decodeNotice(NoticeID(e.Key[6:]), e.Value)
		if err != nil {
			return nil, nil, err
		}
		letters = append(letters, Letter{Notice: *n, Dead: true, At: timeOf(e.Key).Add(-DeadFor), place: append([]byte{}, e.Key...)})
	}
	return letters, goOn(entries, limit), nil
}

const deadKeySize = 6 + len(NoticeID{})

// goOn is the last place of a full page.
func goOn(entries []kv.Entry, limit int) []byte {
	if len(entries) < limit {
		return nil
	}
	return append([]byte{}, entries[len(entries)-1].Key...)
}

// Replay puts dead letters back into the queue, due at once and with all attempts before them. It returns how many were still dead.
func Replay(tx kv.Tx, letters []Letter, now time.Time) (replayed int, err error) {
	for _, l := range letters {
		value, err := tx.Get(schema.Dead, l.place)
		if err != nil {
			return 0, err
		}
		if value == nil {
			continue
		}
		if err := tx.Delete(schema.Dead, l.place); err != nil {
			return 0, err
		}
		n := l.Notice
		n.Since, n.Attempts = now, 0
		if err := n.put(tx, now); err != nil {
			return 0, err
		}
		replayed++
	}
	return replayed, nil
}
