package token

import (
	"vigil/internal/grant"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// share is what a request gets of a grant.
type share struct {
	scope  oidc.Scope    // what was granted, or what the request narrowed it to
	access tenant.Target // of the access token
	nonce  string        // of the ID token. Empty: it has none
}

// share finds what the access token of a grant is for, before anything of the grant is used up.
//
// RFC 8707 2.2: a request names resources among those that the grant was given for; without any it is for all of them.
func (x *exchange) share(f *grant.Family, scope oidc.Scope) (share, *oidc.Error) {
	named := x.request.Resources
	switch {
	case len(named) == 0:
		named = f.Resources
	case len(f.Resources) > 0 && !oidc.Scope(named).Within(f.Resources):
		return share{}, badTarget("resource was not in the authorization request")
	}
	access, ok := x.base.Target(x.app, scope, named)
	if !ok {
		return share{}, badTarget("resource is unknown, has none of the scopes, or there are too many for one token")
	}
	return share{scope: scope, access: access}, nil
}

// whole is the share that a grant itself has.
func (x *exchange) whole(f *grant.Family) (share, *oidc.Error) {
	scope, _ := oidc.ParseScope(f.Scope)
	return x.share(f, scope)
}

// badTarget: RFC 8707 2: invalid_target.
func badTarget(why string) *oidc.Error { return oidc.NewError(oidc.CodeInvalidTarget, why) }
