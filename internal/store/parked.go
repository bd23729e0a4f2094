package store

import (
	"time"

	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Park keeps what a cross-site POST brought until the GET that names it. The id begins with the time at which it is forgotten.
func Park(tx kv.Tx, id session.ID, form string) error {
	// Blind: the id is new.
	return tx.Put(schema.Parked, id[:], []byte(form))
}

// Unpark gives back what was parked, once. False: it is not there.
func Unpark(tx kv.Tx, id session.ID) (form string, ok bool, err error) {
	value, err := tx.Get(schema.Parked, id[:])
	if err != nil || value == nil {
		return "", false, err
	}
	return string(value), true, tx.Delete(schema.Parked, id[:])
}

// ExpiryOf is the time that an id begins with.
func ExpiryOf(id session.ID) time.Time { return timeOf(id[:]) }

// Forgotten reports whether an id that begins with its expiry has expired.
func Forgotten(id session.ID, nowMillis int64) bool { return timeOf(id[:]).UnixMilli() <= nowMillis }
