package flowhost

import (
	"context"
	"fmt"
	"net/http"

	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/rollout"
	"vigil/internal/store"
	"vigil/internal/useragent"
)

// chosen finds the flow of a name, or the one that a policy of that name gives this browser; policy is empty where there is none.
func (h *Host) chosen(ctx context.Context, agent *useragent.Agent, header http.Header, name string) (flow *graph.Flow, policy string, err error) {
	environment := agent.Base.Environment
	if p := environment.FlowPolicy(name); p != nil {
		draw, err := h.Agents.Draw(agent, header, rollout.Draws)
		if err != nil {
			return nil, "", err
		}
		policy = p.Name
		if name, err = h.Rollout.Choose(ctx, environment.ID, p, draw, h.Flows.Hash); err != nil {
			return nil, "", err
		}
	}
	if flow = h.Flows.Named(name); flow == nil {
		return nil, "", fmt.Errorf("flow %q is not there", name)
	}
	return flow, policy, nil
}

// Hash is the content that serves under a name now. Empty: none.
func (f *Flows) Hash(name string) string {
	if flow := f.Named(name); flow != nil {
		return flow.Hash
	}
	return ""
}

// ended tells the policy that chose a run's flow how the run ended, and counts it. That a flow was taken back is worth a line in the log; that it
// could not be noted does not fail the sign-on.
func (h *Host) ended(ctx context.Context, agent *useragent.Agent, r *store.Run, effect run.Effect, outcome *store.Outcome) {
	failure, _ := effect.(run.Failure)
	fault := failure.Cause != nil && failure.Code != "login_required" || failure.Code == "server_error"
	h.Metrics.RunEnded(editionOf(r), endingOf(r, outcome, fault), failure.Node)
	h.keepSilent(ctx, r, outcome)
	written(r)
	policy := agent.Base.Environment.FlowPolicy(r.Policy)
	if policy == nil {
		return
	}
	back, err := h.Rollout.Note(ctx, rollout.Ended{
		Environment: r.EnvironmentID, Policy: policy, Flow: r.Flow, Hash: r.FlowHash, At: agent.Now,
		Failed: fault,
	})
	switch {
	case err != nil:
		h.Log.ErrorContext(ctx, "flow not taken back", "policy", r.Policy, "flow", r.Flow, "error", err)
	case back != nil:
		h.Log.ErrorContext(ctx, "flow taken back: nobody is given it any more", "policy", r.Policy, "flow", r.Flow, "failures", back.Failures, "runs", back.Runs)
	}
}
