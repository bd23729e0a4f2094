package authorize

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"vigil/internal/flowhost"
	"vigil/internal/piflow"
	"vigil/internal/tenant"
)

// continuePath is where a page says that a browser came back from another provider.
const continuePath = "/davinci/continue"

// goOn serves a page of the application to which a browser came back from another provider, with the token that it got (pi.flow).
//
// RFC 6750 2.1: the token stands in the Authorization header.
func (e *Endpoint) goOn(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	// Only JSON, as with steps.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return sendJSON(w, http.StatusUnsupportedMediaType, piflow.Place{}.NotUnderstood("the content type must be application/json"))
	}
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return sendJSON(w, http.StatusUnauthorized, piflow.Unauthorized())
	}
	kept, input, err := e.Flows.HandIn(r.Context(), agent, strings.TrimSpace(token))
	if err != nil {
		return err
	}
	if kept == nil {
		return sendJSON(w, http.StatusUnauthorized, piflow.Unauthorized())
	}
	x, refused, err := e.takeUp(&exchange{w: w, r: r, base: base, agent: agent}, kept)
	if err != nil || refused {
		return err
	}
	if x.shown, err = e.Flows.Show(r, agent, kept); err != nil {
		if errors.Is(err, flowhost.ErrTimedOut) {
			return sendJSON(w, http.StatusBadRequest, piflow.TimedOut())
		}
		return err
	}
	_, err = e.Flows.Answer(r, agent, w.Header(), x.shown, input)
	switch {
	case errors.Is(err, flowhost.ErrOvertaken):
		return sendJSON(w, http.StatusConflict, e.place(x.base, x.shown).NotUnderstood("another answer was faster"))
	case err != nil:
		return err
	case x.shown.Run.Outcome != nil:
		return e.finish(x)
	}
	return e.present(x, x.shown) // a page that came anew has no form yet, so what was refused comes with it
}
