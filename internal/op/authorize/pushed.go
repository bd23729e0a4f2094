package authorize

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigil/internal/clientauth"
	"vigil/internal/flowhost"
	"vigil/internal/oidc"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// requestURIPrefix is what every request_uri of ours begins with.
//
// RFC 9126 2.2.
const requestURIPrefix = "urn:ietf:params:oauth:request_uri:"

const (
	// pushedFor is how long a pushed request waits where the application says nothing (PingOne's default).
	pushedFor = time.Minute
	// usedFor is how long the use of a pushed request is remembered after it expired: longer than any sign-on that began with it.
	usedFor = 48 * time.Hour
)

// pushed is an authorization request that waits to be used.
type pushed struct {
	Issuer  string                `json:"iss"` // the base at which it was pushed
	Request oidc.AuthorizeRequest `json:"req"`
}

// push serves POST /as/par.
//
// RFC 9126 2: the client proves itself, and the request is judged at once as authorize would judge it.
func (e *Endpoint) push(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	refusal := clientauth.Refusal{Log: e.Log, What: "pushed request", Base: base}
	form, fault := clientauth.ReadForm(w, r, maxForm)
	if fault == nil {
		refusal.Client, fault = oidc.ParseCredentials(form, r.Header.Get("Authorization"))
	}
	x := &exchange{w: w, r: r, base: base}
	if fault == nil {
		x.app, fault = e.Clients.Authenticate(r.Context(), base, base.URL(r.URL.Path), refusal.Client)
	}
	if fault == nil {
		fault = e.judge(x, form)
	}
	if fault == nil {
		fault = e.bind(x)
	}
	var id session.ID
	timeout := x.timeout()
	if fault == nil {
		var err error
		if id, err = e.keep(x, timeout); err != nil && !errors.As(err, &fault) {
			fault = clientauth.Failed(err)
		}
	}
	if fault != nil {
		refusal.Fault = fault
		refusal.Answer(r.Context(), w)
		return nil
	}
	body, err := json.Marshal(struct {
		RequestURI string `json:"request_uri"`
		ExpiresIn  int64  `json:"expires_in"` // seconds
	}{requestURIPrefix + base64.RawURLEncoding.EncodeToString(id[:]), int64(timeout.Seconds())})
	if err != nil {
		return err
	}
	// RFC 9126 2.2: 201 Created.
	return clientauth.Respond(w, http.StatusCreated, "application/json", body)
}

func (x *exchange) timeout() time.Duration {
	if x.app != nil && x.app.PARTimeout > 0 {
		return x.app.PARTimeout
	}
	return pushedFor
}

// judge reads a pushed request and holds it to the checks of authorize.
func (e *Endpoint) judge(x *exchange, form url.Values) *oidc.Error {
	if form.Has("request_uri") {
		// RFC 9126 2.1: request_uri is not pushed.
		return oidc.InvalidRequest("request_uri must not be pushed")
	}
	client := x.app
	// RFC 9126 2: client_id is that of the client who proved itself, however it did.
	if !form.Has("client_id") {
		form.Set("client_id", client.ClientID)
	}
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		form.Del(name)
	}
	fault := e.parse(x, form)
	if x.request.ClientID != client.ClientID {
		return oidc.InvalidRequest("client_id differs from the authenticated client")
	}
	x.request.Pushed = true
	if refusal := x.identify(fault); refusal != nil {
		return refusal
	}
	if fault != nil {
		return fault
	}
	return e.check(x)
}

// keep stores a request under a name that nobody can guess. *oidc.Error: it is too long, or too much was pushed.
func (e *Endpoint) keep(x *exchange, timeout time.Duration) (id session.ID, err error) {
	var random [16]byte
	if _, err := io.ReadFull(e.Random, random[:]); err != nil {
		return id, fmt.Errorf("name request: %w", err)
	}
	id = session.NewID(e.Agents.Now().Add(timeout), random)
	x.request.RequestID = base64.RawURLEncoding.EncodeToString(id[:])
	value, err := json.Marshal(pushed{x.base.Issuer(), x.request})
	if err != nil {
		return id, fmt.Errorf("encode request: %w", err)
	}
	switch {
	case len(value) > maxKept:
		return id, oidc.InvalidRequest("the request is too long to be kept")
	case !e.Flows.Affords(e.Flows.RequestOf(x.r), len(value), store.ExpiryOf(id), e.Agents.Now()):
		return id, oidc.Unavailable(flowhost.ErrTooMany)
	}
	return id, e.KV.Update(x.r.Context(), func(tx kv.Tx) error { return store.Push(tx, id, value) })
}

// errPushed: a request_uri does not lead to a request.
var errPushed = errors.New("no such request")

// take reads the request that a request_uri names. errPushed.
func (e *Endpoint) take(ctx context.Context, base tenant.Base, requestURI string) (request oidc.AuthorizeRequest, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(requestURI, requestURIPrefix))
	if err != nil || len(raw) != session.IDSize || store.Forgotten(session.ID(raw), e.Agents.Now().UnixMilli()) {
		return request, errPushed
	}
	var value []byte
	err = e.KV.View(ctx, func(r kv.Reader) (err error) {
		value, err = store.Pushed(r, session.ID(raw))
		return err
	})
	if err != nil {
		return request, fmt.Errorf("read pushed request: %w", err)
	}
	var kept pushed
	if len(value) == 0 {
		return request, errPushed
	}
	if err := json.Unmarshal(value, &kept); err != nil {
		return request, fmt.Errorf("decode pushed request: %w", err)
	}
	if kept.Issuer != base.Issuer() {
		return request, errPushed
	}
	return kept.Request, nil
}

// useUp notes that a pushed request led to a sign-on. Of any number of sign-ons that it began, one is the first.
//
// RFC 9126 7.3: one-time use, counted from the completed sign-on, so that a page that is loaded again does no harm.
func (e *Endpoint) useUp(x *exchange) *oidc.Error {
	raw, err := base64.RawURLEncoding.DecodeString(x.request.RequestID)
	if err != nil || len(raw) != session.IDSize {
		return oidc.ServerError(errPushed)
	}
	until := store.ExpiryOf(session.ID(raw)).Add(usedFor)
	first, err := e.Memory.First(x.r.Context(), until, "pushed request", x.base.Environment.ID, x.request.RequestID)
	switch {
	case err != nil:
		return clientauth.Failed(err)
	case !first:
		return oidc.NewError(oidc.CodeInvalidRequestURI, "the request was used before")
	}
	return nil
}
