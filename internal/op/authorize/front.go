package authorize

import (
	"errors"
	"fmt"
	"strconv"

	"vigil/internal/grant"
	"vigil/internal/mint"
	"vigil/internal/oidc"
)

// issue puts into a response what its type asks for.
//
// OAuth Multiple Response Types 3, 5; OIDC Core 3.2.2.5, 3.3.2.5.
func (e *Endpoint) issue(x *exchange, a answer, response *oidc.Response) error {
	g, err := e.grantOf(x, a)
	if err != nil {
		return err
	}
	code := ""
	if x.request.ResponseType.Has(oidc.ResponseCode) {
		if code, err = e.Grants[x.base.Environment.ID].Seal(g); err != nil {
			return fmt.Errorf("seal code: %w", err)
		}
		response.Add("code", code)
	}
	if !x.request.ResponseType.FrontChannel() {
		return nil
	}
	return e.issueTokens(x, g, code, response)
}

// issueTokens signs what travels on the front channel itself.
func (e *Endpoint) issueTokens(x *exchange, g *grant.Grant, code string, response *oidc.Response) error {
	f := g.Begin()
	f.Handle = grant.NewHandle(g.ID, x.agent.Now.Add(mint.AccessLifetime(x.app)))
	minter, id := mint.Minter{Keys: e.Keys, Grants: e.Grants, Random: e.Random, Recipients: e.Clients.Keys}, mint.IDToken{Nonce: g.Nonce, Code: code}
	var err error
	if x.request.ResponseType.Has(oidc.ResponseToken) {
		granted, _ := oidc.ParseScope(f.Scope)
		to, fault := x.target(granted)
		if fault != nil {
			return fault
		}
		scope := oidc.Scope(to.Scope).String()
		if id.AccessToken, err = minter.Access(x.app, f, mint.AccessToken{Scope: scope, Audience: to.Audiences}, x.agent.Now); err != nil {
			return err
		}
		// RFC 6749 4.2.2.
		response.Add("access_token", id.AccessToken).Add("token_type", "Bearer").
			Add("expires_in", strconv.FormatInt(int64(mint.AccessLifetime(x.app).Seconds()), 10)).Add("scope", scope)
	}
	if !x.request.ResponseType.Has(oidc.ResponseIDToken) {
		return nil
	}
	if id.Person, err = e.personOf(x, f); err != nil {
		return err
	}
	token, err := minter.IDToken(x.r.Context(), x.app, f, id, x.agent.Now)
	if err != nil {
		return err
	}
	response.Add("id_token", token)
	return nil
}

// personOf is what the scope shows of the person in an ID token that comes alone. Nil: userinfo tells.
//
// OIDC Core 5.4: the claims of the scope are in the ID token when no access token is issued, as for response_type=id_token.
func (e *Endpoint) personOf(x *exchange, f *grant.Family) (*oidc.Claims, error) {
	if x.request.ResponseType != oidc.ResponseIDToken {
		return nil, nil
	}
	claims, err := e.Users.UserClaims(x.r.Context(), f.EnvironmentID, f.UserID)
	if errors.Is(err, grant.ErrGone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read person: %w", err)
	}
	scope, _ := oidc.ParseScope(f.Scope)
	shown := claims.ForScope(scope)
	return &shown, nil
}
