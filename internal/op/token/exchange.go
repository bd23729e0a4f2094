package token

import (
	"context"
	"errors"
	"time"

	"vigil/internal/clientauth"
	"vigil/internal/grant"
	"vigil/internal/mint"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// exchange is one token request of an authenticated client.
type exchange struct {
	*Endpoint
	base    tenant.Base
	app     *tenant.Application
	request oidc.TokenRequest
	now     time.Time
}

// defaultRefreshLifetime is that of applications that set none.
const defaultRefreshLifetime = 30 * 24 * time.Hour // PingOne's

func lifetime(set, otherwise time.Duration) time.Duration {
	if set > 0 {
		return set
	}
	return otherwise
}

// give decides by the grant type.
func (x *exchange) give(ctx context.Context) (*answer, *oidc.Error) {
	switch x.request.GrantType {
	case oidc.GrantRefreshToken:
		return x.refresh(ctx)
	default:
		return x.redeem(ctx)
	}
}

// redeem turns an authorization code into tokens.
func (x *exchange) redeem(ctx context.Context) (*answer, *oidc.Error) {
	env := x.Grants[x.base.Environment.ID]
	g, err := env.Open(x.request.Code)
	if err != nil {
		return nil, badCode("malformed")
	}
	if fault := checkCode(g, x.app, x.base.Issuer(), x.request); fault != nil {
		return nil, fault
	}

	access := mint.AccessLifetime(x.app)
	f, until := g.Begin(), x.now.Add(access)
	redemption := grant.Redemption{Grant: g, Now: x.now, Alive: x.Liveness(g.SessionID)}
	refreshToken := ""
	if refreshes(x.app, g.Scope) {
		expires := x.refreshEnd()
		if refreshToken, err = env.Begin(f, expires); err != nil {
			return nil, clientauth.Failed(err)
		}
		f.Slide(x.sliding(), x.now)
		until = expires.Add(access)
		redemption.Family = f
	}
	redemption.Until, f.Handle = until, grant.NewHandle(g.ID, until)

	if err := grant.Redeem(ctx, x.Store, redemption); err != nil {
		return nil, refusalOfCode(err)
	}
	given, err := x.mint(f, f.Scope, g.Nonce)
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	given.RefreshToken = refreshToken
	return given, nil
}

// checkCode holds a token request against the grant that its code stands for.
func checkCode(g *grant.Grant, app *tenant.Application, issuer string, r oidc.TokenRequest) *oidc.Error {
	switch {
	case !app.AllowsGrant(tenant.GrantAuthorizationCode):
		return oidc.NewError(oidc.CodeUnauthorizedClient, "the application may not use authorization codes")
	case g.ClientID != app.ClientID:
		// RFC 6749 4.1.3: the code was issued to this client.
		return badCode("of another client")
	case g.Issuer != issuer:
		return badCode("of another issuer")
	case g.RedirectURI != r.RedirectURI:
		// RFC 6749 4.1.3: redirect_uri is identical to that of the authorization request.
		return oidc.InvalidGrant("redirect_uri differs from the authorization request")
	}
	return checkPKCE(g, app, r.CodeVerifier)
}

// checkPKCE holds the verifier against the challenge, and the challenge against what the application must use.
func checkPKCE(g *grant.Grant, app *tenant.Application, verifier string) *oidc.Error {
	if g.CodeChallenge == "" {
		switch {
		case app.PKCEEnforcement == tenant.PKCERequired || app.PKCEEnforcement == tenant.PKCES256Required:
			return oidc.InvalidGrant("the authorization request had no code_challenge")
		case verifier != "":
			// RFC 9700 2.1.1: a verifier without a challenge betrays that the challenge was taken out.
			return oidc.InvalidGrant("code_verifier without a code_challenge in the authorization request")
		}
		return nil
	}
	if app.PKCEEnforcement == tenant.PKCES256Required && g.CodeChallengeMethod != oidc.ChallengeS256 {
		return oidc.InvalidGrant("code_challenge_method must be S256")
	}
	if verifier == "" {
		return oidc.InvalidGrant("code_verifier is missing")
	}
	// RFC 7636 4.6.
	if !oidc.VerifyPKCE(g.CodeChallengeMethod, g.CodeChallenge, verifier) {
		return oidc.InvalidGrant("code_verifier does not fit the code_challenge")
	}
	return nil
}

// refreshes decides whether a redemption gives a refresh token: an application that may ask for offline_access has to, another one that
// may refresh always gets one (PingOne's reading of OIDC Core 11).
func refreshes(app *tenant.Application, scope string) bool {
	if !app.AllowsGrant(tenant.GrantRefreshToken) {
		return false
	}
	granted, _ := oidc.ParseScope(scope)
	return !oidc.Scope(app.Scopes).Has(oidc.ScopeOfflineAccess) || granted.Has(oidc.ScopeOfflineAccess)
}

// refreshEnd is when a line of refresh tokens that begins now is over.
func (x *exchange) refreshEnd() time.Time {
	one := lifetime(x.app.RefreshTokenDuration, defaultRefreshLifetime)
	return x.now.Add(max(one, x.app.RefreshTokenRollingDuration))
}

// sliding is how long each token of such a line is good without use. Zero: as long as the line.
func (x *exchange) sliding() time.Duration {
	if x.app.RefreshTokenRollingDuration == 0 {
		return 0
	}
	return lifetime(x.app.RefreshTokenDuration, defaultRefreshLifetime)
}

// refresh turns a refresh token into new tokens.
func (x *exchange) refresh(ctx context.Context) (*answer, *oidc.Error) {
	if !x.app.AllowsGrant(tenant.GrantRefreshToken) {
		return nil, oidc.NewError(oidc.CodeUnauthorizedClient, "the application may not use refresh tokens")
	}

	use := grant.Use{
		Token: x.request.RefreshToken, EnvironmentID: x.base.Environment.ID, Issuer: x.base.Issuer(), ClientID: x.app.ClientID,
		Now: x.now, Sliding: x.sliding(), Grace: x.app.RefreshTokenRollingGracePeriodDuration,
		Check: func(f *grant.Family) error { return withinScope(x.request.Scope, f.Scope) },
	}
	if !x.app.RefreshTokensOutliveSession {
		use.Liveness = x.Liveness
	}
	f, next, err := x.Grants[x.base.Environment.ID].Rotate(ctx, x.Store, use)
	if err != nil {
		return nil, refusalOfRefresh(err)
	}
	if _, err := x.Users.UserClaims(ctx, f.EnvironmentID, f.UserID); err != nil {
		return nil, refusalOfRefresh(err)
	}

	scope := f.Scope
	if len(x.request.Scope) > 0 {
		scope = x.request.Scope.String()
	}
	// OIDC Core 12.2: no nonce in the ID token of a refresh.
	given, err := x.mint(f, scope, "")
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	given.RefreshToken = next
	if x.app.CountsAsActivity && x.Touch != nil {
		x.Touch(f.SessionID, x.now)
	}
	return given, nil
}

var errScope = errors.New("scope is wider than the one granted")

// withinScope refuses more than was granted.
//
// RFC 6749 6: a refresh may narrow the scope, never widen it.
func withinScope(asked oidc.Scope, granted string) error {
	outer, _ := oidc.ParseScope(granted)
	if !asked.Within(outer) {
		return errScope
	}
	return nil
}

// badCode says the same to the client whatever is wrong with a code.
func badCode(detail string) *oidc.Error {
	return oidc.InvalidGrant("the code is not valid").WithDetail(detail)
}

func refusalOfCode(err error) *oidc.Error {
	for _, known := range []error{grant.ErrExpired, grant.ErrReplayed, grant.ErrSessionEnded} {
		if errors.Is(err, known) {
			return badCode(err.Error())
		}
	}
	return clientauth.Failed(err)
}

func refusalOfRefresh(err error) *oidc.Error {
	if errors.Is(err, errScope) {
		return oidc.InvalidScope(errScope.Error())
	}
	for _, known := range []error{
		grant.ErrInvalid, grant.ErrExpired, grant.ErrReplayed, grant.ErrWrongClient, grant.ErrSessionEnded, grant.ErrGone,
	} {
		if errors.Is(err, known) {
			return oidc.InvalidGrant("the refresh token is not valid").WithDetail(err.Error())
		}
	}
	return clientauth.Failed(err)
}
