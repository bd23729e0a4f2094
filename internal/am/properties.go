package am

import (
	"encoding/json"
	"net/http"
	"slices"

	"vigil/internal/grant"
	"vigil/internal/session"
	"vigil/internal/tenant"
)

// contextID is the property that names a session for logs and for its ending by handle. Nobody sets it.
const contextID = "AMCtxId"

// propertiesOf are those that whoever holds the token may see: the name of the session, and what the realm's allow-list names, empty where nothing
// was set (OpenAM: AbstractSessionPropertiesActionHandler).
func propertiesOf(s *session.Session, realm *tenant.Realm) map[string]string {
	visible := map[string]string{contextID: grant.PublicSessionID(s.ID[:])}
	for _, name := range realm.SessionProperties {
		visible[name] = s.Properties[name]
	}
	return visible
}

func (v *visit) properties() error {
	if v.session == nil {
		return denied(v)
	}
	return send(v.w, http.StatusOK, propertiesOf(v.session, v.base.Realm))
}

// updateProperties sets properties of the session. All of them are on the allow-list, or none is set. It is no activity.
//
// OpenAM, UpdateSessionPropertiesActionHandler: 400 without any property, 403 for one that is not listed.
func (e *Endpoint) updateProperties(v *visit) error {
	if v.session == nil {
		return denied(v)
	}
	var asked map[string]string
	if err := json.Unmarshal(v.raw, &asked); err != nil || len(asked) == 0 {
		return fail(v.w, http.StatusBadRequest, "Bad Request")
	}
	for name := range asked {
		if !slices.Contains(v.base.Realm.SessionProperties, name) {
			return fail(v.w, http.StatusForbidden, "Forbidden")
		}
	}
	noted := false
	changed, err := e.Agents.Sessions.Change(v.r.Context(), v.session.ID, v.agent.Now, func(s *session.Session) { noted = s.Note(asked) })
	switch {
	case err != nil:
		return err
	case changed == nil:
		return denied(v)
	case !noted:
		return fail(v.w, http.StatusBadRequest, "The session properties are too many or too long")
	}
	v.session = changed
	return v.properties()
}
