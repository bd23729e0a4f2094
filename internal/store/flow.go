package store

import (
	"bytes"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// KeepFlow keeps the sources of a flow under its hash. Writing what is there already writes nothing.
func KeepFlow(tx kv.Tx, hash string, sources []byte) error {
	kept, err := tx.Get(schema.Flow, []byte(hash))
	if err != nil || bytes.Equal(kept, sources) {
		return err
	}
	return tx.Put(schema.Flow, []byte(hash), sources)
}

// KeptFlow gives the sources of a flow. Nil: they are not kept.
func KeptFlow(r kv.Reader, hash string) ([]byte, error) { return r.Get(schema.Flow, []byte(hash)) }
