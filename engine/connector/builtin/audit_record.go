package builtin

import (
	"context"

	"vigil/engine/connector"
)

func auditRecord(audit Audit) connector.Capability {
	return connector.Capability{
		Name: "audit.record",
		Doc:  "Writes a line of the flow's own into the audit trail, which operators read with vigil audit list. It is kept for 90 days.",
		Inputs: []connector.Field{
			{Name: "event", Type: required(connector.String), Doc: "What happened, in a word or two."},
			{Name: "account", Type: optional(connector.Account), Doc: "Whom it is about."},
			{Name: "text", Type: optional(connector.String), Doc: "More about it."},
		},
		Outcomes: []connector.Outcome{{Name: "done", Doc: "It is written."}},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if audit == nil {
				return connector.Result{}, errNoPort
			}
			account, _ := call.Inputs["account"].(connector.AccountValue)
			event, _ := call.Inputs["event"].(string)
			text, _ := call.Inputs["text"].(string)
			err := audit.Record(ctx, AuditEvent{
				EnvironmentID: call.EnvironmentID, RunID: call.RunID, Flow: call.Flow, Node: call.Node,
				Event: event, AccountID: account.ID, Text: text, ClientID: call.Request.ClientID, IP: call.Request.IP, At: call.Now,
			})
			return connector.Result{Outcome: "done"}, err
		},
	}
}
