package flowhost

import (
	"context"
	"fmt"
	"net/http"

	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/useragent"
)

// KeepEnded keeps what a flow came to that ended at once, for a caller who has one more thing to ask, and gives the address of the caller's
// /as/resume. Cookies go to header.
func (h *Host) KeepEnded(ctx context.Context, agent *useragent.Agent, header http.Header, ask Ask, outcome *store.Outcome) (location string, err error) {
	flow, _, err := h.chosen(ctx, agent, header, ask.Flow)
	if err != nil {
		return "", err
	}
	r, err := h.newRun(agent, flow, ask)
	if err != nil {
		return "", err
	}
	r.StartedIn, r.Outcome = nil, outcome
	if r.BrowserDigest, err = h.Agents.RunKey(agent, header); err != nil {
		return "", err
	}
	if err := h.KV.Update(ctx, func(tx kv.Tx) error { return store.PutNewRun(tx, r) }); err != nil {
		return "", fmt.Errorf("keep run: %w", err)
	}
	return resumeAt(agent.Base, r), nil
}
