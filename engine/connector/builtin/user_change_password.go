package builtin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"vigil/engine/connector"
)

// keptMustChange is under which name a run keeps whose password was right and must be changed.
const keptMustChange = "must change"

// mustChange is what user.checkPassword leaves for user.changePassword.
type mustChange struct {
	AccountID string `json:"account"`
	Epoch     uint64 `json:"epoch"`
}

// noteMustChange keeps that somebody knew the password that must be changed.
func noteMustChange(ctx context.Context, keep Keep, runID string, account connector.AccountValue) error {
	if keep == nil {
		return nil
	}
	return keep.Change(ctx, runID, keptMustChange, func([]byte) ([]byte, error) {
		return json.Marshal(mustChange{account.ID, account.Epoch})
	})
}

func userChangePassword(users Users, keep Keep) connector.Capability {
	return connector.Capability{
		Name: "user.changePassword",
		Doc:  "Takes the new password of somebody whose old one was right in this run and must be changed (user.checkPassword, mustChange).",
		Inputs: []connector.Field{
			{Name: "account", Type: required(connector.Account), Doc: "What user.checkPassword gave."},
			{Name: "password", Type: required(connector.Secret), Doc: "The new password."},
		},
		Outcomes: []connector.Outcome{
			{Name: "success", Doc: "From now on it is the password, and whoever chose it is signed on by it.", Outputs: []connector.Field{
				{Name: "user", Type: required(connector.User), Doc: "Whose password it is."},
			}},
			{Name: "weakPassword", Doc: "It is refused. Let them choose another one.", Outputs: reason()},
		},
		Proves: "pwd", // RFC 8176 2
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if users == nil || keep == nil {
				return connector.Result{}, errNoPort
			}
			return changePassword(ctx, call, users, keep)
		},
	}
}

var errOldUnproved = errors.New("the old password was not right in this run")

func changePassword(ctx context.Context, call connector.Call, users Users, keep Keep) (connector.Result, error) {
	account, _ := call.Inputs["account"].(connector.AccountValue)
	chosen, _ := call.Inputs["password"].(connector.SecretValue)
	var known mustChange
	err := keep.Change(ctx, call.RunID, keptMustChange, func(value []byte) ([]byte, error) {
		if value == nil {
			return nil, errOldUnproved
		}
		known = mustChange{}
		return value, json.Unmarshal(value, &known)
	})
	if err != nil {
		return connector.Result{}, fmt.Errorf("read what was proved: %w", err)
	}
	if known.AccountID != account.ID {
		return connector.Result{}, errOldUnproved
	}
	account.Epoch = known.Epoch
	changed, err := users.SetPassword(ctx, PasswordChange{EnvironmentID: call.EnvironmentID, Account: account, Password: chosen.Reveal()})
	if err != nil {
		return refusal(err, WeakPassword)
	}
	result := proved(changed, "pwd", call.Now)
	result.Renews = &changed
	return result, nil
}
