package am

import (
	"net/http"
	"net/url"
	"strings"

	"vigil/internal/hint"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// checkSession serves the check-session page, the same as everywhere.
func (e *Endpoint) checkSession(core web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
		if !managed(base) {
			return web.NothingHere()
		}
		return core(w, r, base)
	}
}

// managed reports whether session management is on: in the realm, or in any if none is named.
func managed(base tenant.Base) bool {
	if base.Realm != nil {
		return base.Realm.SessionManagement
	}
	for _, r := range base.Environment.AM.Realms {
		if r.SessionManagement {
			return true
		}
	}
	return false
}

// AM's error codes beside those of the protocol.
const (
	codeBadRequest = "bad_request"
	codeMismatch   = "redirect_uri_mismatch"
	codeRelative   = "relative_redirect_uri"
)

// endSession ends the session that an ID token names (seed 004). Nothing ends before the hint, the application and the address were checked.
func (e *Endpoint) endSession(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	switch {
	case !managed(base):
		return web.NothingHere()
	case useragent.Prefetch(r):
		return web.NotAhead(w)
	}
	form, done, err := e.formOf(w, r, base)
	if err != nil || done {
		return err
	}
	h, fault := e.ending(base, form)
	if fault != nil {
		return fault
	}
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	id, found, err := e.SignOff.Named(r.Context(), base.Environment.ID, h)
	if err != nil {
		return err
	}
	if found {
		if err := e.SignOff.End(w, r, agent, id); err != nil {
			return err
		}
	}
	return leave(w, r, form)
}

// formOf takes the parameters. Done: another site posted, and the browser was sent to a GET that brings its cookies.
func (e *Endpoint) formOf(w http.ResponseWriter, r *http.Request, base tenant.Base) (form url.Values, done bool, err error) {
	if r.Method != http.MethodPost && r.URL.Query().Has(useragent.ParkedParameter) {
		form, ok, err := e.Parking.Unpark(r, base)
		if err == nil && !ok {
			err = oidc.NewError(codeBadRequest, "the request waited too long or was opened twice")
		}
		return form, false, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, true, oidc.NewError(codeBadRequest, "the request could not be read")
	}
	if !useragent.FromElsewhere(r, base) {
		return r.Form, false, nil
	}
	location, err := e.Parking.Park(r, base)
	if err != nil {
		return nil, true, err
	}
	return nil, true, web.Redirect(w, r, location)
}

// ending checks a request that is to end a session.
func (e *Endpoint) ending(base tenant.Base, form url.Values) (hint.Hint, *oidc.Error) {
	for _, name := range []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state"} {
		if len(form[name]) > 1 {
			return hint.Hint{}, oidc.NewError(codeBadRequest, name+" is repeated")
		}
	}
	token, clientID := form.Get("id_token_hint"), form.Get("client_id")
	const encrypted = 4 // RFC 7516 3.1: the dots of a JWE in its compact form
	switch {
	case token == "":
		// seed 004: id_token_hint is required.
		return hint.Hint{}, oidc.NewError(codeBadRequest, "The endSession endpoint requires an id_token_hint parameter")
	case strings.Count(token, ".") == encrypted && clientID == "":
		// seed 004: client_id is required "when the ID token is encrypted".
		return hint.Hint{}, oidc.NewError(codeBadRequest, "client_id is required when the ID token is encrypted")
	}
	h, err := e.Hints.Read(base, token)
	if err != nil {
		return h, oidc.NewError(codeBadRequest, "id_token_hint is not an ID token of this realm").WithDetail(err.Error())
	}
	if clientID != "" && clientID != h.ClientID {
		return h, oidc.NewError(codeBadRequest, "client_id is not the audience of the ID token")
	}
	return h, checkReturn(base.Environment.Application(h.ClientID), form.Get("post_logout_redirect_uri"))
}

// checkReturn holds the address after the ending to those of the application.
//
// seed 004: "This must match one of the values in the Post Logout Redirect URIs setting".
func checkReturn(app *tenant.Application, address string) *oidc.Error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || !u.IsAbs():
		return oidc.NewError(codeRelative, "The redirection URI must be absolute")
	case app == nil || !app.AllowsPostLogoutRedirect(address):
		return oidc.NewError(codeMismatch, "The redirection URI provided does not match a pre-registered value.")
	}
	return nil
}

// leave answers an ending that happened.
//
// seed 004: 302 to the address if there is one, else 204.
func leave(w http.ResponseWriter, r *http.Request, form url.Values) error {
	address := form.Get("post_logout_redirect_uri")
	if address == "" {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if state := form.Get("state"); state != "" {
		separator := "?"
		if strings.Contains(address, "?") {
			separator = "&"
		}
		address += separator + "state=" + escape(state)
	}
	return web.Redirect(w, r, address)
}
