package am

import (
	"net/http"
	"strings"

	"vigil/internal/grant"
	"vigil/internal/session"
)

// logout ends the session of the token.
func (e *Endpoint) logout(v *visit) error {
	type result struct {
		Result string `json:"result"`
	}
	switch {
	case !v.given:
		return fail(v.w, http.StatusInternalServerError, "Null Token Id")
	case v.session == nil:
		return send(v.w, http.StatusOK, result{"Token has expired"})
	}
	if err := e.SignOff.End(v.w, v.r, v.agent, v.session.ID); err != nil {
		return err
	}
	return send(v.w, http.StatusOK, result{"Successfully logged out"})
}

// logoutByHandle ends sessions by their handles, or by their public names (AMCtxId) those of the person who holds the token. It says of each
// whether it has ended. Sessions of others end for an administrator of the realm.
func (e *Endpoint) logoutByHandle(v *visit) error {
	const most = 100
	switch {
	case v.session == nil:
		return denied(v)
	case v.body.SessionHandles == nil:
		// OpenAM, LogoutByHandleActionHandler.
		return fail(v.w, http.StatusBadRequest, `The "sessionHandles" field is not defined in the request or it's not a JSON array`)
	case len(v.body.SessionHandles) > most:
		return fail(v.w, http.StatusBadRequest, "Too many session handles")
	}
	administrator, err := e.administers(v, v.base.Realm)
	if err != nil {
		return err
	}
	ended := make(map[string]bool, len(v.body.SessionHandles))
	for _, handle := range v.body.SessionHandles {
		userID, public := readHandle(handle, v.session.UserID)
		if userID != v.session.UserID && !administrator {
			ended[handle] = false
			continue
		}
		done, err := e.endSome(v, userID, func(s *session.Session) bool { return grant.PublicSessionID(s.ID[:]) == public })
		if err != nil {
			return err
		}
		ended[handle] = done > 0
	}
	return send(v.w, http.StatusOK, map[string]any{"result": ended})
}

// logoutByUser ends all sessions of a person in the realm: their own, or for an administrator of the realm anybody's.
func (e *Endpoint) logoutByUser(v *visit) error {
	if v.session == nil {
		return denied(v)
	}
	userID := v.session.UserID
	if !strings.EqualFold(v.body.Username, v.session.Username) {
		if may, err := e.administers(v, v.base.Realm); err != nil {
			return err
		} else if !may {
			return fail(v.w, http.StatusForbidden, "The user has insufficient privileges")
		}
		var err error
		if userID, err = e.UserOf(v.r.Context(), v.base.Environment.ID, v.body.Username); err != nil {
			return err
		}
	}
	every := func(*session.Session) bool { return true }
	for ended := 1; userID != "" && ended > 0; {
		var err error
		if ended, err = e.endSome(v, userID, every); err != nil {
			return err
		}
	}
	return send(v.w, http.StatusOK, map[string]bool{"result": true})
}

// endSome ends sessions of a person that are seen in the realm. It returns how many.
func (e *Endpoint) endSome(v *visit, userID string, is func(*session.Session) bool) (ended int, err error) {
	seen, err := e.seenOf(v, v.base, userID)
	if err != nil {
		return 0, err
	}
	for _, s := range seen {
		if is(s) {
			if err := e.SignOff.End(v.w, v.r, v.agent, s.ID); err != nil {
				return ended, err
			}
			ended++
		}
	}
	return ended, nil
}
