package token

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

// Endpoint serves token requests. All fields but Touch are required.
type Endpoint struct {
	Store    kv.Store
	Keys     *keys.Set
	Grants   grant.Environments
	Liveness grant.Liveness
	Users    grant.Users
	// Touch notes activity in a session, for applications whose refreshing counts as such. Nil: it never does.
	Touch  func(sessionID []byte, now time.Time)
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// Mount registers POST /as/token.
func (e *Endpoint) Mount(r *web.Router) { r.POST("/as/token", e.serve) }

// maxBody bounds a token request. Codes are the largest part of it.
const maxBody = 128 << 10 // bytes

// answer is a successful token response.
//
// RFC 6749 5.1, OIDC Core 3.1.3.3.
type answer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
}

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	request, fault := parse(w, r)

	var app *tenant.Application
	if fault == nil {
		app, fault = authenticate(base.Environment, request.Client)
	}

	var given *answer
	if fault == nil {
		x := exchange{Endpoint: e, base: base, app: app, request: request, now: e.Now()}
		if request.GrantType == oidc.GrantRefreshToken {
			given, fault = x.refresh(r.Context())
		} else {
			given, fault = x.redeem(r.Context())
		}
	}

	if fault != nil {
		e.refuse(r.Context(), w, base, request, fault)
		return nil
	}
	body, err := json.Marshal(given)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, body)
}

// parse reads a token request.
//
// RFC 6749 3.2: parameters come in a form body, never in the query.
func parse(w http.ResponseWriter, r *http.Request) (oidc.TokenRequest, *oidc.Error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return oidc.TokenRequest{}, oidc.InvalidRequest("the content type must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return oidc.TokenRequest{}, oidc.InvalidRequest("the body is not a form, or too long").WithDetail(err.Error())
	}
	return oidc.ParseToken(r.PostForm, r.Header.Get("Authorization"))
}

// refuse answers an error.
func (e *Endpoint) refuse(ctx context.Context, w http.ResponseWriter, base tenant.Base, request oidc.TokenRequest, fault *oidc.Error) {
	level := slog.LevelInfo
	if fault.HTTPStatus() >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	e.Log.Log(ctx, level, "token refused", "error", fault.Error(), "environment", base.Environment.ID, "client", request.Client.ClientID)
	status := fault.HTTPStatus()
	if fault.Code == oidc.CodeInvalidClient {
		// RFC 6749 5.2: 401 with a challenge if the client came with the Authorization header. Otherwise 400, since a 401 without
		// a challenge is not HTTP (RFC 9110 15.5.2) and one with it opens a dialogue in browsers.
		if status = http.StatusBadRequest; request.Client.Method == oidc.AuthBasic {
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `Basic realm="`+base.Issuer()+`", charset="UTF-8"`)
		}
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	if err := respond(w, status, fault.JSON()); err != nil {
		e.Log.Log(ctx, slog.LevelDebug, "token answer not sent", "error", err)
	}
}

// respond writes JSON that nobody keeps.
func respond(w http.ResponseWriter, status int, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	// RFC 6749 5.1: no-store, and no-cache for what is older than HTTP/1.1.
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// failed turns an error of the store or of the keys into an answer.
func failed(err error) *oidc.Error {
	if errors.Is(err, kv.ErrConflict) || errors.Is(err, kv.ErrReadOnly) || errors.Is(err, kv.ErrClosed) {
		return oidc.Unavailable(err)
	}
	return oidc.ServerError(err)
}
