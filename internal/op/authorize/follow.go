package authorize

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"vigil/internal/flowhost"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

// follow serves a page of a sign-on that asks whether the person has signed on in another tab, so that this one can go on to its own application:
// 200 with the address where it does, 204 where the person is still to be asked. Only pages of ours get an answer.
func (e *Endpoint) follow(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	w.Header().Set("Cache-Control", "no-store")
	if !web.OwnPage(r, base) {
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	base, err := e.Flows.PlaceOf(r, base)
	if err != nil {
		return err
	}
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	run, _, err := e.Flows.FindRun(r, agent)
	if err != nil {
		return err
	}
	location := ""
	if run != nil && flowhost.Follows(run, agent) {
		x := &exchange{w: w, r: r, base: base, agent: agent, ran: true}
		if location, err = e.followed(x, run); err != nil {
			return err
		}
	}
	if location == "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = io.WriteString(w, location)
	return err
}

// followed lets the session that there is now answer the request of a run, if it satisfies it. Empty: the person is still to be asked.
func (e *Endpoint) followed(x *exchange, run *store.Run) (location string, err error) {
	if err := json.Unmarshal(run.Request, &x.request); err != nil {
		return "", fmt.Errorf("decode kept request: %w", err)
	}
	x.base = x.base.InRealm(x.base.Environment.Realm(x.request.Realm))
	if x.identify(nil) != nil || e.check(x) != nil {
		return "", nil
	}
	var known flowhost.Ask
	if err := known.Request.UnmarshalBinary(run.FlowRequest); err != nil {
		return "", err
	}
	ask := e.flowhostAsk(x, known.Request)
	s := x.agent.Session
	// OIDC Core 3.1.2.1: prompt=login, max_age and the person who is named are this request's own, whoever signed on for another one.
	if ask.Request.Reauthenticate || tooOld(&x.request, s, x.agent.Now) {
		return "", nil
	}
	return e.Flows.Follow(x.r, x.agent, x.w.Header(), flowhost.Following{Run: run, Ask: ask, Good: func(outcome *store.Outcome) bool {
		return e.unmet(x, s, acrOf(x, outcome, s)) == nil
	}})
}
