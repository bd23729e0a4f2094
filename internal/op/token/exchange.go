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
	// thumbprint is the key that the client proved to have. Empty: none.
	thumbprint string
	// certificate is the digest of the one that the tokens are bound to. Empty: none.
	certificate string
	now         time.Time
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
	case oidc.GrantClientCredentials:
		return x.ownTokens(ctx)
	case oidc.GrantDeviceCode:
		return x.device(ctx)
	case oidc.GrantTokenExchange:
		return x.swap(ctx)
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
	if g.KeyThumbprint != "" && g.KeyThumbprint != x.thumbprint {
		// RFC 9449 10: the key that dpop_jkt named is the one that the proof is made with.
		return nil, oidc.InvalidGrant("the code is bound to another key")
	}

	redemption := grant.Redemption{Grant: g, Now: x.now, Alive: x.Liveness(g.SessionID)}
	f := g.Begin()
	of, fault := x.whole(f)
	if fault != nil {
		return nil, fault
	}
	of.nonce = g.Nonce
	refreshToken, until, fault := x.begin(f)
	if fault != nil {
		return nil, fault
	}
	if refreshToken != "" {
		redemption.Family = f
	}
	redemption.Until, f.Handle = until, grant.NewHandle(g.ID, until)

	if err := grant.Redeem(ctx, x.Store, redemption); err != nil {
		return nil, refusalOfCode(err)
	}
	given, err := x.mint(ctx, f, of)
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	given.RefreshToken = refreshToken
	return given, nil
}

// begin gives a grant its first refresh token, if the application gets one, and says until when anything of it may live.
func (x *exchange) begin(f *grant.Family) (refreshToken string, until time.Time, fault *oidc.Error) {
	access := mint.AccessLifetime(x.app)
	if !refreshes(x.app, f.Scope) {
		return "", x.now.Add(access), nil
	}
	expires := x.refreshEnd()
	refreshToken, err := x.Grants[f.EnvironmentID].Begin(f, expires)
	if err != nil {
		return "", until, clientauth.Failed(err)
	}
	f.Slide(x.sliding(), x.now)
	if x.app.TokenEndpointAuthMethod == tenant.AuthNone {
		// RFC 9449 5: refresh tokens of public clients are bound to the key.
		f.KeyThumbprint = x.thumbprint
		// RFC 8705 4: and to the certificate.
		f.CertificateThumbprint = x.certificate
	}
	return refreshToken, expires.Add(access), nil
}

// checkCode holds a token request against the grant that its code stands for.
func checkCode(g *grant.Grant, app *tenant.Application, issuer string, r oidc.TokenRequest) *oidc.Error {
	switch {
	case !app.AllowsGrant(tenant.GrantAuthorizationCode):
		return notAllowed("authorization codes")
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

// notAllowed says that an application was not given a grant type.
//
// RFC 6749 5.2: unauthorized_client.
func notAllowed(what string) *oidc.Error {
	return oidc.NewError(oidc.CodeUnauthorizedClient, "the application may not use "+what)
}
