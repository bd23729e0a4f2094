package admin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vigil/engine/diag"
)

// Flows are what a server knows of the flows that it serves.
type Flows interface {
	// FlowStatus tells how flows do. CodeFailed.
	FlowStatus(ctx context.Context, environment string) (FlowStatus, error)
	// RestoreFlow lets a flow be chosen again that was taken back from a policy. False: it was not.
	RestoreFlow(ctx context.Context, environment, policy, flow string) (bool, error)
}

// FlowOperations are those on flows that serve.
type FlowOperations interface {
	// FlowStatus tells how the flows of an environment do in the process that serves them.
	FlowStatus(ctx context.Context, e Environment) (FlowStatus, error)
	// RestoreFlow lets a flow be chosen again that was taken back. CodeNotFound: it was not.
	RestoreFlow(ctx context.Context, f FlowShare) (Done, error)
}

// FlowShare names a flow of a policy.
type FlowShare struct {
	Environment string `json:"environment"`
	Policy      string `json:"policy"`
	Flow        string `json:"flow"`
}

// FlowStatus is how the flows of an environment do.
type FlowStatus struct {
	Editions []FlowEdition `json:"editions"` // by name; what serves now, and earlier editions that people still were in
	Policies []FlowPolicy  `json:"policies,omitempty"`
	Refused  *FlowRefusal  `json:"refused,omitempty"` // nil: the folder is what serves
}

// FlowEdition is one content of a flow. Everything is counted since the process started.
type FlowEdition struct {
	Flow  string    `json:"flow"`
	Hash  string    `json:"hash"`
	Since time.Time `json:"since,omitzero"` // when this process let it serve; zero: it serves no more
	Begun int       `json:"begun"`
	// Silent succeeded without a page; of the others with one, SuccessRate is the part that succeeded, nil while none has ended.
	Silent      int      `json:"silent"`
	Success     int      `json:"success"`
	Refused     int      `json:"refused"`
	Fault       int      `json:"fault"`
	TimedOut    int      `json:"timedOut"`
	SuccessRate *float64 `json:"successRate,omitempty"` // 0 to 1
	// LeftAt counts by node where people left, FailedAt where runs ended by a fault.
	LeftAt   map[string]int `json:"leftAt,omitempty"`
	FailedAt map[string]int `json:"failedAt,omitempty"`
}

// FlowPolicy is how the flows of a policy share sign-ons.
type FlowPolicy struct {
	Name   string       `json:"name"`
	Shares []PolicyFlow `json:"shares"`
}

// PolicyFlow is the share of one flow. Failures are those of the latest runs that ended in this process.
type PolicyFlow struct {
	Flow      string         `json:"flow"`
	Weight    int            `json:"weight"`
	Failures  int            `json:"failures"`
	Runs      int            `json:"runs"`
	TakenBack *FlowTakenBack `json:"takenBack,omitempty"` // nil: it was not
}

// FlowTakenBack says when a flow was taken back, and for how many failures of how many runs.
type FlowTakenBack struct {
	At       time.Time `json:"at"`
	Failures int       `json:"failures"`
	Runs     int       `json:"runs"`
}

// FlowRefusal says why the folder of flows does not serve as it is.
type FlowRefusal struct {
	At       time.Time `json:"at"`
	Mistakes []string  `json:"mistakes"` // each with file, line and column
}

// FlowStatus implements Operations.
func (l *Local) FlowStatus(ctx context.Context, e Environment) (FlowStatus, error) {
	if err := l.knows(e.Environment); err != nil {
		return FlowStatus{}, err
	}
	status, err := l.Flows.FlowStatus(ctx, e.Environment)
	return status, failed(err, "flows")
}

// RestoreFlow implements Operations.
func (l *Local) RestoreFlow(ctx context.Context, f FlowShare) (Done, error) {
	if err := l.knows(f.Environment); err != nil {
		return Done{}, err
	}
	restored, err := l.Flows.RestoreFlow(ctx, f.Environment, f.Policy, f.Flow)
	if err == nil && !restored {
		return Done{}, &Error{CodeNotFound, l.notTakenBack(ctx, f)}
	}
	return Done{}, failed(err, "flows")
}

// notTakenBack says why there is nothing to restore: no such policy, no such flow in it, or it serves as ever.
func (l *Local) notTakenBack(ctx context.Context, f FlowShare) string {
	status, err := l.Flows.FlowStatus(ctx, f.Environment)
	if err != nil {
		return fmt.Sprintf("flow %q of policy %q was not taken back", f.Flow, f.Policy)
	}
	var policies []string
	for _, policy := range status.Policies {
		policies = append(policies, policy.Name)
		if policy.Name != f.Policy {
			continue
		}
		var flows []string
		for _, share := range policy.Shares {
			flows = append(flows, share.Flow)
		}
		if !slices.Contains(flows, f.Flow) {
			return fmt.Sprintf("policy %q has no flow %q: %s", f.Policy, f.Flow, diag.DidYouMean(f.Flow, flows, "Its flows are"))
		}
		return fmt.Sprintf("flow %q of policy %q was not taken back", f.Flow, f.Policy)
	}
	if len(policies) == 0 {
		return fmt.Sprintf("there is no policy %q: the environment has none", f.Policy)
	}
	return fmt.Sprintf("there is no policy %q: %s", f.Policy, diag.DidYouMean(f.Policy, policies, "The policies are"))
}

// FlowStatus implements Operations.
func (c *Client) FlowStatus(ctx context.Context, e Environment) (FlowStatus, error) {
	return call[FlowStatus](ctx, c, pathFlowStatus, e)
}

// RestoreFlow implements Operations.
func (c *Client) RestoreFlow(ctx context.Context, f FlowShare) (Done, error) {
	return call[Done](ctx, c, pathRestoreFlow, f)
}
