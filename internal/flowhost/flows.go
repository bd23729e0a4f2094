package flowhost

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
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
	offer    []engine.Option
	// languages are those of the library's texts; flows of runs in progress that have changed since speak their own.
	languages matcher
	kv        kv.Store

	mu     sync.Mutex
	pinned map[string]*graph.Flow // by hash, compiled again from kept sources
}

// NewFlows keeps the sources of a library's flows, so that runs which begin today go on after the files have changed.
// Offer is what the library was compiled with.
func NewFlows(ctx context.Context, keep kv.Store, library *engine.Library, registry *connector.Registry, offer ...engine.Option) (*Flows, error) {
	f := &Flows{library: library, registry: registry, offer: offer, languages: newMatcher(library.Languages()), kv: keep, pinned: map[string]*graph.Flow{}}
	opened := library.Opened()
	for _, flow := range library.Flows() {
		if flow.Part && !opened[flow.Name] {
			continue
		}
		sources, err := pack(flow)
		if err != nil {
			return nil, fmt.Errorf("pack flow %q: %w", flow.Name, err)
		}
		if err := keep.Update(ctx, func(tx kv.Tx) error { return store.KeepFlow(tx, flow.Hash, sources) }); err != nil {
			return nil, fmt.Errorf("keep flow %q: %w", flow.Name, err)
		}
	}
	return f, nil
}

// pack puts the files of a flow and of all parts it calls or opens into one archive: the same bytes for the same files.
func pack(flow *graph.Flow) ([]byte, error) {
	files := map[string][]byte{}
	gather(flow, files)
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := archive.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func gather(flow *graph.Flow, files map[string][]byte) {
	files[flow.Name+".yaml"] = flow.Source
	for _, part := range flow.Parts() {
		gather(part, files)
	}
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
	archive, err := zip.NewReader(bytes.NewReader(kept), int64(len(kept)))
	if err != nil {
		return nil, fmt.Errorf("flow %q of a run in progress is not kept: %w", name, err)
	}
	library, diagnostics := engine.Load(archive, f.registry, f.offer...)
	flow := library.Flow(name)
	if flow == nil || flow.Hash != hash {
		return nil, fmt.Errorf("flow %q of a run in progress does not compile any more: %d mistakes", name, len(diagnostics))
	}
	f.pinned[hash] = flow
	return flow, nil
}
