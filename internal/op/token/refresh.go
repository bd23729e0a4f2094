package token

import (
	"context"
	"errors"
	"time"

	"vigil/internal/clientauth"
	"vigil/internal/grant"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

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
		return nil, notAllowed("refresh tokens")
	}

	var of share
	use := grant.Use{
		Token: x.request.RefreshToken, EnvironmentID: x.base.Environment.ID, Issuer: x.base.Issuer(), ClientID: x.app.ClientID,
		Now: x.now, Sliding: x.sliding(), Grace: x.app.RefreshTokenRollingGracePeriodDuration,
		Lenient: x.app.ToleratesRefreshTokenReuse,
		Check: func(f *grant.Family) error {
			if f.KeyThumbprint != "" && f.KeyThumbprint != x.thumbprint {
				return errKey
			}
			if f.CertificateThumbprint != "" && f.CertificateThumbprint != x.certificate {
				return errCertificate
			}
			if err := withinScope(x.request.Scope, f.Scope); err != nil {
				return err
			}
			var fault *oidc.Error
			if of, fault = x.refreshed(f); fault != nil {
				return fault
			}
			return nil
		},
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

	// OIDC Core 12.2: no nonce in the ID token of a refresh.
	given, err := x.mint(ctx, f, of)
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	given.RefreshToken = next
	if x.app.CountsAsActivity && x.Touch != nil {
		x.Touch(f.SessionID, x.now)
	}
	return given, nil
}

// refreshed is what a refresh gets: all that was granted, or what it asks for.
func (x *exchange) refreshed(f *grant.Family) (share, *oidc.Error) {
	if len(x.request.Scope) == 0 {
		return x.whole(f)
	}
	return x.share(f, x.request.Scope)
}

// errKey: RFC 9449 5: whoever refreshes proves to have the key of the first proof.
var errKey = errors.New("the refresh token is bound to another key")

// errCertificate: RFC 8705 4: the refresh token of a public client is used with the certificate that it was given to.
var errCertificate = errors.New("the refresh token is bound to another certificate")

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

func refusalOfRefresh(err error) *oidc.Error {
	if fault := (*oidc.Error)(nil); errors.As(err, &fault) {
		return fault
	}
	if errors.Is(err, errScope) {
		return oidc.InvalidScope(errScope.Error())
	}
	for _, bound := range []error{errKey, errCertificate} {
		if errors.Is(err, bound) {
			return oidc.InvalidGrant(bound.Error())
		}
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
