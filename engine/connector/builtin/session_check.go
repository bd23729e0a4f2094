package builtin

import (
	"context"
	"time"

	"vigil/engine/connector"
)

func sessionCheck() connector.Capability {
	return connector.Capability{
		Name:  "session.check",
		Reads: true,
		Doc:   "Tells whether this browser has a session whose user was proved well enough and lately enough.",
		Inputs: []connector.Field{
			{Name: "method", Type: optional(connector.String), Doc: "Only a proof by this method counts, such as pwd or otp. Left out: any."},
			{Name: "within", Type: optional(connector.Duration), Doc: "Only a proof at most this old counts. Left out: any age."},
			{Name: "user", Type: optional(connector.User), Doc: "Only a session of this user counts. Left out: anybody's."},
		},
		Outcomes: []connector.Outcome{
			{Name: "active", Doc: "There is such a session.", Outputs: []connector.Field{
				{Name: "user", Type: required(connector.User), Doc: "Whose session it is."},
				{Name: "session", Type: required(connector.Session), Doc: "The session."},
			}},
			{Name: "none", Doc: "There is none, or the application asked for a fresh proof."},
		},
		Run: func(_ context.Context, call connector.Call) (connector.Result, error) {
			lent, active := vouching(call)
			if !active {
				return connector.Result{Outcome: "none"}, nil
			}
			return connector.Result{
				Outcome: "active",
				Output:  map[string]any{"user": call.Session.User, "session": *call.Session},
				Proofs:  lent,
			}, nil
		},
	}
}

// vouching gives the session's proofs that are good enough, and whether these or the run's own make the session active.
// A run that must prove afresh takes nothing from the session.
func vouching(call connector.Call) (lent []connector.Proof, active bool) {
	session := call.Session
	if session == nil || session.User.ID == "" {
		return nil, false
	}
	if wanted, asked := call.Inputs["user"].(connector.UserValue); asked && wanted.ID != session.User.ID {
		return nil, false
	}
	if !call.Request.Reauthenticate {
		for _, p := range session.Proofs {
			if good(call, p) {
				lent = append(lent, p)
			}
		}
	}
	active = len(lent) > 0
	for _, p := range call.Proofs {
		active = active || good(call, p)
	}
	return lent, active
}

func good(call connector.Call, p connector.Proof) bool {
	if p.AccountID != call.Session.User.ID {
		return false
	}
	if method, asked := call.Inputs["method"].(string); asked && method != p.Method {
		return false
	}
	age := call.Now.Sub(p.At)
	if within, asked := call.Inputs["within"].(time.Duration); asked && age > within {
		return false
	}
	// OIDC Core 3.1.2.1: max_age is the allowable time since the End-User was last actively authenticated.
	return call.Request.MaxAge == 0 || age <= call.Request.MaxAge
}
