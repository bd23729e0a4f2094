package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// end ends the flow, or the part and goes back to its caller.
func (x *execution) end(n *graph.Node) {
	given := make(map[string]any, len(n.End.With))
	for i := range n.End.With {
		value, err := x.argument(&n.End.With[i])
		if err != nil {
			x.leaveFailed(n, connector.BadValue, err)
			return
		}
		given[n.End.With[i].Name] = value
	}
	x.trace(n, n.End.Outcome, "", nil)
	switch {
	case len(x.state.Frames) > 1:
		x.endPart(n, given)
	case x.state.Opened != nil && n.End.Outcome != failed:
		x.respond(n.End.Outcome)
	case n.End.Outcome == "success":
		x.succeed(given)
	default:
		x.refuse(given)
	}
}

func (x *execution) endPart(n *graph.Node, given map[string]any) {
	part := x.flow()
	caller := x.back()
	if n.End.Outcome == failed {
		code, _ := given["code"].(string)
		if !connector.IsEndCode(code) {
			code = connector.ServerError
		}
		x.leaveFailed(caller, code, nil)
		return
	}
	at := slices.IndexFunc(part.Outcomes, func(o connector.Outcome) bool { return o.Name == n.End.Outcome })
	if at < 0 {
		x.leaveFailed(caller, connector.BadResult, fmt.Errorf("part %q has no outcome %q", part.Name, n.End.Outcome))
		return
	}
	outputs, err := fitFields(part.Outcomes[at].Outputs, given)
	if err != nil {
		x.leaveFailed(caller, connector.BadValue, fmt.Errorf("part %q: %w", part.Name, err))
		return
	}
	x.frame().give(caller.Name, outputs)
	x.leave(caller, n.End.Outcome)
}

// refuse ends the run as the flow wants it.
func (x *execution) refuse(given map[string]any) {
	code, _ := given["code"].(string)
	description, _ := given["description"].(string)
	var cause error
	switch {
	case code == "":
		code = "access_denied"
	case !connector.IsEndCode(code):
		code, cause = connector.ServerError, fmt.Errorf("unknown code %q", code)
	}
	x.effect = Failure{Code: code, Description: description, Node: x.path(), Cause: cause}
}

// succeed ends the run with a user, if that user was proved, by what the flow and the request want.
func (x *execution) succeed(given map[string]any) {
	user, ok := given["user"].(connector.UserValue)
	if !ok {
		x.fail(connector.ServerError, errors.New("success without a user"))
		return
	}
	proofs := x.latest(user.ID)
	if len(proofs) == 0 {
		x.fail(connector.ServerError, errors.New("success with a user whom nobody proved"))
		return
	}
	if err := meets(proofs, given["requires"]); err != nil {
		x.fail(connector.ServerError, err)
		return
	}
	if code, err := x.fresh(proofs); err != nil {
		x.fail(code, err)
		return
	}
	s := Success{User: user, IdleTimeout: graph.StandardIdleTimeout, FromSession: true}
	for _, p := range proofs {
		s.Methods = append(s.Methods, p.Proof)
		if p.SessionID == "" {
			s.FromSession = false
		} else {
			s.SessionID = p.SessionID
		}
	}
	if err := s.read(given); err != nil {
		x.fail(connector.ServerError, err)
		return
	}
	x.effect = s
}

// read takes what the flow's end says beside the user.
func (s *Success) read(given map[string]any) error {
	if idle, ok := given["idleTimeout"].(time.Duration); ok {
		s.IdleTimeout = idle
	}
	s.MaxLifetime, _ = given["maxLifetime"].(time.Duration)
	if s.IdleTimeout <= 0 || s.MaxLifetime < 0 {
		return errors.New("a session cannot end before it begins")
	}
	if persistent, ok := given["persistent"].(bool); ok {
		s.Persistent = &persistent
	}
	s.ACR, _ = given["acr"].(string)
	if device, ok := given["device"].(map[string]any); ok {
		s.Device, _ = device["id"].(string)
	}
	s.IDTokenClaims, _ = given["idTokenClaims"].(map[string]any)
	s.AccessTokenClaims, _ = given["accessTokenClaims"].(map[string]any)
	var err error
	if s.Scopes, err = texts(given["scopes"]); err != nil {
		return err
	}
	s.ExtraMethods, err = texts(given["authenticationMethods"])
	return err
}

// texts reads a list of strings. Nil: not given.
func texts(value any) ([]string, error) {
	if value == nil {
		return nil, nil
	}
	items, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("wanted a list, got %T", value)
	}
	list := make([]string, len(items))
	for i, item := range items {
		if list[i], ok = item.(string); !ok {
			return nil, fmt.Errorf("wanted a list of texts, got a %T in it", item)
		}
	}
	return list, nil
}

// latest gives the newest proof of each method for one account, sorted by method. Of two equally new the run's own counts.
func (x *execution) latest(account string) []Proved {
	var best []Proved
	for _, p := range x.state.Proofs {
		if account == "" || p.AccountID != account {
			continue
		}
		at := slices.IndexFunc(best, func(q Proved) bool { return q.Method == p.Method })
		switch {
		case at < 0:
			best = append(best, p)
		case p.At.After(best[at].At), p.At.Equal(best[at].At) && p.SessionID == "":
			best[at] = p
		}
	}
	slices.SortFunc(best, func(a, b Proved) int { return strings.Compare(a.Method, b.Method) })
	return best
}

// meets checks `requires:` once more, for this very person.
func meets(proofs []Proved, requires any) error {
	required, err := texts(requires)
	if err != nil {
		return err
	}
	for _, wanted := range required {
		if !slices.ContainsFunc(proofs, func(p Proved) bool { return connector.Satisfies(p.Method, wanted) }) {
			return fmt.Errorf("%q is required and was not proved for this user", wanted)
		}
	}
	return nil
}

// Suffices reports whether proofs of one person are what some success of a flow requires. A success that requires nothing is content with any.
func Suffices(flow *graph.Flow, proofs []connector.Proof) bool {
	proved := make([]Proved, len(proofs))
	for i := range proofs {
		proved[i].Proof = proofs[i]
	}
	return slices.ContainsFunc(flow.Successes(), func(e *graph.End) bool {
		var required any
		if a := e.Argument("requires"); a != nil {
			var err error
			if required, err = a.Value.Eval(nil); err != nil { // it is written out, so nothing is computed
				return false
			}
		}
		return meets(proved, required) == nil
	})
}

// fresh checks that a session which lent a proof still lives, and that the request's wish for a fresh proof is met.
func (x *execution) fresh(proofs []Proved) (string, error) {
	const code = "login_required"
	own, newest := false, proofs[0].At
	for _, p := range proofs {
		if p.SessionID == "" {
			own = true
		} else if x.env.Session == nil || x.env.Session.ID != p.SessionID {
			return code, errors.New("the session that proved the user is over")
		}
		if p.At.After(newest) {
			newest = p.At
		}
	}
	// OIDC Core 3.1.2.1: prompt=login and max_age ask for an active re-authentication.
	if x.env.Request.Reauthenticate && !own {
		return code, errors.New("a fresh proof was asked for and none was made")
	}
	if age := x.env.Request.MaxAge; age > 0 && x.now.Sub(newest) > age {
		return code, errors.New("the newest proof is older than max_age")
	}
	return "", nil
}
