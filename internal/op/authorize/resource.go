package authorize

import (
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// checkResource wants the resources that are named, or that the scopes belong to, to be such that one token can be made for them.
//
// RFC 8707 2.1.
func checkResource(_ *Endpoint, x *exchange) *oidc.Error {
	_, fault := x.target(reduced(x.request.Scope, x.app.Scopes))
	return fault
}

// target finds what an access token with a scope is for.
func (x *exchange) target(scope oidc.Scope) (tenant.Target, *oidc.Error) {
	t, ok := x.base.Target(x.app, scope, x.request.Resources)
	switch {
	case ok:
		return t, nil
	case len(x.request.Resources) > 0:
		return t, oidc.NewError(oidc.CodeInvalidTarget, "resource is unknown, has none of the scopes, or there are too many for one token")
	}
	return t, oidc.InvalidScope("scope is of several resources, which this application may not ask for at once")
}
