package flowtest

import (
	"bytes"
	"context"
	"maps"
	"strings"
)

// kept is what runs keep beside their state, by run and name.
type kept map[string][]byte

// keep is where the runs of a stage keep it.
type keep struct{ *Stage }

// Change implements builtin.Keep.
func (s keep) Change(_ context.Context, runID, name string, change func(value []byte) ([]byte, error)) error {
	key := runID + "\x00" + name
	after, err := change(bytes.Clone(s.kept[key]))
	if err != nil {
		return err
	}
	// A new map: moments of the past go on holding the old one.
	next := maps.Clone(s.kept)
	if next == nil {
		next = kept{}
	}
	if next[key] = after; after == nil {
		delete(next, key)
	}
	s.kept = next
	return nil
}

// without drops what a run keeps. The stage uses one id for one run after the other.
func (k kept) without(runID string) kept {
	rest := kept{}
	for key, value := range k {
		if !strings.HasPrefix(key, runID+"\x00") {
			rest[key] = value
		}
	}
	return rest
}
