package userinfo

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"vigil/internal/accesstoken"
	"vigil/internal/clientauth"
	"vigil/internal/clientkeys"
	"vigil/internal/dpop"
	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

// Endpoint serves userinfo. All fields but Touch are required.
type Endpoint struct {
	Tokens *accesstoken.Reader
	Proofs *dpop.Verifier
	Keys   *keys.Set
	// Recipients are the keys of applications that want answers encrypted.
	Recipients *clientkeys.Keys
	Users      grant.Users
	// Touch notes activity in a session, for applications whose reading counts as such. Nil: it never does.
	Touch func(sessionID []byte, now time.Time)
	Now   func() time.Time
	Log   *slog.Logger
}

// Mount registers GET and POST /as/userinfo.
//
// OIDC Core 5.3.1: both methods are served.
func (e *Endpoint) Mount(r *web.Router) {
	r.GET(path, e.serve)
	r.POST(path, e.serve)
}

const path = "/as/userinfo"

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	brought, fault := readCredential(w, r)

	var read accesstoken.Token
	if fault == nil {
		read, fault = e.check(r, base, brought)
	}
	if brought.bound {
		e.Proofs.Offer(w.Header(), base)
	}

	var claims oidc.Claims
	if fault == nil {
		claims, fault = e.decide(r.Context(), base, read)
	}

	if fault != nil {
		e.refuse(r.Context(), w, base, fault, brought)
		return nil
	}
	if read.App.UserinfoSignedResponseAlg != "" || read.App.Encryptions.Userinfo.Wanted() {
		return e.enclose(r.Context(), w, base, read.App, claims)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return err
	}
	return clientauth.Respond(w, http.StatusOK, "application/json", body)
}

// decide gives what the scope shows of the person.
//
// OIDC Core 5.3.2: sub is always there and equals that of the ID token.
func (e *Endpoint) decide(ctx context.Context, base tenant.Base, t accesstoken.Token) (oidc.Claims, *oidc.Error) {
	claims, err := e.Users.UserClaims(ctx, base.Environment.ID, t.UserID)
	switch {
	case errors.Is(err, grant.ErrGone):
		return oidc.Claims{}, badToken("user is gone")
	case err != nil:
		return oidc.Claims{}, clientauth.Failed(err)
	}
	if t.App.CountsAsActivity && e.Touch != nil && len(t.Reference.SessionID) > 0 {
		e.Touch(t.Reference.SessionID, e.Now())
	}
	claims.Subject = t.Claims.Subject
	// OIDC Core 5.5: what the claims parameter named comes beside what the scope shows, as far as the application may know it at all.
	shown, err := claims.ForScope(t.Scope).Plus(claims.ForScope(t.App.Scopes), t.Claims.UserInfo)
	if err != nil {
		return oidc.Claims{}, clientauth.Failed(err)
	}
	return shown, nil
}

// enclose answers with a JWT: signed, encrypted, or both.
//
// OIDC Core 5.3.2: signed, it has iss and aud; the content type is application/jwt; 16.14: signed first.
func (e *Endpoint) enclose(ctx context.Context, w http.ResponseWriter, base tenant.Base, app *tenant.Application, claims oidc.Claims) error {
	var issuer, audience, nested string
	if app.UserinfoSignedResponseAlg != "" {
		issuer, audience, nested = base.Issuer(), app.ClientID, clientkeys.Nested
	}
	token, err := json.Marshal(struct {
		Issuer   string `json:"iss,omitempty"`
		Audience string `json:"aud,omitempty"`
		oidc.Claims
	}{issuer, audience, claims})
	if err != nil {
		return err
	}
	if nested != "" {
		signed, err := e.Keys.Ring(base.Environment.ID).Sign(app.UserinfoSignedResponseAlg, keys.TypeUserinfo, token)
		if err != nil {
			return err
		}
		token = []byte(signed)
	}
	if wanted := app.Encryptions.Userinfo; wanted.Wanted() {
		encrypted, err := e.Recipients.Encrypt(ctx, app, wanted, token, nested)
		if err != nil {
			return err
		}
		token = []byte(encrypted)
	}
	return clientauth.Respond(w, http.StatusOK, "application/jwt", token)
}

// refuse answers an error with its challenge.
func (e *Endpoint) refuse(ctx context.Context, w http.ResponseWriter, base tenant.Base, fault *oidc.Error, brought credential) {
	status, level := fault.HTTPStatus(), slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	e.Log.Log(ctx, level, "userinfo refused", "error", fault.Error(), "environment", base.Environment.ID)
	body := fault.JSON()
	switch {
	case status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case status == http.StatusUnauthorized && brought.token == "":
		// RFC 6750 3.1: without a token the challenge has no error code.
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+base.Issuer()+`"`)
		w.Header().Add("WWW-Authenticate", `DPoP algs="`+strings.Join(dpop.Algorithms(), " ")+`"`)
		body = []byte("{}")
	case status < http.StatusInternalServerError:
		// RFC 6750 3, RFC 9449 7.1.
		scheme := "Bearer"
		if brought.bound {
			scheme = `DPoP algs="` + strings.Join(dpop.Algorithms(), " ") + `",`
		}
		challenge := scheme + ` realm="` + base.Issuer() + `", error="` + fault.Code + `", error_description="` + fault.PublicDescription() + `"`
		if fault.Code == oidc.CodeInsufficientScope {
			challenge += `, scope="` + oidc.ScopeOpenID + `"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	}
	if err := clientauth.Respond(w, status, "application/json", body); err != nil {
		e.Log.Log(ctx, slog.LevelDebug, "userinfo answer not sent", "error", err)
	}
}
