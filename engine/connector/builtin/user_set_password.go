package builtin

import (
	"context"

	"vigil/engine/connector"
)

func userSetPassword(users Users) connector.Capability {
	return connector.Capability{
		Name: "user.setPassword",
		Doc: "Gives somebody who proved to be themselves another password. Other sign-ons of theirs that are under way come to nothing; this one goes on. " +
			"It proves nothing: a password that was just chosen is known to whoever chose it.",
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "Whose account it is."},
			{Name: "password", Type: required(connector.Secret), Doc: "The new password."},
			{Name: "endSessions", Type: required(connector.Bool), Default: true, Doc: "Whether their sessions in other browsers end."},
		},
		Outcomes: []connector.Outcome{
			{Name: "changed", Doc: "From now on it is the password.", Outputs: userOutput()},
			{Name: "weakPassword", Doc: "It is refused.", Outputs: reason()},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if users == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			chosen, _ := call.Inputs["password"].(connector.SecretValue)
			change := PasswordChange{EnvironmentID: call.EnvironmentID, Account: user.AccountValue, Password: chosen.Reveal()}
			change.EndSessions, _ = call.Inputs["endSessions"].(bool)
			if call.Session != nil && call.Session.User.ID == user.ID {
				change.SessionID = call.Session.ID
			}
			account, err := users.SetPassword(ctx, change)
			if err != nil {
				return refusal(err, WeakPassword)
			}
			return renewed("changed", account), nil
		},
	}
}

func userCheckPolicy(users Users) connector.Capability {
	return connector.Capability{
		Name: "user.checkPolicy",
		Doc:  "Tells whether a password would be taken.",
		Inputs: []connector.Field{
			{Name: "password", Type: required(connector.Secret), Doc: "The password."},
			{Name: "username", Type: optional(connector.String), Doc: "For whom: a password must not be the name."},
			{Name: "email", Type: optional(connector.String), Doc: "Their e-mail address."},
		},
		Outcomes: []connector.Outcome{
			{Name: "good", Doc: "It would."},
			{Name: "weakPassword", Doc: "It would not.", Outputs: reason()},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if users == nil {
				return connector.Result{}, errNoPort
			}
			chosen, _ := call.Inputs["password"].(connector.SecretValue)
			why, err := users.Judge(ctx, plain(call.Inputs, "username"), plain(call.Inputs, "email"), chosen.Reveal())
			if err != nil || why == "" {
				return connector.Result{Outcome: "good"}, err
			}
			return connector.Result{Outcome: string(WeakPassword), Output: map[string]any{"reason": why}}, nil
		},
	}
}
