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

// logoutByHandle ends sessions of the person who holds the token, by their public names (AMCtxId). It says of each whether it ended.
func (e *Endpoint) logoutByHandle(v *visit) error {
	if v.session == nil {
		return fail(v.w, http.StatusUnauthorized, "Access Denied")
	}
	const most = 100
	if len(v.body.SessionHandles) > most {
		return fail(v.w, http.StatusBadRequest, "Too many session handles")
	}
	ended := make(map[string]bool, len(v.body.SessionHandles))
	for _, handle := range v.body.SessionHandles {
		id, found, err := e.Agents.Sessions.OfUser(v.r.Context(), v.session.EnvironmentID, v.session.UserID, func(id session.ID) bool {
			return grant.PublicSessionID(id[:]) == handle
		})
		if err != nil {
			return err
		}
		if ended[handle] = found; found {
			if err := e.SignOff.End(v.w, v.r, v.agent, id); err != nil {
				return err
			}
		}
	}
	return send(v.w, http.StatusOK, map[string]any{"result": ended})
}

// logoutByUser ends all sessions of the person who holds the token; of others nobody ends sessions here.
func (e *Endpoint) logoutByUser(v *visit) error {
	switch s := v.session; {
	case s == nil:
		return fail(v.w, http.StatusUnauthorized, "Access Denied")
	case !strings.EqualFold(v.body.Username, s.Username):
		return fail(v.w, http.StatusForbidden, "The user has insufficient privileges")
	}
	every := func(session.ID) bool { return true }
	for {
		id, found, err := e.Agents.Sessions.OfUser(v.r.Context(), v.session.EnvironmentID, v.session.UserID, every)
		if err != nil {
			return err
		}
		if !found {
			return send(v.w, http.StatusOK, map[string]bool{"result": true})
		}
		if err := e.SignOff.End(v.w, v.r, v.agent, id); err != nil {
			return err
		}
	}
}
