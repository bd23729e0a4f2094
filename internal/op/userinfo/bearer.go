package userinfo

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strings"
	"time"

	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// maxBody bounds a form that carries a token.
const maxBody = 32 << 10 // bytes

// accessToken is an access token found good.
type accessToken struct {
	claims    grant.AccessClaims
	reference grant.Reference
	scope     oidc.Scope
	app       *tenant.Application
}

// readBearer finds the token in the header or in a posted form. It is never read from the query.
//
// RFC 6750 2: one method in a request. RFC 9700 4.3.2: no tokens in URLs.
func readBearer(w http.ResponseWriter, r *http.Request) (string, *oidc.Error) {
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return "", oidc.InvalidRequest("more than one authorization header")
	}
	fromHeader := ""
	if len(headers) == 1 {
		// RFC 6750 2.1; RFC 9110 11.1: schemes are compared without case.
		scheme, token, _ := strings.Cut(headers[0], " ")
		if strings.EqualFold(scheme, "Bearer") {
			fromHeader = strings.TrimSpace(token)
		}
	}
	fromForm, fault := readForm(w, r)
	switch {
	case fault != nil:
		return "", fault
	case fromHeader != "" && fromForm != "":
		return "", oidc.InvalidRequest("more than one access token")
	case fromHeader == "" && fromForm == "":
		return "", oidc.InvalidToken("an access token is needed")
	}
	return fromHeader + fromForm, nil
}

// readForm gives the access_token of a form body.
//
// RFC 6750 2.2.
func readForm(w http.ResponseWriter, r *http.Request) (string, *oidc.Error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || err != nil || kind != "application/x-www-form-urlencoded" {
		return "", nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return "", oidc.InvalidRequest("the body is not a form, or too long").WithDetail(err.Error())
	}
	switch tokens := r.PostForm["access_token"]; len(tokens) {
	case 0:
		return "", nil
	case 1:
		return tokens[0], nil
	}
	return "", oidc.InvalidRequest("access_token must not be repeated")
}

// check decides whether a token is good here and now.
func (e *Endpoint) check(ctx context.Context, base tenant.Base, bearer string) (accessToken, *oidc.Error) {
	var t accessToken
	// RFC 9068 4: only tokens of type at+jwt, so that no ID token passes.
	verified, err := e.Keys.Ring(base.Environment.ID).Verify(bearer, keys.TypeAccessToken)
	if err != nil {
		return t, badToken("signature or type")
	}
	if err := json.Unmarshal(verified.Claims, &t.claims); err != nil {
		return t, badToken("claims: " + err.Error())
	}
	now := e.Now()
	switch {
	case t.claims.Issuer != base.Issuer() || t.claims.Audience != base.Issuer():
		return t, badToken("of another issuer")
	case now.Unix() >= t.claims.Expires:
		return t, oidc.InvalidToken("the access token has expired")
	}
	if t.app = base.Environment.Application(t.claims.ClientID); t.app == nil {
		return t, badToken("application is gone")
	}
	if t.reference, err = e.Grants[base.Environment.ID].OpenReference(t.claims.Grant); err != nil {
		return t, badToken("reference")
	}
	if fault := e.checkUse(ctx, t.reference, now); fault != nil {
		return t, fault
	}
	t.scope, _ = oidc.ParseScope(t.claims.Scope)
	if !t.scope.Has(oidc.ScopeOpenID) {
		// RFC 6750 3.1, OIDC Core 5.3: userinfo is for tokens of OpenID Connect.
		return t, oidc.NewError(oidc.CodeInsufficientScope, "the scope openid is needed").WithStatus(http.StatusForbidden)
	}
	return t, nil
}

// checkUse asks the store for a revocation and for the session.
func (e *Endpoint) checkUse(ctx context.Context, reference grant.Reference, now time.Time) *oidc.Error {
	var alive grant.Alive
	if len(reference.SessionID) > 0 {
		alive = e.Liveness(reference.SessionID)
	}
	revoked, lives := false, true
	err := e.Store.View(ctx, func(r kv.Reader) (err error) {
		if revoked, err = grant.IsRevoked(r, reference.Handle); err != nil || alive == nil {
			return err
		}
		lives, err = alive(r, now)
		return err
	})
	switch {
	case err != nil:
		return failed(err)
	case revoked:
		return badToken("revoked")
	case !lives:
		return badToken("session has ended")
	}
	return nil
}

// badToken says the same to the client whatever is wrong with a token.
func badToken(detail string) *oidc.Error {
	return oidc.InvalidToken("the access token is not valid").WithDetail(detail)
}
