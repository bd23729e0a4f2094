package authorize

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"vigil/internal/flowhost"
	"vigil/internal/oidc"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// maxKept bounds what is stored of a request for whoever begins to sign on, in bytes.
const maxKept = 24 << 10

// interact hands the person to the flow, unless the flow ends at once.
func (e *Endpoint) interact(x *exchange) error {
	if x.base.Realm != nil {
		x.request.Realm = x.base.Realm.Name
	}
	kept, err := json.Marshal(x.request)
	if err != nil {
		return fmt.Errorf("keep request: %w", err)
	}
	if len(kept) > maxKept {
		return e.refuse(x, oidc.InvalidRequest("the request is too long to be kept while somebody signs on"))
	}
	ask := e.flowhostAsk(x, e.Flows.RequestOf(x.r, x.request.UILocales...))
	ask.Resume, ask.Interaction, x.ran = kept, x.forPage(), true
	// Who comes back is signed on wherever the application hands that in: one that registered itself could lure people there for their sessions.
	if ask.Interaction && x.request.RedirectURI != "" && x.base.Environment.Names(x.app) {
		ask.Back = &store.Back{ClientID: x.app.ClientID, URL: x.request.RedirectURI}
	}
	begun, err := e.Flows.Begin(x.r.Context(), x.agent, x.w.Header(), ask)
	switch {
	case errors.Is(err, flowhost.ErrTooMany):
		return e.refuse(x, oidc.Unavailable(err))
	case err != nil:
		return err
	}
	if x.shown = begun.Shown; x.shown != nil {
		return e.present(x, x.shown)
	}
	if begun.Outcome == nil {
		return web.Redirect(x.w, x.r, begun.Location)
	}
	if held, err := e.hold(x, begun.Outcome); held || err != nil {
		return err
	}
	return e.conclude(x, begun.Outcome)
}

// flowOf picks the flow: for prompt=create the one that makes accounts; else the first of acr_values that is one of the application's policies, else its first policy, else the environment's.
func flowOf(request *oidc.AuthorizeRequest, app *tenant.Application, environment *tenant.Environment) string {
	if request.Prompt.Has(oidc.PromptCreate) {
		return environment.RegistrationFlow
	}
	for _, acr := range request.ACRValues {
		if slices.Contains(app.FlowPolicies, acr) {
			return acr
		}
	}
	if len(app.FlowPolicies) > 0 {
		return app.FlowPolicies[0]
	}
	return environment.DefaultFlow
}

// resume serves the return of a flow: the authorization request goes on where it was.
func (e *Endpoint) resume(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	base, err := e.Flows.PlaceOf(r, base)
	if err != nil {
		return err
	}
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	run, foreign, err := e.Flows.FindRun(r, agent)
	switch {
	case err != nil:
		return err
	case foreign:
		return e.Flows.Over(w, r, agent, templates.OtherBrowser)
	case run == nil, run.Return != "": // there is none, or it goes back to somebody else
		return e.Flows.Over(w, r, agent, templates.Finished)
	case run.Outcome == nil:
		return web.Redirect(w, r, base.URL("/signon/?flowId="+r.URL.Query().Get("flowId")))
	}
	x := &exchange{w: w, r: r, base: base, agent: agent, ran: true}
	if err := json.Unmarshal(run.Request, &x.request); err != nil {
		return fmt.Errorf("decode kept request: %w", err)
	}
	x.base = base.InRealm(base.Environment.Realm(x.request.Realm))
	// The configuration may have changed while the person signed on.
	if refusal := x.identify(nil); refusal != nil {
		return e.tell(x, refusal)
	}
	fault := e.check(x)
	if fault == nil {
		var answered bool
		if answered, fault, err = e.consent(x, run); err != nil || !answered {
			return err
		}
	}
	first, err := e.Flows.TakeBack(r.Context(), run)
	switch {
	case err != nil:
		return err
	case !first:
		return e.Flows.Over(w, r, agent, templates.Finished)
	case fault != nil:
		return e.refuse(x, fault)
	}
	return e.conclude(x, run.Outcome)
}

// conclude answers with what a flow came to.
func (e *Endpoint) conclude(x *exchange, outcome *store.Outcome) error {
	if outcome.SessionID == nil {
		return e.refuse(x, oidc.NewError(outcome.ErrorCode, outcome.ErrorDescription))
	}
	s, err := e.sessionOf(x.r.Context(), x.agent, *outcome.SessionID)
	if err != nil {
		return err
	}
	switch {
	case s == nil:
		return e.refuse(x, oidc.LoginRequired("the session ended during sign-on"))
	case x.request.Prompt.Has(oidc.PromptCreate):
		// The person was just asked, and is signed on. What the application's own flow wants besides, and what it leaves, is for that flow to say.
		x.request.Prompt &^= oidc.PromptCreate | oidc.PromptLogin | oidc.PromptSelectAccount
		environment, own := x.base.Environment, flowOf(&x.request, x.app, x.base.Environment)
		if slices.Contains(x.request.ACRValues, own) || !e.Flows.Suffices(environment, own, s) || e.Flows.Limits(environment, own) {
			return e.interact(x)
		}
	}
	return e.respond(x, answer{session: s, outcome: outcome, acr: acrOf(x, outcome, s)})
}

// sessionOf is the session that a flow led to, if it still is this browser's.
func (e *Endpoint) sessionOf(ctx context.Context, agent *useragent.Agent, id session.ID) (*session.Session, error) {
	if agent.Session == nil || agent.Session.ID != id {
		return nil, nil
	}
	return e.Agents.Sessions.Load(ctx, id, agent.Now)
}

// acrOf is the flow's own class, else the flow policy that acr_values asked for.
//
// OIDC Core 2: acr, the authentication context class that was satisfied.
func acrOf(x *exchange, outcome *store.Outcome, s *session.Session) string {
	if outcome.ACR != "" {
		return outcome.ACR
	}
	if flow := flowOf(&x.request, x.app, x.base.Environment); slices.Contains(x.request.ACRValues, flow) {
		return flow
	}
	return s.ACR
}
