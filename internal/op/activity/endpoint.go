package activity

import (
	"fmt"
	"net/http"
	"time"

	"vigil/internal/session"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// Endpoint takes activity.
type Endpoint struct{ Agents *useragent.Agents }

// header makes a browser ask before it sends the request from another origin.
//
// Fetch, section 3.3 "CORS protocol": a request with a header of its own is preflighted.
const header = "X-Vigil-Activity"

// Mount registers the endpoint.
func (e *Endpoint) Mount(r *web.Router) { r.POST("/as/session/activity", e.take) }

func (e *Endpoint) take(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	s := agent.Session
	switch {
	case r.Header.Get(header) == "":
		return answer(w, http.StatusBadRequest, `{"error":"invalid_request","error_description":"header `+header+` is missing"}`)
	case s == nil || !agent.Has(s.Gen):
		return answer(w, http.StatusUnauthorized, `{"active":false}`)
	case !joinedFrom(base.Environment, s, r.Header.Get("Origin")):
		return answer(w, http.StatusForbidden, `{"error":"access_denied","error_description":"this origin takes no part in the session"}`)
	}
	e.Agents.Sessions.Touch(s.ID, agent.Now)
	s.Touch(agent.Now)
	agent.Activity(h)
	left := s.Deadline().Sub(agent.Now)
	return answer(w, http.StatusOK, fmt.Sprintf(`{"active":true,"idleSecondsLeft":%d}`, left/time.Second))
}

func answer(w http.ResponseWriter, status int, body string) error {
	w.WriteHeader(status)
	_, err := w.Write([]byte(body))
	return err
}

// joinedFrom reports whether an application of this origin received something of the session.
func joinedFrom(environment *tenant.Environment, s *session.Session, origin string) bool {
	for _, id := range s.Applications {
		if app := environment.Application(id); app != nil && app.AllowsOrigin(origin) {
			return true
		}
	}
	return false
}
