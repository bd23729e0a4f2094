package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

const (
	// flowNoted is how old the note may get of when a flow served.
	flowNoted = 12 * time.Hour
	// FlowKept is how long the sources of a flow are kept after it served last. A run takes two days at most, waits as long for a link, and what
	// the link opens takes as long again; a recording of that is kept for RecordingKept.
	FlowKept = 3*48*time.Hour + RecordingKept + 24*time.Hour
)

// KeepFlow keeps the sources of a flow that serves now under its hash. Writing what is there already writes nothing.
func KeepFlow(tx kv.Tx, hash string, sources []byte, now time.Time) error {
	if err := noteServed(tx, hash, now); err != nil {
		return err
	}
	kept, err := tx.Get(schema.Flow, []byte(hash))
	if err != nil || bytes.Equal(kept, sources) {
		return err
	}
	return tx.Put(schema.Flow, []byte(hash), sources)
}

// KeptFlow gives the sources of a flow. Nil: they are not kept.
func KeptFlow(r kv.Reader, hash string) ([]byte, error) { return r.Get(schema.Flow, []byte(hash)) }

// NoteServed notes that flows serve now.
func NoteServed(ctx context.Context, s kv.Store, hashes []string, now time.Time) error {
	for _, hash := range hashes {
		if err := s.Update(ctx, func(tx kv.Tx) error { return noteServed(tx, hash, now) }); err != nil {
			return err
		}
	}
	return nil
}

func noteServed(tx kv.Tx, hash string, now time.Time) error {
	last, noted, err := served(tx, hash)
	if err != nil || noted && now.Sub(last) < flowNoted {
		return err
	}
	return tx.Put(schema.FlowServed, []byte(hash), binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli()))[2:])
}

// served is when a flow was known to serve last. Noted: it is known.
func served(r kv.Reader, hash string) (last time.Time, noted bool, err error) {
	value, err := r.Get(schema.FlowServed, []byte(hash))
	if err != nil || len(value) != 6 {
		return time.Time{}, false, err
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(append([]byte{0, 0}, value...)))), true, nil
}

// ForgetFlows removes the sources of flows that served last longer than FlowKept ago, looking at some after a hash. Next is where to go on;
// empty: there are no others.
func ForgetFlows(ctx context.Context, s kv.Store, now time.Time, after string, some int) (forgotten []string, next string, err error) {
	err = s.Update(ctx, func(tx kv.Tx) error {
		forgotten, next = nil, ""
		from := append([]byte(after), 0)
		if after == "" {
			from = nil
		}
		entries, err := tx.Scan(schema.Flow, from, nil, some)
		if err != nil {
			return err
		}
		for _, e := range entries {
			hash := string(e.Key)
			switch last, noted, err := served(tx, hash); {
			case err != nil:
				return err
			case !noted: // kept before anybody noted it
				if err := noteServed(tx, hash, now); err != nil {
					return err
				}
			case now.Sub(last) > FlowKept:
				if err := tx.Delete(schema.Flow, e.Key); err != nil {
					return err
				}
				if err := tx.Delete(schema.FlowServed, e.Key); err != nil {
					return err
				}
				forgotten = append(forgotten, hash)
			}
		}
		if len(entries) == some {
			next = string(entries[some-1].Key)
		}
		return nil
	})
	return forgotten, next, err
}
