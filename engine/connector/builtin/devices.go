package builtin

import (
	"context"
	"errors"

	"vigil/engine/connector"
)

func devicesList(owned Authenticators) connector.Capability {
	devices := connector.Type{Kind: connector.List, Elem: &connector.Type{Kind: connector.Device}}
	return connector.Capability{
		Name:  "devices.list",
		Reads: true,
		Doc:   "Lists what somebody registered to prove themselves with. A device has id, kind (totp, passkey, recovery, remembered), name and createdAt.",
		Inputs: []connector.Field{
			{Name: "account", Type: required(connector.Account), Doc: "Whose."},
			{Name: "kind", Type: optional(connector.String), Doc: "Only those of this kind. Left out: all."},
		},
		Outcomes: []connector.Outcome{
			{Name: "some", Doc: "There are some, the oldest first.", Outputs: []connector.Field{{Name: "list", Type: devices, Doc: "All of them."}}},
			{Name: "none", Doc: "There are none."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if owned == nil {
				return connector.Result{}, errNoPort
			}
			account, _ := call.Inputs["account"].(connector.AccountValue)
			kind, only := call.Inputs["kind"].(string)
			all, err := owned.List(ctx, call.EnvironmentID, account.ID)
			if err != nil {
				return connector.Result{}, err
			}
			var list []any
			for i := range all {
				if a := &all[i]; !only || a.Kind == kind {
					list = append(list, map[string]any{"id": a.ID, "kind": a.Kind, "name": a.Name, "createdAt": a.CreatedAt})
				}
			}
			if len(list) == 0 {
				return connector.Result{Outcome: "none"}, nil
			}
			return connector.Result{Outcome: "some", Output: map[string]any{"list": list}}, nil
		},
	}
}

func devicesRemove(owned Authenticators) connector.Capability {
	return connector.Capability{
		Name: "devices.remove",
		Doc:  "Takes away what somebody registered. Sessions go on.",
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "Whose it is."},
			{Name: "device", Type: required(connector.Device), Doc: "One that devices.list gave."},
		},
		Outcomes: []connector.Outcome{
			{Name: "removed", Doc: "It is gone."},
			{Name: "none", Doc: "The user has no such device."},
			proveFirst(),
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if owned == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			device, _ := call.Inputs["device"].(map[string]any)
			id, _ := device["id"].(string)
			all, err := owned.List(ctx, call.EnvironmentID, user.ID)
			if err != nil {
				return connector.Result{}, err
			}
			if !usedSecond(call, user, all) {
				return connector.Result{Outcome: "proveFirst"}, nil
			}
			err = owned.Remove(ctx, call.EnvironmentID, user.ID, id)
			if errors.Is(err, ErrNoAuthenticator) {
				return connector.Result{Outcome: "none"}, nil
			}
			return connector.Result{Outcome: "removed"}, err
		},
	}
}
