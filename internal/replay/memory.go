package replay

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Memory remembers names. Store is required.
type Memory struct{ Store kv.Store }

// First reports whether a name comes for the first time, and remembers it until a time. Of any number of callers with the same name and
// the same time one is the first. The parts of a name are kept apart: ("a", "b") is not ("ab").
func (m Memory) First(ctx context.Context, until time.Time, name ...string) (bool, error) {
	key := binary.BigEndian.AppendUint64(nil, uint64(max(until.UnixMilli(), 0)))[2:]
	h := sha256.New()
	for _, part := range name {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	key = append(key, h.Sum(nil)[:16]...)
	first := false
	err := m.Store.Update(ctx, func(tx kv.Tx) error {
		seen, err := tx.Get(schema.Seen, key)
		if first = err == nil && seen == nil; !first {
			return err
		}
		return tx.Put(schema.Seen, key, nil)
	})
	return first && err == nil, err
}
