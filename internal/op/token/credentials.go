package token

import (
	"context"

	"vigil/internal/clientauth"
	"vigil/internal/grant"
	"vigil/internal/mint"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// ownTokens gives an application an access token for itself: there is no person and no session, and nothing to refresh.
//
// RFC 6749 4.4: confidential clients only; 4.4.3: no refresh token.
func (x *exchange) ownTokens(ctx context.Context) (*answer, *oidc.Error) {
	if !x.app.AllowsGrant(tenant.GrantClientCredentials) || x.app.TokenEndpointAuthMethod == tenant.AuthNone {
		return nil, notAllowed("client credentials")
	}
	scope, fault := x.ownScope()
	if fault != nil {
		return nil, fault
	}
	g, err := grant.New(x.now, x.Random)
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	f := &grant.Family{
		EnvironmentID: x.base.Environment.ID, Issuer: x.base.Issuer(), ClientID: x.app.ClientID, Scope: scope.String(),
		Handle: grant.NewHandle(g.ID, x.now.Add(mint.AccessLifetime(x.app))),
	}
	of, fault := x.share(f, scope)
	if fault != nil {
		return nil, fault
	}
	given, err := x.mint(ctx, f, of)
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	return given, nil
}

// ownScope is what was asked for, or all that the application may have, without what makes sense for people only.
//
// RFC 6749 3.3: a default for requests that name no scope.
func (x *exchange) ownScope() (oidc.Scope, *oidc.Error) {
	personal := func(scope string) bool {
		return scope == oidc.ScopeOpenID || scope == oidc.ScopeOfflineAccess
	}
	var may oidc.Scope
	for _, s := range x.app.Scopes {
		if !personal(s) {
			may = append(may, s)
		}
	}
	if len(x.request.Scope) == 0 {
		return may, nil
	}
	if !x.request.Scope.Within(may) {
		return nil, oidc.InvalidScope("scope is wider than the application may have for itself")
	}
	return x.request.Scope, nil
}
