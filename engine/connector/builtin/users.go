package builtin

import (
	"context"
	"fmt"
	"strconv"

	"vigil/engine/connector"
)

// Users changes accounts. Every change of somebody's account names the epoch of the value that the flow holds: where the account changed since in
// a way that undoes proofs, it fails, and its error is no *Refused.
type Users interface {
	// Create adds an account that opens by nothing until somebody proves to own it. Where its name or address is taken it gives that account and
	// says so, at the same cost. *Refused.
	Create(ctx context.Context, account NewAccount) (created connector.AccountValue, exists bool, err error)
	// Update changes the profile. *Refused.
	Update(ctx context.Context, change AccountChange) (connector.AccountValue, error)
	// SetPassword gives the account another password. What else was proved for it until now starts no session. *Refused.
	SetPassword(ctx context.Context, change PasswordChange) (connector.AccountValue, error)
	// ProveEmail notes that mail to an address reaches the owner of an account, if it is still the account's.
	ProveEmail(ctx context.Context, environmentID string, account connector.AccountValue, address string) (connector.AccountValue, error)
	// Judge gives the reasons why a password would be refused for somebody of that name, in words for the person. Empty: it would not.
	Judge(ctx context.Context, username, email, password string) (string, error)
	// SetEnabled lets somebody sign on or not. Who may not has no session left.
	SetEnabled(ctx context.Context, environmentID, userID string, enabled bool) (connector.AccountValue, error)
	// Delete removes an account with everything that is its own, and ends its sessions.
	Delete(ctx context.Context, account connector.AccountValue, environmentID string) error
}

// NewAccount is somebody to be added.
type NewAccount struct {
	EnvironmentID, Username, Email, GivenName, FamilyName, Phone string
	Password                                                     string // empty: no password opens it
	Attributes                                                   map[string]string
}

// AccountChange is what becomes of a profile. Nil: it stays.
type AccountChange struct {
	EnvironmentID                                 string
	Account                                       connector.AccountValue // as the flow holds it
	Username, Email, GivenName, FamilyName, Phone *string
	EmailVerified                                 *bool
	Attributes                                    map[string]string // beside those there are. An empty text takes one away
	Join, Leave                                   string            // a group. Empty: none
}

// PasswordChange is a new password for somebody.
type PasswordChange struct {
	EnvironmentID string
	Account       connector.AccountValue // as the flow holds it
	Password      string
	// EndSessions ends all sessions of the account but for SessionID.
	EndSessions bool
	SessionID   string // empty: none is left out
}

// Why is the kind of a refusal.
type Why string

// The refusals, spelled as outcomes.
const (
	WeakPassword Why = "weakPassword"
	NameTaken    Why = "taken"
	InvalidField Why = "invalid"
)

// Refused is the error of a directory that does not take what it was given.
type Refused struct {
	Why    Why
	Reason string // in words for the person
}

// Error says why.
func (r *Refused) Error() string { return string(r.Why) + ": " + r.Reason }

// reason is the output of every refusal.
func reason() []connector.Field {
	return []connector.Field{{Name: "reason", Type: required(connector.String), Doc: "Why, in words for the person."}}
}

// renewed is the result of a change that a user made of their own account.
func renewed(outcome string, account connector.AccountValue) connector.Result {
	return connector.Result{Outcome: outcome, Output: map[string]any{"user": connector.UserValue{AccountValue: account}}, Renews: &account}
}

// text reads an optional input. Nil: it was left out.
func text(inputs map[string]any, name string) *string {
	if value, given := inputs[name].(string); given {
		return &value
	}
	return nil
}

// plain reads an optional input. Empty: it was left out.
func plain(inputs map[string]any, name string) string {
	value, _ := inputs[name].(string)
	return value
}

// attributes reads an object of single values.
func attributes(inputs map[string]any, name string) (map[string]string, error) {
	object, given := inputs[name].(map[string]any)
	if !given {
		return nil, nil
	}
	texts := make(map[string]string, len(object))
	for key, value := range object {
		switch value := value.(type) {
		case nil:
			texts[key] = ""
		case string:
			texts[key] = value
		case bool:
			texts[key] = strconv.FormatBool(value)
		case float64:
			texts[key] = strconv.FormatFloat(value, 'f', -1, 64)
		default:
			return nil, fmt.Errorf("%s: %q is no text, number or bool", name, key)
		}
	}
	return texts, nil
}
