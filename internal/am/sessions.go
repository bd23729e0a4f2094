package am

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

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
	raw   []byte // what body was read from
	// session is the live one that the request's token names. Nil: the token names none, or (not given) there is no token.
	session *session.Session
	given   bool
}

type sessionsBody struct {
	TokenID        string   `json:"tokenId"`
	Username       string   `json:"username"`
	SessionHandles []string `json:"sessionHandles"`
}

const notJSON = "The request could not be processed because the provided content is not valid JSON"

// sessions serves POST …/sessions?_action=….
func (e *Endpoint) sessions(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if done, err := negotiate(w, r, highestSessions); done || err != nil {
		return err
	}
	v := &visit{w: w, r: r, base: base}
	action := r.URL.Query().Get("_action")
	raw, done, err := readBody(w, r)
	if done || err != nil {
		return err
	}
	if v.raw = raw; len(raw) > 0 && action != "updateSessionProperties" {
		if err := json.Unmarshal(raw, &v.body); err != nil {
			return fail(w, http.StatusBadRequest, notJSON)
		}
	}
	if done, err := e.find(v); done || err != nil {
		return err
	}
	return e.act(v, action)
}

// act does what a request for a session asks.
func (e *Endpoint) act(v *visit, action string) error {
	switch action {
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
	case "updateSessionProperties":
		return e.updateProperties(v)
	case "logoutByHandle":
		return e.logoutByHandle(v)
	case "logoutByUser":
		return e.logoutByUser(v)
	}
	// OpenAM, SessionResourceV2: NotSupportedException.
	return fail(v.w, http.StatusNotImplemented, "Action "+action+" not implemented for this resource")
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
	if v.given && v.r.Method != http.MethodGet && v.r.Header.Get("Accept-API-Version") == "" && v.r.Header.Get("X-Requested-With") == "" {
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
	if v.session == nil {
		return send(v.w, http.StatusOK, invalid{})
	}
	return send(v.w, http.StatusOK, infoOf(v.session, v.base.Realm))
}

// sessionInfo is a session as AM describes it.
type sessionInfo struct {
	Username    string            `json:"username"`
	UniversalID string            `json:"universalId"`
	Realm       string            `json:"realm"`
	Handle      string            `json:"sessionHandle,omitempty"`
	Latest      string            `json:"latestAccessTime"`
	MaxIdle     string            `json:"maxIdleExpirationTime"`
	MaxSession  string            `json:"maxSessionExpirationTime"`
	Properties  map[string]string `json:"properties,omitempty"`
}

func infoOf(s *session.Session, realm *tenant.Realm) sessionInfo {
	life := s.MaxLifetime
	if life == 0 {
		life = tenant.PersistentLifetime
	}
	return sessionInfo{
		Username: s.Username, UniversalID: universalID(s.Username, realm.Name), Realm: realm.Name,
		Latest: stamp(s.LastActivity), MaxIdle: stamp(s.IdleDeadline()), MaxSession: stamp(s.CreatedAt.Add(life)),
		Properties: propertiesOf(s, realm),
	}
}

// universalID names a person as AM's directory would: id=ada,ou=user,o=alpha,ou=services,ou=am-config.
func universalID(username, realm string) string {
	name := "id=" + username + ",ou=user"
	parts := strings.Split(strings.Trim(realm, "/"), "/")
	slices.Reverse(parts)
	for _, part := range parts {
		if part != "" {
			name += ",o=" + part + ",ou=services"
		}
	}
	return name + ",ou=am-config"
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// denied is AM's answer to whoever needs a token of a live session and has none.
func denied(v *visit) error { return fail(v.w, http.StatusUnauthorized, "Access Denied") }
