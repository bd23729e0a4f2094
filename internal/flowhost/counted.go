package flowhost

import (
	"strings"

	"vigil/engine/run"
	"vigil/internal/metrics"
	"vigil/internal/store"
)

func editionOf(r *store.Run) metrics.Edition {
	return metrics.Edition{Environment: r.EnvironmentID, Flow: r.Flow, Hash: r.FlowHash}
}

// endingOf says how a run ended. Outcome is what was written: a success that came too late, after a sign-off, is none.
func endingOf(r *store.Run, outcome *store.Outcome, fault bool) metrics.Ending {
	switch {
	case fault || outcome == nil:
		return metrics.Fault
	case outcome.SessionID == nil && !outcome.Proved:
		return metrics.Refused
	case len(r.State) == 0: // it never waited for anybody
		return metrics.Silent
	}
	return metrics.Success
}

// Abandoned counts a run that expired while it waited for its person.
func (h *Host) Abandoned(r *store.Run) {
	if r.Recorded && h.Recordings != nil {
		h.Recordings.letGo(store.RecordingOf(r))
	}
	var state run.State
	if r.Outcome != nil || state.UnmarshalBinary(r.State) != nil {
		return
	}
	h.Metrics.RunEnded(editionOf(r), metrics.TimedOut, nodeOf(state))
}

// nodeOf is the node that a run stands at, below the nodes that called the parts it is in: secondFactor/code.
func nodeOf(state run.State) string {
	nodes := make([]string, len(state.Frames))
	for i := range state.Frames {
		nodes[i] = state.Frames[i].Node
	}
	return strings.Join(nodes, "/")
}
