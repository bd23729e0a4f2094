package store

import (
	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Push keeps an authorization request that an application pushed. The id begins with the time at which it is forgotten.
func Push(tx kv.Tx, id session.ID, request []byte) error {
	// Blind: the id is new.
	return tx.Put(schema.Pushed, id[:], request)
}

// Pushed gives a pushed request. Nil: it is not there.
func Pushed(r kv.Reader, id session.ID) ([]byte, error) {
	value, err := r.Get(schema.Pushed, id[:])
	return append([]byte(nil), value...), err
}
