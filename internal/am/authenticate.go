package am

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"vigil/engine/run"
	"vigil/internal/flowhost"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
)

// highestAuthenticate is the latest version of the resource that is spoken.
const highestAuthenticate = 2

// step is one request of a sign-on by callbacks.
type step struct {
	w     http.ResponseWriter
	r     *http.Request
	base  tenant.Base
	agent *useragent.Agent
	body  stepBody
}

type stepBody struct {
	AuthID    string     `json:"authId"`
	Callbacks []answered `json:"callbacks"`
}

// authenticate serves POST …/authenticate: a flow, page by page, as callbacks.
func (e *Endpoint) authenticate(w http.ResponseWriter, r *http.Request, base tenant.Base) (err error) {
	if done, err := negotiate(w, r, highestAuthenticate); done || err != nil {
		return err
	}
	s := &step{w: w, r: r, base: base}
	raw, done, err := readBody(w, r)
	if done || err != nil {
		return err
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &s.body); err != nil {
			return fail(w, http.StatusBadRequest, notJSON)
		}
	}
	if s.agent, err = e.Agents.Recognise(r, base); err != nil {
		return err
	}
	if s.body.AuthID == "" {
		return e.begin(s)
	}
	return e.proceed(s)
}

// begin starts a flow: the one that the request names as its service, else the environment's.
func (e *Endpoint) begin(s *step) error {
	query, name := s.r.URL.Query(), s.base.Environment.DefaultFlow
	switch kind := query.Get("authIndexType"); {
	case kind == "service" && offered(s.base.Environment, query.Get("authIndexValue")):
		name = query.Get("authIndexValue")
	case kind != "":
		return fail(s.w, http.StatusBadRequest, "No Configuration found")
	}
	request := e.Flows.RequestOf(s.r)
	request.Reauthenticate = query.Get("ForceAuth") == "true"
	begun, err := e.Flows.Begin(s.r.Context(), s.agent, s.w.Header(), flowhost.Ask{
		Flow: name, Request: request, Application: s.base.Environment.Name, Interaction: true, Alone: query.Get("noSession") == "true",
		Back: backOf(s.r, s.base),
	})
	switch {
	case errors.Is(err, flowhost.ErrTooMany):
		return fail(s.w, http.StatusServiceUnavailable, "Too many sign-ons were begun from one address")
	case err != nil:
		return err
	case begun.Shown == nil:
		return e.conclude(s, begun.Outcome)
	}
	if input, given := credentials(s.r, begun.Shown.Page); given {
		return e.answer(s, begun.Shown, input)
	}
	return e.ask(s, begun.Shown)
}

// offered reports whether a flow is one that applications of the realm use: callers choose among those.
func offered(environment *tenant.Environment, name string) bool {
	return name == environment.DefaultFlow || slices.ContainsFunc(environment.Applications, func(a *tenant.Application) bool {
		return a.Enabled && slices.Contains(a.FlowPolicies, name)
	})
}

// proceed takes the answers to a page.
func (e *Endpoint) proceed(s *step) error {
	claims, wrong := e.readAuthID(s.base, s.body.AuthID)
	if wrong != "" {
		return fail(s.w, http.StatusBadRequest, wrong)
	}
	kept, err := e.Flows.FindInteraction(s.r.Context(), s.agent, claims.SessionID)
	if err != nil {
		return err
	}
	if kept == nil || kept.Version != claims.Step || kept.Outcome != nil {
		// A step counts once: an authId that was answered is worth nothing any more.
		return timedOut(s.w)
	}
	shown, err := e.Flows.Show(s.r, s.agent, kept)
	switch {
	case errors.Is(err, flowhost.ErrTimedOut):
		return timedOut(s.w)
	case err != nil:
		return err
	}
	if claims.Field != "" {
		return e.comeBack(s, shown, claims.Field)
	}
	q, err := questionOf(shown.Page, means{leaving: e.Flows.Leaving(s.base, shown)})
	if err != nil {
		return err
	}
	input, err := q.read(shown.Page.Node, s.body.Callbacks)
	if err != nil {
		return fail(s.w, http.StatusBadRequest, "The callbacks do not answer what was asked: "+err.Error())
	}
	if isExternal(shown.Page, input.Button) {
		return e.redirect(s, shown, input.Button)
	}
	return e.answer(s, shown, input)
}

