package flowhost

import (
	"context"
	"time"

	"vigil/internal/store"
)

const (
	// forgetEvery is how often kept sources are looked through.
	forgetEvery = 6 * time.Hour
	// forgetAtOnce bounds what one transaction looks at.
	forgetAtOnce = 50
)

// Forget notes which flows serve now, and removes the sources of those that no run and no recording can need any more. It is for one goroutine.
func (f *Flows) Forget(ctx context.Context) error {
	now := f.clock()
	if !f.forgot.IsZero() && now.Sub(f.forgot) < forgetEvery {
		return nil
	}
	library := f.now.Load().library
	opened := library.Opened()
	var hashes []string
	for _, flow := range library.Flows() {
		if keeps(flow, opened) {
			hashes = append(hashes, flow.Hash)
		}
	}
	if err := store.NoteServed(ctx, f.kv, hashes, now); err != nil {
		return err
	}
	for after := ""; ; {
		forgotten, next, err := store.ForgetFlows(ctx, f.kv, now, after, forgetAtOnce)
		if err != nil {
			return err
		}
		f.unpin(forgotten)
		if after = next; after == "" {
			f.forgot = now
			return nil
		}
	}
}

// unpin lets go of compiled flows.
func (f *Flows) unpin(hashes []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, hash := range hashes {
		delete(f.pinned, hash)
	}
}
