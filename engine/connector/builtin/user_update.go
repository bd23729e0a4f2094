package builtin

import (
	"context"

	"vigil/engine/connector"
)

func userUpdate(users Users) connector.Capability {
	return connector.Capability{
		Name: "user.update",
		Doc:  "Changes what the directory knows of somebody who proved to be themselves. Inputs that are left out change nothing.",
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "Whose account it is."},
			{Name: "username", Type: optional(connector.String), Doc: "What the person types to sign on."},
			{Name: "email", Type: optional(connector.String), Doc: "The e-mail address. A new one leads to nobody, and no mail that proves anything goes there, until a code that is mailed there is typed, or emailVerified says that the flow knows."},
			{Name: "emailVerified", Type: optional(connector.Bool), Doc: "Whether mail to the address is known to reach the person."},
			{Name: "givenName", Type: optional(connector.String), Doc: "The given name."},
			{Name: "familyName", Type: optional(connector.String), Doc: "The family name."},
			{Name: "phone", Type: optional(connector.String), Doc: "The phone number."},
			{Name: "attributes", Type: optional(connector.Object), Doc: "Texts, numbers, true and false, beside those there are. An empty text takes one away."},
		},
		Outcomes: []connector.Outcome{
			{Name: "updated", Doc: "It is changed.", Outputs: userOutput()},
			{Name: "taken", Doc: "The name is somebody else's, or an address that emailVerified speaks for is somebody's name.", Outputs: reason()},
			{Name: "invalid", Doc: "A name, an address or a text cannot be kept.", Outputs: reason()},
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
			user, _ := in["user"].(connector.UserValue)
			change := AccountChange{
				EnvironmentID: call.EnvironmentID, Account: user.AccountValue, Username: text(in, "username"), Email: text(in, "email"),
				GivenName: text(in, "givenName"), FamilyName: text(in, "familyName"), Phone: text(in, "phone"), Attributes: more,
			}
			if verified, given := in["emailVerified"].(bool); given {
				change.EmailVerified = &verified
			}
			account, err := users.Update(ctx, change)
			if err != nil {
				return refusal(err, NameTaken, InvalidField)
			}
			return renewed("updated", account), nil
		},
	}
}

func userOutput() []connector.Field {
	return []connector.Field{{Name: "user", Type: required(connector.User), Doc: "The user as changed. Every other value of that user in the run is changed too."}}
}

// userGroup makes user.joinGroup and user.leaveGroup.
func userGroup(users Users, name, doc string, change func(*AccountChange, string)) connector.Capability {
	return connector.Capability{
		Name: name, Doc: doc,
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "Whose account it is."},
			{Name: "group", Type: required(connector.String), Doc: "The name of the group."},
		},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "So it is, or so it was before.", Outputs: userOutput()}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if users == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			wanted := AccountChange{EnvironmentID: call.EnvironmentID, Account: user.AccountValue}
			change(&wanted, plain(call.Inputs, "group"))
			account, err := users.Update(ctx, wanted)
			if err != nil {
				return connector.Result{}, err
			}
			return renewed("done", account), nil
		},
	}
}

func userJoinGroup(users Users) connector.Capability {
	return userGroup(users, "user.joinGroup", "Puts somebody who proved to be themselves into a group.", func(c *AccountChange, group string) { c.Join = group })
}

func userLeaveGroup(users Users) connector.Capability {
	return userGroup(users, "user.leaveGroup", "Takes somebody who proved to be themselves out of a group.", func(c *AccountChange, group string) { c.Leave = group })
}
