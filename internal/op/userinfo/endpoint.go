package userinfo

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

// Endpoint serves userinfo. All fields but Touch are required.
type Endpoint struct {
	Store    kv.Store
	Keys     *keys.Set
	Grants   grant.Environments
	Liveness grant.Liveness
	Users    grant.Users
	// Touch notes activity in a session, for applications whose reading counts as such. Nil: it never does.
	Touch func(sessionID []byte, now time.Time)
	Now   func() time.Time
	Log   *slog.Logger
}

// Mount registers GET and POST /as/userinfo.
//
// OIDC Core 5.3.1: both methods are served.
func (e *Endpoint) Mount(r *web.Router) {
	r.GET("/as/userinfo", e.serve)
	r.POST("/as/userinfo", e.serve)
}

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	bearer, fault := readBearer(w, r)

	var read accessToken
	if fault == nil {
		read, fault = e.check(r.Context(), base, bearer)
	}

	var claims oidc.Claims
	if fault == nil {
		claims, fault = e.decide(r.Context(), base, read)
	}

	if fault != nil {
		e.refuse(r.Context(), w, base, fault, bearer != "")
		return nil
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, body)
}

// decide gives what the scope shows of the person.
//
// OIDC Core 5.3.2: sub is always there and equals that of the ID token.
func (e *Endpoint) decide(ctx context.Context, base tenant.Base, t accessToken) (oidc.Claims, *oidc.Error) {
	claims, err := e.Users.UserClaims(ctx, base.Environment.ID, t.claims.Subject)
	switch {
	case errors.Is(err, grant.ErrGone):
		return oidc.Claims{}, badToken("user is gone")
	case err != nil:
		return oidc.Claims{}, failed(err)
	}
	if t.app.CountsAsActivity && e.Touch != nil && len(t.reference.SessionID) > 0 {
		e.Touch(t.reference.SessionID, e.Now())
	}
	claims.Subject = t.claims.Subject
	return claims.ForScope(t.scope), nil
}

// refuse answers an error with its challenge.
func (e *Endpoint) refuse(ctx context.Context, w http.ResponseWriter, base tenant.Base, fault *oidc.Error, brought bool) {
	status, level := fault.HTTPStatus(), slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	e.Log.Log(ctx, level, "userinfo refused", "error", fault.Error(), "environment", base.Environment.ID)
	body := fault.JSON()
	switch {
	case status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case status == http.StatusUnauthorized && !brought:
		// RFC 6750 3.1: without a token the challenge has no error code.
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+base.Issuer()+`"`)
		body = []byte("{}")
	case status < http.StatusInternalServerError:
		// RFC 6750 3.
		challenge := `Bearer realm="` + base.Issuer() + `", error="` + fault.Code + `", error_description="` + fault.PublicDescription() + `"`
		if fault.Code == oidc.CodeInsufficientScope {
			challenge += `, scope="` + oidc.ScopeOpenID + `"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	}
	if err := respond(w, status, body); err != nil {
		e.Log.Log(ctx, slog.LevelDebug, "userinfo answer not sent", "error", err)
	}
}

// respond writes JSON that nobody keeps.
func respond(w http.ResponseWriter, status int, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// failed turns an error of the store or of the directory into an answer.
func failed(err error) *oidc.Error {
	if errors.Is(err, kv.ErrConflict) || errors.Is(err, kv.ErrClosed) {
		return oidc.Unavailable(err)
	}
	return oidc.ServerError(err)
}
