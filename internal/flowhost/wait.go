package flowhost

import (
	"net/http"

	"vigil/engine/connector"
	"vigil/engine/run"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
)

// waitPath tells a page that waits whether it is worth loading again.
const waitPath = "/signon/waiting"

// showWaiting answers GET /signon/waiting: 204 while nothing has changed, anything else when the page is to be loaded again. It changes nothing.
func (h *Host) showWaiting(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	agent, found, err := h.open(w, r, base)
	if err != nil || found == nil {
		return err
	}
	pending, err := h.pending(r, agent, found)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	if pending {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// pending reports whether a run stands at a form whose challenge nobody has answered.
func (h *Host) pending(r *http.Request, agent *useragent.Agent, kept *store.Run) (bool, error) {
	if kept.Outcome != nil {
		return false, nil
	}
	shown, err := h.Show(r, agent, kept)
	if err != nil || shown.Page.Wait == nil {
		return false, nil //nolint:nilerr // the page says why it cannot be shown
	}
	reply, err := h.Links.Reply(r.Context(), kept.EnvironmentID, connector.ChallengeValue{ID: shown.Page.Wait.ChallengeID}, agent.Now)
	return reply.State == run.Pending, err
}
