package signoff

import (
	"errors"
	"fmt"
	"net/url"

	"vigil/internal/hint"
	"vigil/internal/tenant"
)

// request is a sign-off as asked for. An empty parameter counts as absent: clients send post_logout_redirect_uri= when they have none.
type request struct {
	idTokenHint string
	clientID    string
	redirectURI string
	state       string
}

// maxReturn bounds state and post_logout_redirect_uri together, in characters (PingOne's limit).
const maxReturn = 8192

var errParameters = errors.New("a parameter is repeated or too long")

func parse(form url.Values) (request, error) {
	var r request
	for name, into := range map[string]*string{
		"id_token_hint": &r.idTokenHint, "client_id": &r.clientID, "post_logout_redirect_uri": &r.redirectURI, "state": &r.state,
	} {
		values := form[name]
		if len(values) > 1 {
			return r, errParameters
		}
		*into = form.Get(name)
	}
	if len(r.redirectURI)+len(r.state) >= maxReturn {
		return r, errParameters
	}
	return r, nil
}

// form spells the request again, for the question's page.
func (r request) form() url.Values {
	return url.Values{
		"id_token_hint": {r.idTokenHint}, "client_id": {r.clientID},
		"post_logout_redirect_uri": {r.redirectURI}, "state": {r.state},
	}
}

// Faults of a request. None of them may be redirected.
var (
	errClient   = errors.New("client_id does not fit the id_token_hint")
	errUnknown  = errors.New("client_id names no application of this environment")
	errRedirect = errors.New("post_logout_redirect_uri is not registered for this application")
)

// application finds who asks, and whether the person may be sent where the request says. Nil: nobody is named.
//
// OIDC RP-Initiated Logout 2, 3: client_id and the audience of the hint are the same client; the address is one it registered, compared exactly.
func (r request) application(environment *tenant.Environment, h *hint.Hint) (*tenant.Application, error) {
	id := r.clientID
	switch {
	case h != nil && id != "" && id != h.ClientID:
		return nil, errClient
	case h != nil:
		id = h.ClientID
	}
	var app *tenant.Application
	if id != "" {
		if app = environment.Application(id); app == nil {
			return nil, errUnknown
		}
	}
	if r.redirectURI == "" {
		return app, nil
	}
	if app != nil && app.AllowsPostLogoutRedirect(r.redirectURI) || app == nil && environment.AllowsPostLogoutRedirect(r.redirectURI) {
		return app, nil
	}
	if app != nil {
		if part := tenant.OnlyDifference(app.PostLogoutRedirectURIs, r.redirectURI); part != "" {
			return nil, fmt.Errorf("%w: a registered one differs in %s alone", errRedirect, part)
		}
	}
	return nil, errRedirect
}

// returnTo is where the person goes afterwards, with the state.
//
// OIDC RP-Initiated Logout 3: state is passed back if it was given.
func (r request) returnTo() string {
	if r.state == "" {
		return r.redirectURI
	}
	return withQuery(r.redirectURI, "state", r.state)
}

// withQuery adds parameters to an address and leaves everything that is there.
func withQuery(address string, pairs ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += pairs[i] + "=" + url.QueryEscape(pairs[i+1])
	}
	return u.String()
}
