package signoff

import (
	"context"
	"net/http"

	"vigil/internal/hint"
	"vigil/internal/session"
	"vigil/internal/useragent"
)

// End ends a session for a dialect that answers in its own words, and tells those who joined it. The cookies of the browser are written if it
// is the browser's own.
func (e *Endpoint) End(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, id session.ID) error {
	if _, err := e.endSession(&exchange{w: w, r: r, base: agent.Base, agent: agent}, id, false); err != nil {
		return err
	}
	if agent.Session != nil && agent.Session.ID == id {
		agent.SignOff(w.Header())
	}
	return nil
}

// Named finds the session that a hint names, in whatever browser it lives. False: it has ended.
func (e *Endpoint) Named(ctx context.Context, environmentID string, h hint.Hint) (id session.ID, found bool, err error) {
	return e.Agents.Sessions.OfUser(ctx, environmentID, h.Subject, func(id session.ID) bool { return names(&h, id) })
}