// answer gives a page what was entered, and answers with what comes of it.
func (e *Endpoint) answer(s *step, shown *flowhost.Interaction, input run.Input) error {
	_, err := e.Flows.Answer(s.r, s.agent, s.w.Header(), shown, input)
	switch {
	case errors.Is(err, flowhost.ErrOvertaken):
		return timedOut(s.w)
	case err != nil:
		return err
	case shown.Run.Outcome == nil:
		return e.ask(s, shown)
	}
	return e.finish(s.r.Context(), s, shown.Run)
}

// finish answers with what the flow came to, once.
func (e *Endpoint) finish(ctx context.Context, s *step, ended *store.Run) error {
	first, err := e.Flows.TakeBack(ctx, ended)
	if err != nil {
		return err
	}
	if !first {
		return timedOut(s.w)
	}
	return e.conclude(s, ended.Outcome)
}

// ask answers with a page.
func (e *Endpoint) ask(s *step, shown *flowhost.Interaction) error {
	// Only pages of applications may have a person's passkey asked for in their name; of anybody else's request it is asked for here.
	origin := s.r.Header.Get("Origin")
	if !s.base.Environment.AllowsOrigin(origin) {
		origin = ""
	}
	passkeys, err := e.Flows.PasskeyOptions(s.r.Context(), s.base, shown, origin)
	if err != nil {
		return err
	}
	leaving := e.Flows.Leaving(s.base, shown)
	if field := only(shown.Page, leaving); field != "" {
		return e.redirect(s, shown, field)
	}
	q, err := questionOf(shown.Page, means{passkeys, leaving})
	if err != nil {
		return err
	}
	if len(q.callbacks) == 0 && len(shown.Page.Buttons) == 0 {
		return fail(s.w, http.StatusNotImplemented, "The page asks for something that callbacks cannot carry")
	}
	return e.send(s, shown, q.callbacks, "")
}

// send sends callbacks with an authId for their answer. Field is where they lead away.
func (e *Endpoint) send(s *step, shown *flowhost.Interaction, callbacks []callback, field string) error {
	authID, err := e.authID(s.base, shown.Run, field)
	if err != nil {
		return err
	}
	return send(s.w, http.StatusOK, struct {
		AuthID      string     `json:"authId"`
		Callbacks   []callback `json:"callbacks"`
		Stage       string     `json:"stage,omitempty"`
		Header      string     `json:"header,omitempty"`
		Description string     `json:"description,omitempty"`
	}{authID, callbacks, shown.Page.Node, shown.Page.Title, shown.Page.Text})
}

// conclude answers with the session token, or with why there is none.
func (e *Endpoint) conclude(s *step, outcome *store.Outcome) error {
	type success struct {
		TokenID    string `json:"tokenId,omitempty"`
		Message    string `json:"message,omitempty"`
		SuccessURL string `json:"successUrl"`
		Realm      string `json:"realm"`
	}
	switch {
	case outcome.Proved:
		return send(s.w, http.StatusOK, success{Message: "Authentication Successful", SuccessURL: s.base.URL("/"), Realm: s.base.Realm.Name})
	case outcome.SessionID == nil && outcome.ErrorDescription != "":
		return refuse(s.w, outcome.ErrorDescription, map[string]string{"failureUrl": ""})
	case outcome.SessionID == nil || s.agent.Session == nil:
		return refuse(s.w, "Login failure", map[string]string{"failureUrl": ""})
	}
	token, err := s.agent.SSOToken()
	if err != nil {
		return err
	}
	if err := s.agent.WriteSSO(s.w.Header()); err != nil {
		return err
	}
	return send(s.w, http.StatusOK, success{TokenID: token, SuccessURL: s.base.URL("/"), Realm: s.base.Realm.Name})
}

// timedOut is AM's answer to a sign-on that is over (AM: "Session has timed out response when authenticating to AM").
func timedOut(w http.ResponseWriter) error {
	return refuse(w, "Session has timed out", map[string]string{"errorCode": "110"})
}

// refuse is AM's answer to a sign-on that failed (AM: Failure node).
func refuse(w http.ResponseWriter, message string, detail map[string]string) error {
	const status = http.StatusUnauthorized
	return send(w, status, fault{Code: status, Reason: http.StatusText(status), Message: message, Detail: detail})
}
