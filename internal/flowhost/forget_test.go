package flowhost_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// kept are the hashes of all flows whose sources are kept.
func (h *house) kept() (hashes []string) {
	h.t.Helper()
	err := h.server.Worker.KV.View(h.t.Context(), func(r kv.Reader) error {
		hashes = nil
		entries, err := r.Scan(schema.Flow, nil, nil, kv.MaxKeys)
		for _, e := range entries {
			hashes = append(hashes, string(e.Key))
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return hashes
}

// edit changes the one flow of greeters.
func (h *house) edit(from, to string) {
	h.t.Helper()
	path := filepath.Join(h.folder, "flows", "greeting.yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(greeting, from, to, 1)), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if changed, err := h.server.ReloadFlows(h.t.Context(), nil); err != nil || len(changed) != 1 {
		h.t.Fatalf("%v, %v", changed, err)
	}
}

// later lets time go by, as it does for the server: with its background work.
func (h *house) later(days int) {
	h.t.Helper()
	for range days {
		h.pass(24 * time.Hour)
		if err := h.server.Worker.Forget(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
	}
}

func TestTheSourcesOfAFlowAreKeptForAsLongAsSomethingMayNeedThem(t *testing.T) {
	h := greeters(t, "4m")
	first := h.kept()
	h.edit("Greets, and", "Greets, timeless, and")
	h.edit("title: Greets, and asks for a name", "title: Greets for two days\ntimeout: 48h")
	b := h.browser().visit(http.MethodGet, authorize, nil)
	h.edit("Once more", "And once more")
	if got := h.kept(); len(got) != 4 {
		t.Fatalf("%d flows are kept", len(got))
	}
	h.later(1)
	h.pass(23 * time.Hour)
	b.press("go", "word", "Ada").shows("Once more.")
	h.later(int(store.FlowKept/(24*time.Hour)) - 2)
	if got := h.kept(); len(got) != 4 {
		t.Errorf("%d flows are kept", len(got))
	}
	h.later(3)
	if got := h.kept(); len(got) != 1 || slices.Contains(first, got[0]) {
		t.Errorf("of %v is left what served last, not %v", got, first)
	}
	h.browser().visit(http.MethodGet, authorize, nil).press("go", "word", "Ada").shows("And once more.")
	h.edit("nothing", "at all") // as it was at first
	if got := h.kept(); len(got) != 2 || !slices.Contains(got, first[0]) {
		t.Errorf("a flow that serves again is not kept: %v", got)
	}
}

func TestSourcesThatWereKeptBeforeAnybodyNotedWhenTheyServedAreForgottenToo(t *testing.T) {
	h := greeters(t, "4m")
	h.edit("Once more", "And once more")
	hashes := h.kept()
	err := h.server.Worker.KV.Update(t.Context(), func(tx kv.Tx) error {
		for _, hash := range hashes {
			if err := tx.Delete(schema.FlowServed, []byte(hash)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h.later(10)
	if got := h.kept(); len(got) != 2 {
		t.Errorf("after ten days %d flows are kept", len(got))
	}
	h.later(10)
	if got := h.kept(); len(got) != 1 {
		t.Errorf("after twenty days %d flows are kept", len(got))
	}
}
