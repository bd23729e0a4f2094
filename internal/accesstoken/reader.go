package accesstoken

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/store/kv"
	"vigil/internal/subject"
	"vigil/internal/tenant"
)

// Reader reads access tokens. All fields are required.
type Reader struct {
	Store    kv.Store
	Keys     *keys.Set
	Grants   grant.Environments
	Liveness grant.Liveness
	Subjects subject.Subjects
}

// Token is an access token of ours.
type Token struct {
	Claims    grant.AccessClaims
	Reference grant.Reference
	Scope     oidc.Scope
	App       *tenant.Application // that it was issued to
	UserID    string              // the person. Empty: it was issued to the application for itself
}

// Handle names this one token, so that it can be revoked alone.
func (t Token) Handle() grant.Handle {
	return grant.TokenHandle(time.Unix(t.Claims.Expires, 0), t.Claims.ID)
}

// KeyThumbprint is the key that the token is bound to. Empty: its bearer may use it.
func (t Token) KeyThumbprint() string {
	if t.Claims.Confirmation == nil {
		return ""
	}
	return t.Claims.Confirmation.KeyThumbprint
}

// CertificateThumbprint is the certificate that the token is bound to. Empty: none.
func (t Token) CertificateThumbprint() string {
	if t.Claims.Confirmation == nil {
		return ""
	}
	return t.Claims.Confirmation.CertificateThumbprint
}

// Open reads a token of this base, whether or not it is still good.
func (r *Reader) Open(base tenant.Base, token string) (Token, *oidc.Error) {
	var t Token
	environmentID := base.Environment.ID
	claims, fault := r.claims(environmentID, token)
	if fault != nil {
		return t, fault
	}
	if err := json.Unmarshal(claims, &t.Claims); err != nil {
		return t, bad("claims: " + err.Error())
	}
	if t.Claims.Issuer != base.Issuer() {
		return t, bad("of another issuer")
	}
	if t.App = base.Environment.Application(t.Claims.ClientID); t.App == nil {
		return t, bad("application is gone")
	}
	if t.Claims.Subject != t.Claims.ClientID {
		var ok bool
		if t.UserID, ok = r.Subjects.User(t.App, environmentID, t.Claims.Subject); !ok {
			return t, bad("subject")
		}
	}
	var err error
	if t.Reference, err = r.Grants[environmentID].OpenReference(t.Claims.Grant); err != nil {
		return t, bad("reference")
	}
	t.Scope, _ = oidc.ParseScope(t.Claims.Scope)
	return t, nil
}

// claims gives what a token says: signed if it looks like a JWT, sealed otherwise.
func (r *Reader) claims(environmentID, token string) ([]byte, *oidc.Error) {
	if !strings.Contains(token, ".") {
		claims, err := r.Grants[environmentID].OpenAccess(token)
		if err != nil {
			return nil, bad("not sealed here")
		}
		return claims, nil
	}
	// RFC 9068 4: only tokens of type at+jwt, so that no ID token passes.
	verified, err := r.Keys.Ring(environmentID).Verify(token, keys.TypeAccessToken)
	if err != nil {
		return nil, bad("signature or type")
	}
	return verified.Claims, nil
}

// Read reads a token that is good now: it has not expired, nothing of it was revoked, and its session lives.
func (r *Reader) Read(ctx context.Context, base tenant.Base, token string, now time.Time) (Token, *oidc.Error) {
	t, fault := r.Open(base, token)
	if fault != nil {
		return t, fault
	}
	if now.Unix() >= t.Claims.Expires {
		return t, oidc.InvalidToken("the access token has expired")
	}
	return t, r.checkUse(ctx, t, now)
}

// checkUse asks the store for revocations and for the session.
func (r *Reader) checkUse(ctx context.Context, t Token, now time.Time) *oidc.Error {
	var alive grant.Alive
	if len(t.Reference.SessionID) > 0 {
		alive = r.Liveness(t.Reference.SessionID)
	}
	revoked, lives := false, true
	err := r.Store.View(ctx, func(reader kv.Reader) (err error) {
		if revoked, err = grant.IsRevoked(reader, t.Reference.Handle, t.Handle()); err != nil || alive == nil {
			return err
		}
		lives, err = alive(reader, now)
		return err
	})
	switch {
	case kv.TryLater(err):
		return oidc.Unavailable(err)
	case err != nil:
		return oidc.ServerError(err)
	case revoked:
		return bad("revoked")
	case !lives:
		return bad("session has ended")
	}
	return nil
}

// bad says the same to the client whatever is wrong with a token.
func bad(detail string) *oidc.Error {
	return oidc.InvalidToken("the access token is not valid").WithDetail(detail)
}
