package clientauth

import (
	"context"
	"log/slog"
	"mime"
	"net/http"
	"net/url"

	"vigil/internal/oidc"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// ReadForm reads the form body of a request of at most limit bytes.
//
// RFC 6749 3.2: parameters come in a form body, never in the query.
func ReadForm(w http.ResponseWriter, r *http.Request, limit int64) (url.Values, *oidc.Error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, oidc.InvalidRequest("the content type must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if err := r.ParseForm(); err != nil {
		return nil, oidc.InvalidRequest("the body is not a form, or too long").WithDetail(err.Error())
	}
	return r.PostForm, nil
}

// Refusal is an answer that says no.
type Refusal struct {
	Log    *slog.Logger
	What   string // is refused, for the log: "token"
	Base   tenant.Base
	Client oidc.Credentials
	Fault  *oidc.Error
}

// Answer writes a refusal.
func (f Refusal) Answer(ctx context.Context, w http.ResponseWriter) {
	level := slog.LevelInfo
	if f.Fault.HTTPStatus() >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	f.Log.Log(ctx, level, "request refused", "what", f.What, "error", f.Fault.Error(), "environment", f.Base.Environment.ID, "client", short(f.Client.ClientID))
	status := f.Fault.HTTPStatus()
	if f.Fault.Code == oidc.CodeInvalidClient {
		// RFC 6749 5.2: 401 with a challenge if the client came with the Authorization header. Otherwise 400, since a 401 without
		// a challenge is not HTTP (RFC 9110 15.5.2) and one with it opens a dialogue in browsers.
		if status = http.StatusBadRequest; f.Client.Method == oidc.AuthBasic {
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `Basic realm="`+f.Base.Issuer()+`", charset="UTF-8"`)
		}
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	if err := Respond(w, status, "application/json", f.Fault.JSON()); err != nil {
		f.Log.Log(ctx, slog.LevelDebug, "answer not sent", "what", f.What, "error", err)
	}
}

// short keeps strangers from filling the log: client identifiers are not that long.
func short(clientID string) string { return clientID[:min(len(clientID), 100)] }

// Respond writes an answer that nobody keeps.
func Respond(w http.ResponseWriter, status int, kind string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	// RFC 6749 5.1: no-store, and no-cache for what is older than HTTP/1.1.
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// Failed turns an error of the store or of the keys into a fault.
func Failed(err error) *oidc.Error {
	if kv.TryLater(err) {
		return oidc.Unavailable(err)
	}
	return oidc.ServerError(err)
}
