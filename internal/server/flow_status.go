package server

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vigil/internal/metrics"
	"vigil/internal/rollout"
)

// EditionStatus is how one content of a flow does in this process.
type EditionStatus struct {
	metrics.Runs
	Since time.Time // when this process let it serve. Zero: it serves no more
}

// PolicyStatus is how the flows of a policy share sign-ons.
type PolicyStatus struct {
	Name   string
	Shares []rollout.Share
}

// FlowEditions lists the flows that serve now, parts only where links opened them, and earlier editions of which runs were counted in an
// environment; by name, what serves first.
func (s *Server) FlowEditions(environment string) []EditionStatus {
	var list []EditionStatus
	counted := map[string]bool{} // what serves and was counted
	for _, runs := range s.metrics.RunsOf(environment) {
		since := s.metrics.Since(runs.Flow, runs.Hash)
		list = append(list, EditionStatus{Runs: runs, Since: since})
		counted[runs.Flow] = counted[runs.Flow] || !since.IsZero()
	}
	for _, flow := range s.flows.Serving() {
		if flow.Part || counted[flow.Name] {
			continue
		}
		e := metrics.Edition{Environment: environment, Flow: flow.Name, Hash: flow.Hash}
		list = append(list, EditionStatus{Runs: metrics.Runs{Edition: e}, Since: s.metrics.Since(flow.Name, flow.Hash)})
	}
	slices.SortStableFunc(list, func(a, b EditionStatus) int {
		return cmp.Or(cmp.Compare(a.Flow, b.Flow), b.Since.Compare(a.Since))
	})
	return list
}

// FlowPolicies tells how the flows of all policies of an environment do.
func (s *Server) FlowPolicies(ctx context.Context, environment string) ([]PolicyStatus, error) {
	e := s.Tenants.Environment(environment)
	if e == nil {
		return nil, nil
	}
	var list []PolicyStatus
	for i := range e.FlowPolicies {
		name := e.FlowPolicies[i].Name
		shares, err := s.FlowShares(ctx, environment, name)
		if err != nil {
			return nil, err
		}
		list = append(list, PolicyStatus{Name: name, Shares: shares})
	}
	return list, nil
}
