package store

import (
	"bytes"
	"fmt"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

const (
	maxKept     = 16 << 10 // bytes of one value that a run keeps
	maxKeptName = 64       // bytes
)

// ChangeKept replaces what a run keeps under a name: change gets what is there and gives what shall be, nil for nothing. It fails with what
// change fails with. What is kept is forgotten when the run expires.
func ChangeKept(tx kv.Tx, run RunID, name string, change func(value []byte) ([]byte, error)) error {
	if name == "" || len(name) > maxKeptName {
		return fmt.Errorf("keep of a run: a name has 1 to %d bytes, not %d", maxKeptName, len(name))
	}
	key := append(append(make([]byte, 0, len(run)+len(name)), run[:]...), name...)
	before, err := tx.Get(schema.RunKeep, key)
	if err != nil {
		return err
	}
	after, err := change(before)
	switch {
	case err != nil:
		return err
	case len(after) > maxKept:
		return fmt.Errorf("keep of a run: %d bytes, at most %d", len(after), maxKept)
	case (after == nil) == (before == nil) && bytes.Equal(after, before):
		return nil // a page that is shown again writes nothing
	case after == nil:
		return tx.Delete(schema.RunKeep, key)
	}
	return tx.Put(schema.RunKeep, key, after)
}
