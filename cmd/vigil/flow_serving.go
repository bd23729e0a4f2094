package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"vigil/engine/diag"
	"vigil/internal/admin"
	"vigil/internal/metrics"
	"vigil/internal/rollout"
	"vigil/internal/server"
	"vigil/internal/store/kv"
)

// refusal remembers why the folder of flows was refused, as long as it is.
type refusal struct {
	mu  sync.Mutex
	now *admin.FlowRefusal
}

// set notes mistakes, or that there are none any more.
func (r *refusal) set(at time.Time, found []diag.Diagnostic) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = nil
	for _, d := range found {
		if d.Severity != diag.Error {
			continue
		}
		if r.now == nil {
			r.now = &admin.FlowRefusal{At: at.UTC()}
		}
		mistake := fmt.Sprintf("%s:%d:%d: %s [%s]", d.Subject.File, d.Subject.Start.Line, d.Subject.Start.Column, d.Summary, d.Rule)
		if d.Hint != "" {
			mistake += " (" + d.Hint + ")"
		}
		r.now.Mistakes = append(r.now.Mistakes, mistake)
	}
}

func (r *refusal) get() *admin.FlowRefusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// serving tells operators of the flows that this process serves.
type serving struct {
	server  *server.Server
	refused *refusal
}

// FlowStatus implements admin.Flows.
func (s serving) FlowStatus(ctx context.Context, environment string) (admin.FlowStatus, error) {
	status := admin.FlowStatus{Refused: s.refused.get()}
	for _, e := range s.server.FlowEditions(environment) {
		told := admin.FlowEdition{
			Flow: e.Flow, Hash: e.Hash, Since: e.Since, Begun: e.Begun, LeftAt: e.LeftAt, FailedAt: e.FailedAt,
			Silent: e.Ended[metrics.Silent], Success: e.Ended[metrics.Success], Refused: e.Ended[metrics.Refused],
			Fault: e.Ended[metrics.Fault], TimedOut: e.Ended[metrics.TimedOut],
		}
		if rate, known := e.SuccessRate(); known {
			told.SuccessRate = &rate
		}
		status.Editions = append(status.Editions, told)
	}
	policies, err := s.server.FlowPolicies(ctx, environment)
	for _, p := range policies {
		told := admin.FlowPolicy{Name: p.Name}
		for _, share := range p.Shares {
			one := admin.PolicyFlow{Flow: share.Flow, Weight: share.Weight, Failures: share.Failures, Runs: share.Runs}
			if back := share.TakenBack; back != nil {
				one.TakenBack = &admin.FlowTakenBack{At: back.At, Failures: back.Failures, Runs: back.Runs}
			}
			told.Shares = append(told.Shares, one)
		}
		status.Policies = append(status.Policies, told)
	}
	return status, err
}

// RestoreFlow implements admin.Flows.
func (s serving) RestoreFlow(ctx context.Context, environment, policy, flow string) (bool, error) {
	return s.server.RestoreFlow(ctx, environment, policy, flow)
}

// unserved is what can be done about flows that nobody serves.
type unserved struct{ store kv.Store }

// FlowStatus implements admin.Flows.
func (unserved) FlowStatus(context.Context, string) (admin.FlowStatus, error) {
	return admin.FlowStatus{}, &admin.Error{Code: admin.CodeFailed, Message: "no server runs on this data folder: runs are counted while they are served"}
}

// RestoreFlow implements admin.Flows.
func (u unserved) RestoreFlow(ctx context.Context, environment, policy, flow string) (bool, error) {
	return (&rollout.Rollout{KV: u.store}).Restore(ctx, environment, policy, flow)
}
