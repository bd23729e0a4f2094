package am

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"vigil/internal/grant"
	"vigil/internal/session"
	"vigil/internal/tenant"
)

// handlePrefix begins the handles that a query gives. Behind it stand the person and the session's public name.
const handlePrefix = "shandle:"

func handleOf(s *session.Session) string {
	return handlePrefix + s.UserID + "." + grant.PublicSessionID(s.ID[:])
}

// readHandle gives whose session a handle names, and its public name. A public name alone is one of the person who asks.
func readHandle(handle, own string) (userID, public string) {
	rest, long := strings.CutPrefix(handle, handlePrefix)
	if !long {
		return own, handle
	}
	cut := strings.LastIndexByte(rest, '.')
	if cut < 0 {
		return "", ""
	}
	return rest[:cut], rest[cut+1:]
}

// administers reports whether the person who holds the token administers a realm: they signed on under a name that stands there or at the root, and
// it is still the name of their account, and not just their e-mail address or one that looks alike.
func (e *Endpoint) administers(v *visit, realm *tenant.Realm) (bool, error) {
	if v.session == nil || v.base.Realm.Name != tenant.RootRealm && realm != v.base.Realm {
		return false, nil
	}
	for _, name := range v.base.Realm.Administrators {
		if !strings.EqualFold(name, v.session.Username) {
			continue
		}
		userID, err := e.UserOf(v.r.Context(), v.base.Environment.ID, name)
		if err != nil || userID == v.session.UserID {
			return err == nil, err
		}
	}
	return false, nil
}

// The one filter that there is, in either order (AM: "Invalidate all sessions for a given user").
var (
	filterPart = `(username|realm) eq "([^"\\]*)"`
	filter     = regexp.MustCompile(`^\(?` + filterPart + ` and ` + filterPart + `\)?$`)
)

// readFilter gives whose sessions are asked for, and in which realm.
func readFilter(text string) (username, realm string, ok bool) {
	m := filter.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil || m[1] == m[3] {
		return "", "", false
	}
	if m[1] == "username" {
		return m[2], m[4], true
	}
	return m[4], m[2], true
}

// querySessions serves GET …/sessions?_queryFilter=…, for administrators.
func (e *Endpoint) querySessions(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if done, err := negotiate(w, r, highestSessions); done || err != nil {
		return err
	}
	v := &visit{w: w, r: r, base: base}
	if done, err := e.find(v); done || err != nil {
		return err
	}
	if v.session == nil {
		return denied(v)
	}
	username, name, ok := readFilter(r.URL.Query().Get("_queryFilter"))
	if !ok {
		return fail(w, http.StatusBadRequest, `The _queryFilter must be: username eq "…" and realm eq "…"`)
	}
	realm := base.Environment.Realm(name)
	if may, err := e.administers(v, realm); err != nil {
		return err
	} else if realm == nil || !may {
		return fail(w, http.StatusForbidden, "Forbidden")
	}
	found, err := e.sessionsOf(v, base.InRealm(realm), username)
	if err != nil {
		return err
	}
	result := make([]sessionInfo, len(found))
	for i, s := range found {
		result[i] = infoOf(s, realm)
		result[i].Handle, result[i].Properties = handleOf(s), nil
	}
	return send(w, http.StatusOK, struct {
		Result    []sessionInfo `json:"result"`
		Count     int           `json:"resultCount"`
		Cookie    *string       `json:"pagedResultsCookie"`
		Policy    string        `json:"totalPagedResultsPolicy"`
		Total     int           `json:"totalPagedResults"`
		Remaining int           `json:"remainingPagedResults"`
	}{result, len(result), nil, "NONE", -1, -1})
}

// sessionsOf gives the live sessions of a person that are seen at a place.
func (e *Endpoint) sessionsOf(v *visit, at tenant.Base, username string) ([]*session.Session, error) {
	userID, err := e.UserOf(v.r.Context(), at.Environment.ID, username)
	if err != nil || userID == "" {
		return nil, err
	}
	return e.seenOf(v, at, userID)
}

func (e *Endpoint) seenOf(v *visit, at tenant.Base, userID string) ([]*session.Session, error) {
	all, err := e.Agents.Sessions.LiveOfUser(v.r.Context(), at.Environment.ID, userID, v.agent.Now)
	return slices.DeleteFunc(all, func(s *session.Session) bool { return s.Realm != at.Scope() }), err
}
