package builtin

import (
	"context"
	"slices"
	"time"

	"vigil/engine/connector"
)

// Agreements keeps what people agreed to.
type Agreements interface {
	// Consented lists the scopes that somebody let an application have.
	Consented(ctx context.Context, environmentID, userID, clientID string) ([]string, error)
	// Consent remembers scopes beside those that are remembered.
	Consent(ctx context.Context, environmentID, userID, clientID string, scopes []string) error
	// Accepted gives what somebody accepted last under a name. Nil: nothing.
	Accepted(ctx context.Context, environmentID, userID, name string) (*Acceptance, error)
	// Accept notes what somebody accepted, in place of an earlier version.
	Accept(ctx context.Context, environmentID, userID, name string, acceptance Acceptance) error
}

// Acceptance is what somebody accepted, and when.
type Acceptance struct {
	Version  string
	ClientID string // the application they were signing on to
	At       time.Time
}

func consentCheck(agreements Agreements) connector.Capability {
	return connector.Capability{
		Name:   "consent.check",
		Reads:  true,
		Doc:    "Tells which of the requested scopes somebody has not let the application have yet.",
		Inputs: []connector.Field{{Name: "account", Type: required(connector.Account), Doc: "Whose consent it is."}},
		Outcomes: []connector.Outcome{
			{Name: "given", Doc: "All of them were given."},
			{Name: "missing", Doc: "Some were not.", Outputs: []connector.Field{{Name: "scopes", Type: texts(), Doc: "Those."}}},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if agreements == nil {
				return connector.Result{}, errNoPort
			}
			account, _ := call.Inputs["account"].(connector.AccountValue)
			known, err := agreements.Consented(ctx, call.EnvironmentID, account.ID, call.Request.ClientID)
			if err != nil {
				return connector.Result{}, err
			}
			missing := []any{}
			for _, scope := range call.Request.Scopes {
				if !slices.Contains(known, scope) {
					missing = append(missing, scope)
				}
			}
			if len(missing) == 0 {
				return connector.Result{Outcome: "given"}, nil
			}
			return connector.Result{Outcome: "missing", Output: map[string]any{"scopes": missing}}, nil
		},
	}
}

func consentGrant(agreements Agreements) connector.Capability {
	return connector.Capability{
		Name: "consent.grant",
		Doc:  "Remembers that somebody lets the application have scopes. Applications with consent: remembered do not ask for these again.",
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "Who lets it."},
			{Name: "scopes", Type: texts(), Doc: "Of the requested scopes these. Others are passed over."},
		},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "It is remembered."}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if agreements == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			items, _ := call.Inputs["scopes"].([]any)
			var scopes []string
			for _, item := range items {
				if scope, is := item.(string); is && slices.Contains(call.Request.Scopes, scope) {
					scopes = append(scopes, scope)
				}
			}
			if len(scopes) == 0 || call.Request.ClientID == "" {
				return connector.Result{Outcome: "done"}, nil
			}
			return connector.Result{Outcome: "done"}, agreements.Consent(ctx, call.EnvironmentID, user.ID, call.Request.ClientID, scopes)
		},
	}
}

func texts() connector.Type {
	return connector.Type{Kind: connector.List, Elem: &connector.Type{Kind: connector.String}}
}

func agreementCheck(agreements Agreements) connector.Capability {
	return connector.Capability{
		Name:  "agreement.check",
		Reads: true,
		Doc:   "Tells whether somebody accepted this version of something, such as terms of use.",
		Inputs: []connector.Field{
			{Name: "account", Type: required(connector.Account), Doc: "Who."},
			{Name: "name", Type: required(connector.String), Doc: "Of what, such as terms. At most 64 letters."},
			{Name: "version", Type: required(connector.String), Doc: "Which version must be accepted, such as 2026-11."},
		},
		Outcomes: []connector.Outcome{
			{Name: "accepted", Doc: "They did.", Outputs: []connector.Field{{Name: "at", Type: required(connector.Time), Doc: "When."}}},
			{Name: "missing", Doc: "They accepted another version, or none."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if agreements == nil {
				return connector.Result{}, errNoPort
			}
			account, _ := call.Inputs["account"].(connector.AccountValue)
			last, err := agreements.Accepted(ctx, call.EnvironmentID, account.ID, plain(call.Inputs, "name"))
			if err != nil || last == nil || last.Version != plain(call.Inputs, "version") {
				return connector.Result{Outcome: "missing"}, err
			}
			return connector.Result{Outcome: "accepted", Output: map[string]any{"at": last.At}}, nil
		},
	}
}

func agreementAccept(agreements Agreements) connector.Capability {
	return connector.Capability{
		Name: "agreement.accept",
		Doc:  "Remembers that somebody accepted a version of something, with the time and the application.",
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "Who accepted it."},
			{Name: "name", Type: required(connector.String), Doc: "What, such as terms. At most 64 letters."},
			{Name: "version", Type: required(connector.String), Doc: "Which version, such as 2026-11."},
		},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "It is remembered."}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if agreements == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			return connector.Result{Outcome: "done"}, agreements.Accept(ctx, call.EnvironmentID, user.ID, plain(call.Inputs, "name"),
				Acceptance{Version: plain(call.Inputs, "version"), ClientID: call.Request.ClientID, At: call.Now})
		},
	}
}
