package flowhost

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// Flows are the flows that serve now and those that runs in progress are pinned to.
type Flows struct {
	library  *engine.Library
	registry *connector.Registry
	kv       kv.Store

	mu     sync.Mutex
	pinned map[string]*graph.Flow // by hash, compiled again from kept sources
}

// NewFlows keeps the sources of a library's flows, so that runs which begin today go on after the files have changed.
func NewFlows(ctx context.Context, library *engine.Library, registry *connector.Registry, keep kv.Store) (*Flows, error) {
	f := &Flows{library: library, registry: registry, kv: keep, pinned: map[string]*graph.Flow{}}
	for _, flow := range library.Flows() {
		sources, err := json.Marshal(library.Sources(flow))
		if err != nil {
			return nil, fmt.Errorf("encode flow %q: %w", flow.Name, err)
		}
		if err := keep.Update(ctx, func(tx kv.Tx) error { return store.KeepFlow(tx, flow.Hash, sources) }); err != nil {
			return nil, fmt.Errorf("keep flow %q: %w", flow.Name, err)
		}
	}
	return f, nil
}

// Named gives the flow that serves under a name now. Nil: none.
func (f *Flows) Named(name string) *graph.Flow { return f.library.Flow(name) }

// Pinned gives the flow of a run in progress, as it was when the run began.
func (f *Flows) Pinned(ctx context.Context, name, hash string) (*graph.Flow, error) {
	if flow := f.library.Flow(name); flow != nil && flow.Hash == hash {
		return flow, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if flow := f.pinned[hash]; flow != nil {
		return flow, nil
	}
	var kept []byte
	err := f.kv.View(ctx, func(r kv.Reader) error {
		value, err := store.KeptFlow(r, hash)
		kept = append([]byte(nil), value...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read kept flow %q: %w", name, err)
	}
	var sources map[string][]byte
	if err := json.Unmarshal(kept, &sources); err != nil {
		return nil, fmt.Errorf("flow %q of a run in progress is not kept: %w", name, err)
	}
	flow, diagnostics := engine.CompileSources(name, sources, f.registry)
	if flow == nil || flow.Hash != hash {
		return nil, fmt.Errorf("flow %q of a run in progress does not compile any more: %d mistakes", name, len(diagnostics))
	}
	f.pinned[hash] = flow
	return flow, nil
}
