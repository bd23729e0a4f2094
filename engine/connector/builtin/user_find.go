package builtin

import (
	"context"

	"vigil/engine/connector"
)

func userFind(directory Directory) connector.Capability {
	return connector.Capability{
		Name:   "user.find",
		Reads:  true,
		Doc:    "Looks somebody up. Who was found is an account, not a user: nobody proved anything.",
		Inputs: []connector.Field{{Name: "username", Type: required(connector.String), Doc: "A user name or an e-mail address."}},
		Outcomes: []connector.Outcome{
			{Name: "found", Doc: "There is such an account, and it is enabled.", Outputs: []connector.Field{
				{Name: "account", Type: required(connector.Account), Doc: "Who was found."},
			}},
			{Name: "none", Doc: "There is none."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if directory == nil {
				return connector.Result{}, errNoPort
			}
			name, _ := call.Inputs["username"].(string)
			if name == "" {
				return connector.Result{Outcome: "none"}, nil
			}
			account, err := directory.Find(ctx, call.EnvironmentID, name)
			switch {
			case err != nil:
				return connector.Result{}, err
			case account == nil || !account.Enabled:
				return connector.Result{Outcome: "none"}, nil
			}
			return connector.Result{Outcome: "found", Output: map[string]any{"account": *account}}, nil
		},
	}
}
