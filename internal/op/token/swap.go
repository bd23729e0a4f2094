package token

import (
	"context"
	"net/http"
	"slices"
	"time"

	"vigil/internal/accesstoken"
	"vigil/internal/clientauth"
	"vigil/internal/grant"
	"vigil/internal/mint"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// maxActors bounds the chain of those who act for somebody.
const maxActors = 4

// swap exchanges an access token of ours for one of the application that asks, which acts for the person from then on. The new token is
// never worth more: its scope is within both, it dies no later, and whatever revokes the old one revokes it.
//
// RFC 8693 2.
func (x *exchange) swap(ctx context.Context) (*answer, *oidc.Error) {
	if !x.app.AllowsGrant(tenant.GrantTokenExchange) || x.app.TokenEndpointAuthMethod == tenant.AuthNone {
		return nil, notAllowed("token exchange")
	}
	named, fault := x.checkExchange()
	if fault != nil {
		return nil, fault
	}
	old, fault := x.Tokens.Read(ctx, x.base, x.request.Exchange.SubjectToken, x.now)
	switch {
	case fault != nil && fault.HTTPStatus() >= http.StatusInternalServerError:
		return nil, fault
	case fault != nil:
		return nil, badSubject(fault.Detail)
	case old.UserID == "":
		return nil, badSubject("of nobody")
	case old.KeyThumbprint() != "" && old.KeyThumbprint() != x.thumbprint:
		// RFC 9449 7: a bound token is used by whoever has its key.
		return nil, badSubject("bound to another key")
	case old.CertificateThumbprint() != "" && old.CertificateThumbprint() != x.certificate:
		// RFC 8705 3: with its certificate.
		return nil, badSubject("bound to another certificate")
	}
	scope, fault := x.swappedScope(old)
	if fault != nil {
		return nil, fault
	}
	target := tenant.Target{Audiences: named, Scope: scope}
	if !slices.Equal(named, []string{x.app.ClientID}) {
		var ok bool
		if target, ok = x.base.Target(x.app, scope, named); !ok {
			return nil, badTarget("the audience is this server, a resource that the scope is of, or the application itself")
		}
	}
	return x.swapped(old, target)
}

// checkExchange gives the audience that is named for the new token, if one is. What is not understood is refused, never ignored.
//
// RFC 8693 2.1, 2.2.2.
func (x *exchange) checkExchange() (named []string, fault *oidc.Error) {
	r := x.request.Exchange
	named = append(append(named, r.Audience...), x.request.Resources...)
	switch {
	case r.SubjectTokenType != oidc.TokenTypeAccess:
		return nil, oidc.InvalidRequest("subject_token_type must be " + oidc.TokenTypeAccess)
	case r.ActorToken != "" || r.ActorTokenType != "":
		return nil, oidc.InvalidRequest("actor_token is not supported: the application itself is the actor")
	case r.RequestedTokenType != "" && r.RequestedTokenType != oidc.TokenTypeAccess:
		return nil, oidc.InvalidRequest("requested_token_type must be " + oidc.TokenTypeAccess)
	case len(named) > 1:
		return nil, badTarget("one audience at most")
	}
	return named, nil
}

// swappedScope is what was asked for, or all that both the old token and the application may have.
func (x *exchange) swappedScope(old accesstoken.Token) (oidc.Scope, *oidc.Error) {
	var both oidc.Scope
	for _, s := range old.Scope {
		if s != oidc.ScopeOfflineAccess && oidc.Scope(x.app.Scopes).Has(s) {
			both = append(both, s)
		}
	}
	if len(x.request.Scope) == 0 {
		return both, nil
	}
	if !x.request.Scope.Within(both) {
		return nil, oidc.InvalidScope("scope is wider than that of the token or of the application")
	}
	return x.request.Scope, nil
}

func (x *exchange) swapped(old accesstoken.Token, target tenant.Target) (*answer, *oidc.Error) {
	c := old.Claims
	actor := &grant.Actor{ClientID: x.app.ClientID, Subject: x.app.ClientID, Actor: c.Actor}
	for depth, a := 1, actor; a != nil; a, depth = a.Actor, depth+1 {
		if depth > maxActors {
			return nil, badSubject("too many actors")
		}
	}
	f := &grant.Family{
		EnvironmentID: x.base.Environment.ID, Issuer: c.Issuer, ClientID: x.app.ClientID, SessionID: old.Reference.SessionID, UserID: old.UserID,
		Scope: oidc.Scope(target.Scope).String(), ACR: c.ACR, AMR: c.AMR, Handle: old.Reference.Handle,
	}
	if c.AuthTime != 0 {
		f.AuthTime = time.Unix(c.AuthTime, 0)
	}
	// The old token's own end, and its application's will to let tokens outlive the session, hold for the new one too.
	app := *x.app
	left := time.Unix(c.Expires, 0).Sub(x.now)
	app.AccessTokenLifetime = min(mint.AccessLifetime(x.app), left)
	app.RefreshTokensOutliveSession = len(old.Reference.SessionID) == 0
	access := mint.AccessToken{Scope: f.Scope, KeyThumbprint: x.thumbprint, CertificateThumbprint: x.certificate, Audience: target.Audiences, Actor: actor}
	minter := mint.Minter{Keys: x.Keys, Grants: x.Grants, Random: x.Random}
	token, err := minter.Access(&app, f, access, x.now)
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	return &answer{
		AccessToken: token, TokenType: access.Type(), ExpiresIn: int64(app.AccessTokenLifetime.Seconds()), Scope: f.Scope,
		IssuedTokenType: oidc.TokenTypeAccess,
	}, nil
}

// badSubject says the same to the client whatever is wrong with a subject token.
//
// RFC 8693 2.2.2: invalid_request for an unacceptable subject token.
func badSubject(detail string) *oidc.Error {
	return oidc.InvalidRequest("the subject token is not valid").WithDetail(detail)
}
