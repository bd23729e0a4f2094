package flowhost

import (
	"fmt"
	"net/http"
	"slices"

	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
)

// offered are the flow of a name, or those that a policy of that name gives to somebody.
func (h *Host) offered(environment *tenant.Environment, name string) []*graph.Flow {
	shares := []tenant.FlowShare{{Flow: name, Weight: 1}}
	if p := environment.FlowPolicy(name); p != nil {
		shares = p.Flows
	}
	var flows []*graph.Flow
	for _, share := range shares {
		if flow := h.Flows.Named(share.Flow); flow != nil && share.Weight > 0 {
			flows = append(flows, flow)
		}
	}
	return flows
}

// Suffices reports whether what a session proved is what the flow of a name requires, or, of a policy of that name, one that it gives to somebody.
// No flow runs and none is chosen for that.
func (h *Host) Suffices(environment *tenant.Environment, name string, s *session.Session) bool {
	proofs := proofsOf(s)
	return slices.ContainsFunc(h.offered(environment, name), func(flow *graph.Flow) bool { return run.Suffices(flow, proofs) })
}

// Limits reports whether the flow of a name may take scopes away: then a silent answer is for it to decide, by Silently.
func (h *Host) Limits(environment *tenant.Environment, name string) bool {
	return slices.ContainsFunc(h.offered(environment, name), (*graph.Flow).Limits)
}

// Silently runs a flow for a browser that is signed on, as far as reading goes, and gives what it came to. The session is not told of it. A flow that
// wants to ask, or to do more than read, comes to the error interaction_required.
func (h *Host) Silently(r *http.Request, agent *useragent.Agent, header http.Header, ask Ask) (*store.Outcome, error) {
	flow, _, err := h.chosen(r.Context(), agent, header, ask.Flow)
	if err != nil {
		return nil, err
	}
	begun, err := h.newRun(agent, flow, ask)
	if err != nil {
		return nil, err
	}
	env, err := h.surroundings(r.Context(), agent, begun, ask.Request)
	if err != nil {
		return nil, err
	}
	reader := h.Flows.reader()
	_, effect, err := reader.machine.Start(r.Context(), flow, env, agent.Now)
	if err != nil {
		return nil, fmt.Errorf("start flow %q: %w", flow.Name, err)
	}
	switch effect := effect.(type) {
	case run.Success:
		if effect.FromSession && !reader.stopped.Load() {
			p := plan{success: effect}
			err := p.describe()
			p.promised.SessionID = &agent.Session.ID
			return &p.promised, err
		}
	case run.Failure:
		if !reader.stopped.Load() {
			return &store.Outcome{ErrorCode: effect.Code, ErrorDescription: effect.Description}, nil
		}
	}
	return &store.Outcome{ErrorCode: "interaction_required", ErrorDescription: "the flow wants to ask, or to do more than a silent answer may"}, nil
}
