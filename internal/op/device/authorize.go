package device

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigil/internal/clientauth"
	"vigil/internal/device"
	"vigil/internal/flowhost"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// Defaults of applications that set none: PingOne's.
const (
	defaultTimeout  = 10 * time.Minute
	defaultInterval = 5 * time.Second
	longestTimeout  = time.Hour
)

// recordSize is about what a device that waits takes in the store, in bytes, beside what it asks for.
const recordSize = 512

// answer of the device authorization endpoint.
//
// RFC 8628 3.2.
type answer struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	Complete   string `json:"verification_uri_complete"`
	ExpiresIn  int64  `json:"expires_in"` // seconds
	Interval   int64  `json:"interval"`   // seconds
}

// begin serves a device that wants somebody to sign on.
func (e *Endpoint) begin(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	form, fault := clientauth.ReadForm(w, r, maxBody)
	var client oidc.Credentials
	if fault == nil {
		client, fault = oidc.ParseCredentials(form, r.Header.Get("Authorization"))
	}

	var app *tenant.Application
	if fault == nil {
		app, fault = e.Clients.Authenticate(r.Context(), base, base.URL(r.URL.Path), client)
	}
	var asked *device.Authorization
	if fault == nil {
		asked, fault = askedBy(form, base, app)
	}

	var body []byte
	if fault == nil {
		body, fault = e.issue(r, base, app, asked)
	}

	if fault != nil {
		clientauth.Refusal{Log: e.Log, What: "device authorization", Base: base, Client: client, Fault: fault}.Answer(r.Context(), w)
		return nil
	}
	return clientauth.Respond(w, http.StatusOK, "application/json", body)
}

// askedBy is what the device asks for.
func askedBy(form url.Values, base tenant.Base, app *tenant.Application) (*device.Authorization, *oidc.Error) {
	scope, fault := scopeOf(form, app)
	if fault != nil {
		return nil, fault
	}
	named, fault := oidc.ParseResources(form)
	if fault != nil {
		return nil, fault
	}
	// RFC 8707 2.2: the token request may narrow it further; here it must be possible at all.
	switch _, ok := base.Target(app, scope, named); {
	case !ok && len(named) == 0:
		return nil, oidc.InvalidScope("scope is of several resources, which this application may not ask for at once")
	case !ok:
		return nil, oidc.NewError(oidc.CodeInvalidTarget, "resource is unknown, has none of the scopes, or there are too many for one token")
	}
	return &device.Authorization{
		EnvironmentID: base.Environment.ID, Issuer: base.Issuer(), ClientID: app.ClientID, Scope: scope.String(), Resources: named,
		Interval: app.DevicePollingInterval,
	}, nil
}

// scopeOf is the scope that the device asks for.
//
// RFC 8628 3.1.
func scopeOf(form url.Values, app *tenant.Application) (oidc.Scope, *oidc.Error) {
	if !app.AllowsGrant(tenant.GrantDeviceCode) {
		return nil, oidc.NewError(oidc.CodeUnauthorizedClient, "the application may not use device codes")
	}
	if len(form["scope"]) > 1 {
		return nil, oidc.InvalidRequest("scope must not be repeated")
	}
	scope, ok := oidc.ParseScope(form.Get("scope"))
	switch {
	case !ok:
		return nil, oidc.InvalidScope("scope has a forbidden character")
	case !scope.Within(oidc.Scope(app.Scopes)):
		return nil, oidc.InvalidScope("scope is wider than the application may have")
	}
	return scope, nil
}

func (e *Endpoint) issue(r *http.Request, base tenant.Base, app *tenant.Application, a *device.Authorization) ([]byte, *oidc.Error) {
	now, timeout := e.Agents.Now(), app.DeviceTimeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	timeout = min(timeout, longestTimeout)
	if !e.Flows.Affords(e.Flows.RequestOf(r), recordSize+len(a.Scope)+len(a.Issuer)+len(strings.Join(a.Resources, "")), now.Add(timeout), now) {
		return nil, oidc.Unavailable(flowhost.ErrTooMany)
	}
	if a.Interval <= 0 {
		a.Interval = defaultInterval
	}
	if from := e.Address(r); from.IsValid() {
		a.IP = from.String()
	}
	code, err := device.Begin(r.Context(), e.KV, a, now.Add(timeout), now, e.Random)
	if err != nil {
		return nil, clientauth.Failed(err)
	}
	given := answer{
		DeviceCode: code, UserCode: device.Spell(a.UserCode), URI: base.URL(pagePath),
		ExpiresIn: int64(timeout.Seconds()), Interval: int64(a.Interval.Seconds()),
	}
	if app.DevicePathID != "" {
		given.URI += "/" + app.DevicePathID
	}
	given.Complete = given.URI + "?user_code=" + given.UserCode
	body, err := json.Marshal(given)
	if err != nil {
		return nil, oidc.ServerError(err)
	}
	return body, nil
}
