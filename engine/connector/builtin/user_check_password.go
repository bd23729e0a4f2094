package builtin

import (
	"context"
	"errors"

	"vigil/engine/connector"
)

func userCheckPassword(directory Directory, keep Keep) connector.Capability {
	return connector.Capability{
		Name: "user.checkPassword",
		Doc:  "Checks a password, and makes whoever knows it a user.",
		Inputs: []connector.Field{
			{Name: "username", Type: required(connector.String), Doc: "A user name or an e-mail address."},
			{Name: "password", Type: required(connector.Secret), Doc: "What was typed."},
		},
		Outcomes: []connector.Outcome{
			{Name: "success", Doc: "The password is right.", Outputs: []connector.Field{
				{Name: "user", Type: required(connector.User), Doc: "Who knows it."},
			}},
			{Name: "failure", Doc: "The password is wrong, or there is no such account; it does not tell which."},
			{Name: "locked", Doc: "Too many were wrong; this one was not looked at."},
			{Name: "mustChange", Doc: "The password is right, and another must be chosen first.", Outputs: []connector.Field{
				{Name: "account", Type: required(connector.Account), Doc: "Whose password it is."},
			}},
		},
		Proves:    "pwd", // RFC 8176 2
		Guessable: true,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if directory == nil {
				return connector.Result{}, errNoPort
			}
			name, _ := call.Inputs["username"].(string)
			password, _ := call.Inputs["password"].(connector.SecretValue)
			result, err := directory.CheckPassword(ctx, PasswordCheck{
				EnvironmentID: call.EnvironmentID, Username: name, Password: password.Reveal(), IP: call.Request.IP, Now: call.Now,
			})
			if err != nil {
				return connector.Result{}, err
			}
			if result.Answer == PasswordMustChange && result.Account != nil {
				if err := noteMustChange(ctx, keep, call.RunID, *result.Account); err != nil {
					return connector.Result{}, err
				}
			}
			return passwordOutcome(call, result)
		},
	}
}

func passwordOutcome(call connector.Call, result PasswordResult) (connector.Result, error) {
	account := result.Account
	switch result.Answer {
	case PasswordWrong, PasswordLocked:
		return connector.Result{Outcome: string(result.Answer)}, nil
	case PasswordRight, PasswordMustChange:
		if account == nil {
			return connector.Result{}, errors.New("the directory called a password right and did not say whose")
		}
		if !account.Enabled {
			return connector.Result{Outcome: string(PasswordWrong)}, nil
		}
		if result.Answer == PasswordMustChange {
			return connector.Result{Outcome: string(PasswordMustChange), Output: map[string]any{"account": *account}}, nil
		}
		return connector.Result{
			Outcome: string(PasswordRight),
			Output:  map[string]any{"user": connector.UserValue{AccountValue: *account}},
			Proofs:  []connector.Proof{{AccountID: account.ID, Method: "pwd", At: call.Now}},
		}, nil
	}
	return connector.Result{}, errors.New("the directory gave no known answer")
}
