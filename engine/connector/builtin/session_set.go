package builtin

import (
	"context"
	"time"

	"vigil/engine/connector"
)

func sessionSet() connector.Capability {
	return connector.Capability{
		Name: "session.set",
		Doc:  "Changes this browser's session at once, however the flow ends. A success sets the times anew: say there what shall hold after a sign-on.",
		Inputs: []connector.Field{
			{Name: "idleTimeout", Type: optional(connector.Duration), Doc: "It ends after so long without activity. Left out: as it is."},
			{Name: "maxLifetime", Type: optional(connector.Duration), Doc: "It ends so long after it began. Left out: as it is."},
			{Name: "properties", Type: optional(connector.Object), Doc: "Texts, numbers, true and false to note on it, beside those there are. An empty text takes one away."},
		},
		Outcomes: []connector.Outcome{
			{Name: "done", Doc: "It is changed."},
			{Name: "none", Doc: "This browser has no session."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if call.Agent == nil {
				return connector.Result{}, errNoPort
			}
			properties, err := attributes(call.Inputs, "properties")
			if err != nil {
				return connector.Result{}, err
			}
			change := connector.SessionChange{Properties: properties}
			change.IdleTimeout, _ = call.Inputs["idleTimeout"].(time.Duration)
			change.MaxLifetime, _ = call.Inputs["maxLifetime"].(time.Duration)
			found, err := call.Agent.ChangeSession(ctx, change)
			if err != nil {
				return connector.Result{}, err
			}
			return connector.Result{Outcome: doneOr(found, "none")}, nil
		},
	}
}

func sessionEnd() connector.Capability {
	return connector.Capability{
		Name: "session.end",
		Doc: "Ends this browser's session for every application, which are told so. The flow goes on as in a browser where nobody is signed on; " +
			"what the session proved counts for nothing more.",
		Outcomes: []connector.Outcome{
			{Name: "done", Doc: "It is over."},
			{Name: "none", Doc: "This browser had none."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if call.Agent == nil {
				return connector.Result{}, errNoPort
			}
			ended, err := call.Agent.EndSession(ctx)
			if err != nil {
				return connector.Result{}, err
			}
			return connector.Result{Outcome: doneOr(ended, "none"), EndsSession: true}, nil
		},
	}
}

func doneOr(done bool, otherwise string) string {
	if done {
		return "done"
	}
	return otherwise
}
