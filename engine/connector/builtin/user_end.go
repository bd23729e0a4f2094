package builtin

import (
	"context"

	"vigil/engine/connector"
)

func userDelete(users Users) connector.Capability {
	return connector.Capability{
		Name: "user.delete",
		Doc: "Deletes the account of somebody who proved to be themselves, with all that is theirs: sessions, refresh tokens, consents, authenticators. " +
			"Applications are told that the sessions ended.",
		Inputs:   []connector.Field{{Name: "user", Type: required(connector.User), Doc: "Whose account it is."}},
		Outcomes: []connector.Outcome{{Name: "deleted", Doc: "There is no such account any more. No success can follow: end the flow with an error, such as access_denied."}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if users == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			ends := ownSession(call, user.ID)
			if ends {
				if err := endOwnSession(ctx, call); err != nil {
					return connector.Result{}, err
				}
			}
			if err := users.Delete(ctx, user.AccountValue, call.EnvironmentID); err != nil {
				return connector.Result{}, err
			}
			return connector.Result{Outcome: "deleted", EndsSession: ends}, nil
		},
	}
}

func userDisable(users Users) connector.Capability {
	return connector.Capability{
		Name:     "user.disable",
		Doc:      "Refuses somebody from now on, and ends their sessions.",
		Inputs:   []connector.Field{{Name: "account", Type: required(connector.Account), Doc: "Whom."}},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "They may not sign on."}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			return setEnabled(ctx, call, users, false)
		},
	}
}

func userEnable(users Users) connector.Capability {
	return connector.Capability{
		Name:     "user.enable",
		Doc:      "Lets somebody sign on again.",
		Inputs:   []connector.Field{{Name: "account", Type: required(connector.Account), Doc: "Whom."}},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "They may sign on."}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			return setEnabled(ctx, call, users, true)
		},
	}
}

func setEnabled(ctx context.Context, call connector.Call, users Users, enabled bool) (connector.Result, error) {
	if users == nil {
		return connector.Result{}, errNoPort
	}
	account, _ := call.Inputs["account"].(connector.AccountValue)
	ends := !enabled && ownSession(call, account.ID)
	if ends {
		if err := endOwnSession(ctx, call); err != nil {
			return connector.Result{}, err
		}
	}
	if _, err := users.SetEnabled(ctx, call.EnvironmentID, account.ID, enabled); err != nil {
		return connector.Result{}, err
	}
	return connector.Result{Outcome: "done", EndsSession: ends}, nil
}

// ownSession reports whether the browser's session is that of an account.
func ownSession(call connector.Call, accountID string) bool {
	return call.Session != nil && call.Session.User.ID == accountID
}

// endOwnSession ends the browser's session so that its run goes on, which it would not where somebody else ended it.
func endOwnSession(ctx context.Context, call connector.Call) error {
	if call.Agent == nil {
		return nil
	}
	_, err := call.Agent.EndSession(ctx)
	return err
}
