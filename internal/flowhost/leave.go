package flowhost

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// Externals leads to other identity providers and back.
type Externals interface {
	// Begin gives the address of the provider that the browser goes to.
	Begin(ctx context.Context, trip Trip) (location string, err error)
	// Returned says where a run goes on with what a browser brought back. Nil: the run waits for no such thing.
	Returned(ctx context.Context, runID, provider string, query url.Values) (*Arrival, error)
	// RunOf gives the run that a state leads back to. Empty: none.
	RunOf(state string) string
}

// Trip is a way to a provider that is about to begin.
type Trip struct {
	Base        tenant.Base
	RunID       string
	Node, Field string // where the run waits for who comes back
	Provider    string
	Request     connector.Request // what the application wants
}

// Arrival is who came back.
type Arrival struct{ Node, Field, Answer string }

const callbackPath = "/as/callback/"

// leave sends the browser to the provider of a field of the present page. False: the page has no such field.
func (h *Host) leave(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, kept *store.Run) (left bool, err error) {
	name := r.PostForm.Get(templates.LeaveInput)
	if name == "" || h.Externals == nil {
		return false, nil
	}
	flow, state, env, err := h.resume(r, agent, kept)
	if err != nil {
		return false, err
	}
	page, err := h.Machine.Redisplay(flow, state, env, agent.Now)
	if err != nil {
		return false, nil //nolint:nilerr // The page is shown again by whoever asked, and says why it cannot be.
	}
	at := slices.IndexFunc(page.Fields, func(f run.PageField) bool { return f.Name == name && f.Type == graph.ExternalField })
	if at < 0 || page.Node != r.PostForm.Get(inputNode) {
		return false, nil
	}
	field := &page.Fields[at]
	location, err := h.Externals.Begin(r.Context(), Trip{
		Base: agent.Base, RunID: spell(kept.ID), Node: page.Node, Field: field.Name, Provider: field.Provider, Request: env.Request,
	})
	if err == nil {
		return true, web.Redirect(w, r, location)
	}
	h.Log.WarnContext(r.Context(), "identity provider failed", "provider", field.Provider, "cause", err)
	p, err := h.pose(r.Context(), agent.Base, kept, page)
	if err != nil {
		return true, err
	}
	p.form.Fields[at].Error = templates.English().ProviderDown
	return true, h.renderAt(w, agent.Base, kept, p, agent.Base.Prefix+"/signon/?flowId="+spell(kept.ID))
}

// comeBack answers GET /as/callback/{provider}: somebody comes back from another provider, to the run that sent them there.
func (h *Host) comeBack(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	if h.Externals == nil {
		return web.NothingHere()
	}
	query := r.URL.Query()
	id := h.Externals.RunOf(query.Get("state"))
	if done, err := h.comeBackTo(w, r, base, id); done || err != nil {
		return err
	}
	asked := r.Clone(r.Context())
	asked.URL.RawQuery = url.Values{"flowId": {id}}.Encode()
	agent, found, err := h.open(w, asked, base)
	if err != nil || found == nil {
		return err
	}
	if found.Outcome != nil {
		return web.Redirect(w, r, resumeAt(agent.Base, found))
	}
	there := agent.Base.URL("/signon/?flowId=" + spell(found.ID))
	arrival, err := h.Externals.Returned(r.Context(), spell(found.ID), path.Base(r.URL.Path), query)
	if err != nil {
		return fmt.Errorf("come back from a provider: %w", err)
	}
	if arrival == nil {
		return web.Redirect(w, r, there) // an old answer, from the history perhaps: show where the run is
	}
	if agent.Session != nil {
		h.Sessions.Touch(agent.Session.ID, agent.Now)
		agent.Session.Touch(agent.Now)
		agent.Activity(w.Header())
	}
	page, err := h.advance(r, agent, w.Header(), advance{run: found, input: run.Input{
		Node: arrival.Node, Button: arrival.Field, Values: map[string]string{arrival.Field: arrival.Answer},
	}})
	switch {
	case err == nil && page == nil:
		return web.Redirect(w, r, resumeAt(agent.Base, found))
	case err == nil, errors.Is(err, errStale):
		return web.Redirect(w, r, there) // off the address that holds the code
	}
	return err
}
