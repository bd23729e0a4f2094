package register

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vigil/internal/clientauth"
	"vigil/internal/oidc"
	"vigil/internal/registration"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

// Endpoint serves registrations. All fields are required.
type Endpoint struct {
	Clients *registration.Directory
	Log     *slog.Logger
}

const (
	// Path is where applications register.
	Path    = "/as/register"
	maxBody = 32 << 10 // bytes
	// again is how long somebody waits who came too often.
	again = 15 * time.Minute
)

// Mount registers the endpoint and the address of each registration.
func (e *Endpoint) Mount(r *web.Router) {
	r.POST(Path, e.served(e.register))
	for method, act := range map[string]action{http.MethodGet: e.read, http.MethodPut: e.replace, http.MethodDelete: e.remove} {
		r.Handle(method, Path+"/:client", e.served(act))
	}
}

// call is one request.
type call struct {
	r     *http.Request
	w     http.ResponseWriter
	base  tenant.Base
	token string
	id    string // of the application in the address
}

// action answers a call: a status and a registration, nil for none.
type action func(c *call) (status int, told *registration.Registered, err error)

// served gives what a call is answered with.
func (e *Endpoint) served(act action) web.Handler {
	return func(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
		if base.Environment.Registration == nil {
			return web.NothingHere()
		}
		c := &call{r: r, w: w, base: base, id: strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, Path), "/")}
		var fault error
		if c.token, fault = bearer(r); fault != nil {
			return e.refuse(c, fault)
		}
		status, told, err := act(c)
		switch {
		case err != nil:
			return e.refuse(c, err)
		case told == nil:
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(status)
			return nil
		}
		e.Log.InfoContext(r.Context(), "registration served", "method", r.Method, "environment", base.Environment.ID, "client", told.ID)
		body, err := e.describe(base, told)
		if err != nil {
			return err
		}
		return clientauth.Respond(w, status, "application/json", body)
	}
}

// bearer gives the token of a request.
//
// RFC 7591 3, RFC 7592 2: as RFC 6750 2.1 says, in the header.
func bearer(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return "", oidc.InvalidRequest("more than one authorization header")
	}
	if len(headers) == 0 {
		return "", errMissing
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(token) == "" {
		return "", errMissing
	}
	return strings.TrimSpace(token), nil
}

// errMissing: no token came.
var errMissing = errors.New("no token")

// body reads the metadata of a request.
func (c *call) body() ([]byte, error) {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		// RFC 7591 3.1.
		return nil, oidc.InvalidRequest("the content type must be application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	if err != nil {
		return nil, oidc.InvalidRequest("the body is too long or damaged").WithDetail(err.Error())
	}
	return body, nil
}

// register adds an application.
//
// RFC 7591 3.2.1: 201 Created.
func (e *Endpoint) register(c *call) (int, *registration.Registered, error) {
	body, err := c.body()
	if err != nil {
		return 0, nil, err
	}
	told, err := e.Clients.Register(c.r.Context(), c.base.Environment, c.token, body)
	return http.StatusCreated, told, err
}

// read tells an application what is registered of it.
//
// RFC 7592 2.1.
func (e *Endpoint) read(c *call) (int, *registration.Registered, error) {
	told, err := e.Clients.Read(c.r.Context(), c.base.Environment.ID, c.id, c.token)
	return http.StatusOK, told, err
}

// replace changes a registration.
//
// RFC 7592 2.2.
func (e *Endpoint) replace(c *call) (int, *registration.Registered, error) {
	body, err := c.body()
	if err != nil {
		return 0, nil, err
	}
	told, err := e.Clients.Replace(c.r.Context(), c.base.Environment, c.id, c.token, body)
	return http.StatusOK, told, err
}

// remove deletes a registration.
//
// RFC 7592 2.3: 204.
func (e *Endpoint) remove(c *call) (int, *registration.Registered, error) {
	err := e.Clients.Delete(c.r.Context(), c.base.Environment.ID, c.id, c.token)
	if err == nil {
		e.Log.InfoContext(c.r.Context(), "registration deleted", "environment", c.base.Environment.ID, "client", c.id)
	}
	return http.StatusNoContent, nil, err
}

// describe is the client information response.
//
// RFC 7591 3.2.1, RFC 7592 3.
func (e *Endpoint) describe(base tenant.Base, told *registration.Registered) ([]byte, error) {
	all := map[string]any{
		"client_id": told.ID, "client_id_issued_at": told.IssuedAt.Unix(),
		"registration_client_uri": base.RegistrationURL(told.ID), "registration_access_token": told.Token,
	}
	if told.Secret != "" {
		all["client_secret"], all["client_secret_expires_at"] = told.Secret, 0
	}
	shown := make(map[string]any, len(told.Metadata)+len(all))
	for name, value := range told.Metadata {
		shown[name] = value
	}
	maps.Copy(shown, all)
	return json.Marshal(shown)
}

// refuse answers an error.
func (e *Endpoint) refuse(c *call, err error) error {
	fault := faultOf(err)
	h := c.w.Header()
	switch status := fault.HTTPStatus(); {
	case errors.Is(err, errMissing):
		// RFC 6750 3.1: without a token the challenge has no error code.
		h.Set("WWW-Authenticate", `Bearer realm="`+c.base.Issuer()+`"`)
	case status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="`+c.base.Issuer()+`", error="`+fault.Code+`"`)
	case status == http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.Itoa(int(again.Seconds())))
	case status == http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	level := slog.LevelInfo
	if fault.HTTPStatus() >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	e.Log.Log(c.r.Context(), level, "registration refused", "method", c.r.Method, "environment", c.base.Environment.ID, "error", fault.Error())
	return clientauth.Respond(c.w, fault.HTTPStatus(), "application/json", fault.JSON())
}

// faultOf turns an error into what the client is told.
func faultOf(err error) *oidc.Error {
	var fault *oidc.Error
	switch {
	case errors.As(err, &fault):
		return fault
	case errors.Is(err, errMissing):
		return oidc.InvalidToken("a token is needed")
	case errors.Is(err, registration.ErrToken):
		return oidc.InvalidToken("the token is not valid here")
	case errors.Is(err, registration.ErrFull):
		return oidc.NewError(oidc.CodeAccessDenied, "no more applications can register here").WithStatus(http.StatusForbidden)
	case errors.Is(err, registration.ErrBusy):
		return oidc.NewError(oidc.CodeTemporarilyUnavailable, "too many registrations or changes within an hour").WithStatus(http.StatusTooManyRequests)
	case errors.Is(err, context.Canceled):
		return oidc.Unavailable(err)
	}
	return clientauth.Failed(err)
}
