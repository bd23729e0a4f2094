package flowhost

import (
	"bytes"
	"context"
	"errors"

	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// Keep is where runs keep what they must remember besides their state.
type Keep struct{ KV kv.Store }

var errRun = errors.New("keep of a run: the run has no id of ours")

// Change implements the port of the capabilities.
func (k Keep) Change(ctx context.Context, runID, name string, change func(value []byte) ([]byte, error)) error {
	id, ok := unspell(runID)
	if !ok {
		return errRun
	}
	return k.KV.Update(ctx, func(tx kv.Tx) error {
		return store.ChangeKept(tx, id, name, func(value []byte) ([]byte, error) { return change(bytes.Clone(value)) })
	})
}
