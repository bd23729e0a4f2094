package am

import (
	"net/http"
	"time"

	"vigil/internal/grant"
	"vigil/internal/session"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
)

// highestSessions is the latest version of the resource that is spoken (AM 8.1: 5.1).
const highestSessions = 5

// visit is one request for a session.
type visit struct {
	w     http.ResponseWriter
	r     *http.Request
	base  tenant.Base
	agent *useragent.Agent
	body  sessionsBody
	// session is the live one that the request's token names. Nil: the token names none, or (not given) there is no token.
	session *session.Session
	given   bool
}

type sessionsBody struct {
	TokenID        string   `json:"tokenId"`
	Username       string   `json:"username"`
	SessionHandles []string `json:"sessionHandles"`
}

// sessions serves POST …/sessions?_action=….
func (e *Endpoint) sessions(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if done, err := negotiate(w, r, highestSessions); done || err != nil {
		return err
	}
	v := &visit{w: w, r: r, base: base}
	if done, err := readBody(w, r, &v.body); done || err != nil {
		return err
	}
	if done, err := e.find(v); done || err != nil {
		return err
	}
	switch r.URL.Query().Get("_action") {
	case "logout":
		return e.logout(v)
	case "getSessionInfo":
		return v.info()
	case "getSessionInfoAndResetIdleTime", "refresh":
		e.touch(v)
		return v.info()
	case "validate":
		e.touch(v)
		return v.validate()
	case "getSessionProperties":
		return v.properties()
	case "logoutByHandle":
		return e.logoutByHandle(v)
	case "logoutByUser":
		return e.logoutByUser(v)
	}
	return fail(w, http.StatusBadRequest, "Action not supported")
}

// find reads the token: from the body, else the header of its name, else the cookie. Done: it was refused.
func (e *Endpoint) find(v *visit) (done bool, err error) {
	if v.agent, err = e.Agents.Recognise(v.r, v.base); err != nil {
		return true, err
	}
	token := v.body.TokenID
	if token == "" {
		token = v.r.Header.Get(v.base.Environment.AM.CookieName)
	}
	if token != "" {
		v.given = true
		v.session, err = e.Agents.OfToken(v.r.Context(), v.base, token)
		return false, err
	}
	v.session, v.given = v.agent.Session, v.agent.BroughtSession()
	if v.given && v.r.Header.Get("Accept-API-Version") == "" && v.r.Header.Get("X-Requested-With") == "" {
		// A page of another site can send cookies along, but none of these headers (Fetch, section "CORS-safelisted request-header").
		return true, fail(v.w, http.StatusForbidden, "Accept-API-Version or X-Requested-With is missing")
	}
	return false, nil
}

// touch resets the idle time.
func (e *Endpoint) touch(v *visit) {
	if v.session == nil {
		return
	}
	now := v.agent.Now
	e.Agents.Sessions.Touch(v.session.ID, now)
	v.session.Touch(now)
	if v.agent.Session != nil && v.agent.Session.ID == v.session.ID {
		v.agent.Session.Touch(now)
		v.agent.Activity(v.w.Header())
	}
}

type invalid struct {
	Valid bool `json:"valid"` // false
}

func (v *visit) validate() error {
	if v.session == nil {
		return send(v.w, http.StatusOK, invalid{})
	}
	return send(v.w, http.StatusOK, struct {
		Valid bool   `json:"valid"`
		UID   string `json:"uid"`
		Realm string `json:"realm"`
	}{true, v.session.Username, v.base.Realm.Name})
}

// info describes the session. Looking at it does not reset its idle time (AM: sessions API, getSessionInfo).
func (v *visit) info() error {
	s := v.session
	if s == nil {
		return send(v.w, http.StatusOK, invalid{})
	}
	life := s.MaxLifetime
	if life == 0 {
		life = tenant.PersistentLifetime
	}
	return send(v.w, http.StatusOK, struct {
		Username    string            `json:"username"`
		UniversalID string            `json:"universalId"`
		Realm       string            `json:"realm"`
		Latest      string            `json:"latestAccessTime"`
		MaxIdle     string            `json:"maxIdleExpirationTime"`
		MaxSession  string            `json:"maxSessionExpirationTime"`
		Properties  map[string]string `json:"properties"`
	}{
		s.Username, "id=" + s.Username + ",ou=user,o=" + v.base.Realm.Name, v.base.Realm.Name,
		stamp(s.LastActivity), stamp(s.IdleDeadline()), stamp(s.CreatedAt.Add(life)), propertiesOf(s),
	})
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// propertiesOf are those that anybody may see who holds the token.
func propertiesOf(s *session.Session) map[string]string {
	return map[string]string{"AMCtxId": grant.PublicSessionID(s.ID[:])}
}

func (v *visit) properties() error {
	if v.session == nil {
		return fail(v.w, http.StatusUnauthorized, "Access Denied")
	}
	return send(v.w, http.StatusOK, propertiesOf(v.session))
}
