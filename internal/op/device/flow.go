package device

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"vigil/internal/device"
	"vigil/internal/flowhost"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// noDevice is what a run of an environment's flow for devices keeps in the place of a device: it finds one itself.
var noDevice = json.RawMessage(`{}`)

// run hands the person to the environment's flow for devices. A code in the address is shown by it, never taken.
func (e *Endpoint) run(w http.ResponseWriter, r *http.Request, base tenant.Base, code string) error {
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	ask := flowhost.Ask{Flow: base.Environment.DeviceFlow, Resume: noDevice, Request: e.Flows.RequestOf(r, strings.Fields(r.URL.Query().Get("ui_locales"))...), Return: resumePath}
	ask.Request.UserCode = code
	begun, err := e.Flows.Begin(r.Context(), agent, w.Header(), ask)
	switch {
	case errors.Is(err, flowhost.ErrTooMany):
		return e.tooMany(w, base)
	case err != nil:
		return err
	}
	if begun.Outcome == nil {
		return web.Redirect(w, r, begun.Location)
	}
	return e.ended(w, r, agent, begun.Outcome)
}

// ended lets in the device that a flow named, in the name of the session that the same flow began or joined. Where that is less than the application's
// own flow requires, or that flow takes scopes away, it runs first.
func (e *Endpoint) ended(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, outcome *store.Outcome) error {
	key, named := device.ParseKey(outcome.Device)
	if id := outcome.SessionID; id == nil || agent.Session == nil || agent.Session.ID != *id || !named {
		return e.tell(w, agent.Base, http.StatusOK, "The device was not let in", "Nothing was given to it. To try once more, enter its code again.")
	}
	found, err := e.waiting(r, agent, key)
	switch {
	case known(err):
		return e.over(w, agent.Base)
	case err != nil:
		return err
	}
	// The person at the browser chooses the way: what the application's own flow wants besides, and what it leaves, is for that flow to say.
	environment, own := agent.Base.Environment, flowOf(found.Application, agent.Base.Environment)
	if !e.Flows.Suffices(environment, own, agent.Session) || e.Flows.Limits(environment, own) {
		return e.signOn(w, r, agent, found, outcome)
	}
	return e.letIn(w, r, agent, key, outcome)
}

// both is what the environment's flow said, less the scopes that the application's own flow took away.
func both(said, own *store.Outcome) *store.Outcome {
	left := *said
	switch {
	case said.Scopes == nil:
		left.Scopes = own.Scopes
	case own.Scopes != nil:
		left.Scopes = slices.DeleteFunc(slices.Clone(said.Scopes), func(scope string) bool { return !slices.Contains(own.Scopes, scope) })
	}
	return &left
}

// letIn answers a device and says what came of it.
func (e *Endpoint) letIn(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, key device.Key, outcome *store.Outcome) error {
	err := e.allow(r, agent, key, outcome)
	switch {
	case known(err):
		return e.over(w, agent.Base)
	case err != nil:
		return err
	}
	return e.tell(w, agent.Base, http.StatusOK, "Your device is signed on", "Go back to it. You can close this page.")
}
