package authorize

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"vigil/internal/oidc"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/web"
	"vigil/templates"
)

// unasked are the scopes that the person must still let the application have. Nil: none.
//
// OIDC Core 3.1.2.4: consent before anything is released; 3.1.2.1: prompt=consent asks again.
func (e *Endpoint) unasked(x *exchange, s *session.Session) (oidc.Scope, error) {
	switch {
	case x.agreed:
		return nil, nil
	case x.request.Prompt.Has(oidc.PromptConsent):
		return x.wanted(), nil
	case x.app.Consent == tenant.ConsentAlways && (!x.request.Prompt.Has(oidc.PromptNone) || !s.Joined(x.app.ClientID)):
		// A silent check is no sign-on: who agreed in this session is not asked by it for what they agreed to.
		return x.wanted(), nil
	case x.app.Consent != tenant.ConsentRemembered && x.app.Consent != tenant.ConsentAlways:
		return nil, nil
	}
	var known []string
	err := e.KV.View(x.r.Context(), func(r kv.Reader) (err error) {
		known, err = store.Consent(r, s.EnvironmentID, s.UserID, x.app.ClientID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read consent: %w", err)
	}
	var left oidc.Scope
	for _, one := range x.wanted() {
		if !oidc.Scope(known).Has(one) {
			left = append(left, one)
		}
	}
	return left, nil
}

// respondSilently answers prompt=none from the session, unless there is something to ask. What of the scopes the application gets, a flow may have to say.
func (e *Endpoint) respondSilently(x *exchange) error {
	scope, err := e.unasked(x, x.agent.Session)
	switch {
	case err != nil:
		return err
	case len(scope) > 0:
		return e.refuse(x, errConsent())
	}
	if e.Flows.Limits(x.base.Environment, flowOf(&x.request, x.app, x.base.Environment)) {
		outcome, err := e.Flows.Silently(x.r, x.agent, x.w.Header(), e.flowhostAsk(x, e.Flows.RequestOf(x.r, x.request.UILocales...)))
		if err != nil {
			return err
		}
		return e.conclude(x, outcome)
	}
	return e.respond(x, answer{session: x.agent.Session, acr: x.agent.Session.ACR})
}

// hold keeps a flow that ended at once until the person has answered. False: there is nothing to ask.
func (e *Endpoint) hold(x *exchange, outcome *store.Outcome) (held bool, err error) {
	s, scope, err := e.question(x, outcome)
	if err != nil || s == nil || len(scope) == 0 {
		return false, err
	}
	if x.forPage() {
		return true, e.refuse(x, errConsent())
	}
	ask := e.flowhostAsk(x, e.Flows.RequestOf(x.r))
	if ask.Resume, err = json.Marshal(x.request); err != nil {
		return true, fmt.Errorf("keep request: %w", err)
	}
	location, err := e.Flows.KeepEnded(x.r.Context(), x.agent, x.w.Header(), ask, outcome)
	if err != nil {
		return true, err
	}
	return true, web.Redirect(x.w, x.r, location)
}

// question finds the session that a flow led to, and what is to be asked there. Nil: the flow led to none.
func (e *Endpoint) question(x *exchange, outcome *store.Outcome) (*session.Session, oidc.Scope, error) {
	if outcome.SessionID == nil {
		return nil, nil, nil
	}
	s, err := e.sessionOf(x.r.Context(), x.agent, *outcome.SessionID)
	if err != nil || s == nil {
		return nil, nil, err
	}
	scope, err := e.unasked(x, s)
	return s, scope, err
}

// errConsent: the person would have to be asked.
//
// OIDC Core 3.1.2.6.
func errConsent() *oidc.Error {
	return oidc.NewError(oidc.CodeConsentRequired, "the person has not agreed that the application learns this")
}

// consent asks the person of an ended run, or takes the answer. Answered: the request goes on, refused if fault is there.
func (e *Endpoint) consent(x *exchange, run *store.Run) (answered bool, fault *oidc.Error, err error) {
	s, scope, err := e.question(x, run.Outcome)
	if err != nil || s == nil || len(scope) == 0 {
		return true, nil, err
	}
	if x.r.Method != http.MethodPost {
		return false, nil, e.askConsent(x, s, scope)
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxForm)
	if err := x.r.ParseForm(); err != nil || !web.OwnPage(x.r, x.base) {
		return false, nil, e.Pages.Fail(x.w, x.base, http.StatusForbidden, templates.ErrorPage{
			Title: "That answer came from elsewhere", Message: "Answers are taken from pages of this site only.",
		})
	}
	switch button := x.r.PostForm.Get(templates.ButtonInput); {
	case button == templates.ButtonRefuse:
		return true, errRefused(), nil
	case button != templates.ButtonAgree, x.r.PostForm.Get(inputScope) != scope.String():
		// An application that registered itself may have changed what it may ask for since the page was shown.
		return false, nil, e.askConsent(x, s, scope)
	}
	x.agreed = true
	return true, nil, e.remember(x, s, scope)
}

// inputScope is what the page asked for.
const inputScope = "_scope"

// askConsent shows the question. It is a page of ours and stays out of frames.
func (e *Endpoint) askConsent(x *exchange, s *session.Session, scope oidc.Scope) error {
	page := templates.ConsentPage{
		Page: web.Frame(x.base, x.request.UILocales...), Application: x.app.Name, Home: x.app.HomePageURL, Policy: x.app.PolicyURI, Terms: x.app.TOSURI, User: s.Username, Scopes: scope,
		Action: x.base.Prefix + "/as/resume?flowId=" + x.r.URL.Query().Get("flowId"), Hidden: []templates.Hidden{{Name: inputScope, Value: scope.String()}},
	}
	return web.Show(x.w, http.StatusOK, templates.FormPolicy, func(out io.Writer) error { return e.Pages.Templates.Consent(out, page) })
}
