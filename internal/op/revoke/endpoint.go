package revoke

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"vigil/internal/accesstoken"
	"vigil/internal/clientauth"
	"vigil/internal/grant"
	"vigil/internal/oidc"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

// Endpoint serves revocations. All fields are required.
type Endpoint struct {
	Store   kv.Store
	Clients *clientauth.Authenticator
	Tokens  *accesstoken.Reader
	Grants  grant.Environments
	Log     *slog.Logger
}

const (
	path    = "/as/revoke"
	maxBody = 32 << 10 // bytes
)

// Mount registers POST /as/revoke.
func (e *Endpoint) Mount(r *web.Router) { r.POST(path, e.serve) }

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	form, fault := clientauth.ReadForm(w, r, maxBody)
	var client oidc.Credentials
	if fault == nil {
		client, fault = oidc.ParseCredentials(form, r.Header.Get("Authorization"))
	}

	var app *tenant.Application
	if fault == nil {
		app, fault = e.Clients.Authenticate(r.Context(), base, base.URL(r.URL.Path), client)
	}

	if fault == nil {
		fault = e.revoke(r.Context(), base, app, form)
	}

	if fault != nil {
		clientauth.Refusal{Log: e.Log, What: "revocation", Base: base, Client: client, Fault: fault}.Answer(r.Context(), w)
		return nil
	}
	// RFC 7009 2.2: 200, whether or not there was such a token; the body is ignored.
	return clientauth.Respond(w, http.StatusOK, "application/json", []byte("{}"))
}

// revoke ends a token of the application. The hint is not needed: tokens tell themselves apart.
//
// RFC 7009 2.1.
func (e *Endpoint) revoke(ctx context.Context, base tenant.Base, app *tenant.Application, form url.Values) *oidc.Error {
	tokens := form["token"]
	if len(tokens) != 1 || tokens[0] == "" {
		return oidc.InvalidRequest("one token is needed")
	}
	err := e.Grants[base.Environment.ID].End(ctx, e.Store, grant.Use{
		Token: tokens[0], EnvironmentID: base.Environment.ID, Issuer: base.Issuer(), ClientID: app.ClientID,
	})
	if errors.Is(err, grant.ErrWrongClient) {
		// RFC 7009 2.1: the token was issued to the client that asks, or else it is refused.
		return oidc.InvalidGrant("the token belongs to another application")
	}
	if !errors.Is(err, grant.ErrInvalid) {
		return failed(err)
	}
	t, fault := e.Tokens.Open(base, tokens[0])
	switch {
	case fault != nil:
		return nil
	case t.Claims.ClientID != app.ClientID:
		return oidc.InvalidGrant("the token belongs to another application")
	}
	return failed(e.Store.Update(ctx, func(tx kv.Tx) error { return grant.Revoke(tx, t.Handle()) }))
}

func failed(err error) *oidc.Error {
	if err == nil {
		return nil
	}
	return clientauth.Failed(err)
}
