package token

import (
	"context"

	"vigil/internal/grant"
	"vigil/internal/mint"
	"vigil/internal/oidc"
)

// mint signs the tokens that a redemption or a refresh gives.
func (x *exchange) mint(ctx context.Context, f *grant.Family, of share) (*answer, error) {
	minter := mint.Minter{Keys: x.Keys, Grants: x.Grants, Random: x.Random, Recipients: x.Clients.Keys}
	access := mint.AccessToken{
		Scope: oidc.Scope(of.access.Scope).String(), Audience: of.access.Audiences, KeyThumbprint: x.thumbprint, CertificateThumbprint: x.certificate,
	}
	accessToken, err := minter.Access(x.app, f, access, x.now)
	if err != nil {
		return nil, err
	}
	given := &answer{AccessToken: accessToken, TokenType: access.Type(), ExpiresIn: int64(mint.AccessLifetime(x.app).Seconds()), Scope: access.Scope}
	// OIDC Core 3.1.2.1: without openid it is plain OAuth and there is no ID token.
	if !of.scope.Has(oidc.ScopeOpenID) {
		return given, nil
	}
	given.IDToken, err = minter.IDToken(ctx, x.app, f, mint.IDToken{Nonce: of.nonce, AccessToken: accessToken}, x.now)
	return given, err
}
