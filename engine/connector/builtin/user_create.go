package builtin

import (
	"context"
	"errors"

	"vigil/engine/connector"
)

func userCreate(users Users) connector.Capability {
	account := []connector.Field{{Name: "account", Type: required(connector.Account), Doc: "Whose name it is."}}
	return connector.Capability{
		Name: "user.create",
		Doc: "Adds an account. Until somebody proves to own it, by a code that was mailed there for instance, no password opens it and its name stays free; " +
			"after two days it is forgotten.",
		Inputs: []connector.Field{
			{Name: "username", Type: required(connector.String), Doc: "What the person will type to sign on."},
			{Name: "password", Type: optional(connector.Secret), Doc: "Left out: no password opens the account."},
			{Name: "email", Type: optional(connector.String), Doc: "The e-mail address."},
			{Name: "givenName", Type: optional(connector.String), Doc: "The given name."},
			{Name: "familyName", Type: optional(connector.String), Doc: "The family name."},
			{Name: "phone", Type: optional(connector.String), Doc: "The phone number."},
			{Name: "attributes", Type: optional(connector.Object), Doc: "More about the person: texts, numbers, true and false."},
		},
		Outcomes: []connector.Outcome{
			{Name: "created", Doc: "There is such an account, and nobody proved to own it yet.", Outputs: account},
			{Name: "exists", Doc: "The name or the address is somebody's. Go the same way as for created: a page that differs tells strangers who has an account.", Outputs: account},
			{Name: "weakPassword", Doc: "The password is refused, whoever it was for.", Outputs: reason()},
			{Name: "invalid", Doc: "A name or an address is none.", Outputs: reason()},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if users == nil {
				return connector.Result{}, errNoPort
			}
			in := call.Inputs
			more, err := attributes(in, "attributes")
			if err != nil {
				return connector.Result{}, err
			}
			password, _ := in["password"].(connector.SecretValue)
			created, exists, err := users.Create(ctx, NewAccount{
				EnvironmentID: call.EnvironmentID, Username: plain(in, "username"), Email: plain(in, "email"), GivenName: plain(in, "givenName"),
				FamilyName: plain(in, "familyName"), Phone: plain(in, "phone"), Password: password.Reveal(), Attributes: more,
			})
			if err != nil {
				return refusal(err, WeakPassword, InvalidField)
			}
			outcome := "created"
			if exists {
				outcome = "exists"
			}
			return connector.Result{Outcome: outcome, Output: map[string]any{"account": created}}, nil
		},
	}
}

// refusal turns an error of Users into one of the outcomes that a capability has for it.
func refusal(err error, known ...Why) (connector.Result, error) {
	var refused *Refused
	if errors.As(err, &refused) {
		for _, why := range known {
			if why == refused.Why {
				return connector.Result{Outcome: string(why), Output: map[string]any{"reason": refused.Reason}}, nil
			}
		}
	}
	return connector.Result{}, err
}
