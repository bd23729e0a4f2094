package signoff

import (
	"net/http"

	"vigil/internal/grant"
	"vigil/internal/hint"
	"vigil/internal/session"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// idpSignOff ends the session that an ID token names, whoever sends it: a server of the application, or another browser. The cookies of this
// browser are touched only if it is its own session.
func (e *Endpoint) idpSignOff(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	x := &exchange{w: w, r: r, base: base}
	form, done, err := e.read(x)
	if err != nil || done {
		return err
	}
	if fault := e.check(x, form); fault != nil {
		return e.fail(x, fault)
	}
	if fault := mayAlone(x); fault != nil {
		return e.fail(x, fault)
	}
	if x.agent, err = e.Agents.Recognise(r, base); err != nil {
		return err
	}
	if s := x.agent.Session; s != nil && names(x.hint, s.ID) {
		return e.end(x, x.request.redirectURI != "")
	}
	f := farewell{leave: x.request.redirectURI != ""}
	other, found, err := e.Named(r.Context(), base.Environment.ID, *x.hint)
	if err != nil {
		return err
	}
	if found {
		if f.incomplete, err = e.endSession(x, other, false); err != nil {
			return err
		}
	}
	return e.say(x, f)
}

// mayAlone wants a hint, of an application that may sign off with nothing else.
func mayAlone(x *exchange) error {
	switch {
	case x.request.idTokenHint == "":
		return errHint
	case x.hint == nil:
		return hint.ErrNone
	case !x.app.IDPSignoff:
		return errAlone
	}
	return nil
}

func names(h *hint.Hint, id session.ID) bool {
	return h.PublicSessionID != "" && h.PublicSessionID == grant.PublicSessionID(id[:])
}
