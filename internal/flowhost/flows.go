package flowhost

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// Flows are the flows that serve now and those that runs in progress are pinned to.
type Flows struct {
	now      atomic.Pointer[edition]
	registry *connector.Registry
	offer    []engine.Option
	kv       kv.Store
	clock    func() time.Time

	forgot time.Time // when Forget looked last

	mu     sync.Mutex
	pinned map[string]*graph.Flow // by hash, compiled again from kept sources
}

// edition is what serves from one reading of the folder to the next.
type edition struct {
	library *engine.Library
	// languages are those of the library's texts; flows of runs in progress that have changed since speak their own.
	languages matcher
}

// NewFlows keeps the sources of a library's flows, so that runs which begin today go on after the files have changed.
// Offer is what the library was compiled with.
func NewFlows(ctx context.Context, keep kv.Store, clock func() time.Time, library *engine.Library, registry *connector.Registry, offer ...engine.Option) (*Flows, error) {
	f := &Flows{registry: registry, offer: offer, kv: keep, clock: clock, pinned: map[string]*graph.Flow{}}
	_, err := f.Replace(ctx, library)
	return f, err
}

// Replace lets another library serve from now on, and names the flows in it that are new or changed. Runs in progress stay with the flow that they
// began with. On an error nothing changed.
func (f *Flows) Replace(ctx context.Context, library *engine.Library) (changed []string, err error) {
	opened, before := library.Opened(), f.now.Load()
	for _, flow := range library.Flows() {
		if before != nil {
			if was := before.library.Flow(flow.Name); was == nil || was.Hash != flow.Hash {
				changed = append(changed, flow.Name)
			}
		}
		if !keeps(flow, opened) {
			continue
		}
		sources, err := pack(flow)
		if err != nil {
			return nil, fmt.Errorf("pack flow %q: %w", flow.Name, err)
		}
		if err := f.kv.Update(ctx, func(tx kv.Tx) error { return store.KeepFlow(tx, flow.Hash, sources, f.clock()) }); err != nil {
			return nil, fmt.Errorf("keep flow %q: %w", flow.Name, err)
		}
	}
	f.now.Store(&edition{library: library, languages: newMatcher(library.Languages())})
	return changed, nil
}

// keeps reports whether runs are pinned to a flow itself.
func keeps(flow *graph.Flow, opened map[string]bool) bool { return !flow.Part || opened[flow.Name] }

// Serving lists the flows that serve now, parts too, sorted by name.
func (f *Flows) Serving() []*graph.Flow { return f.now.Load().library.Flows() }

// pack puts a flow and all parts it calls or opens into one archive, with what they say in other languages: the same bytes for the same flow.
func pack(flow *graph.Flow) ([]byte, error) {
	files, texts := map[string][]byte{}, map[string]map[string]string{}
	gather(flow, files, texts)
	for tag, said := range texts {
		text, err := json.MarshalIndent(said, "", "") // which is YAML too
		if err != nil {
			return nil, err
		}
		files["locales/"+tag+".yaml"] = text
	}
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

func gather(flow *graph.Flow, files map[string][]byte, texts map[string]map[string]string) {
	files[flow.Name+".yaml"] = flow.Source
	for tag, said := range flow.Texts {
		if texts[tag] == nil {
			texts[tag] = map[string]string{}
		}
		maps.Copy(texts[tag], said)
	}
	for _, part := range flow.Parts() {
		gather(part, files, texts)
	}
}

// Named gives the flow that serves under a name now. Nil: none.
func (f *Flows) Named(name string) *graph.Flow { return f.now.Load().library.Flow(name) }

// Pinned gives the flow of a run in progress, as it was when the run began.
func (f *Flows) Pinned(ctx context.Context, name, hash string) (*graph.Flow, error) {
	if flow := f.Named(name); flow != nil && flow.Hash == hash {
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
