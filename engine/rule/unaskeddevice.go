package rule

import (
	"fmt"
	"slices"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// unaskedDevice holds every success that lets a device in to come after a form of the same flow that shows what this device asks for: whoever was sent
// here by the one who holds the device would else let it in without having heard of it.
//
// RFC 8628 5.4.
func unaskedDevice(s *subject) {
	if s.flow.Part {
		return
	}
	for i, n := range s.flow.Nodes {
		if n.End == nil {
			continue
		}
		for _, a := range n.End.With {
			needy, ok := a.Value.(graph.Needy)
			if a.Type.Kind != connector.DeviceRequest || !ok || len(needy.Reads()) == 0 {
				continue
			}
			if w := s.walk(s.shown(needy.Reads())); w.without(i) {
				s.report(a.Range, fmt.Sprintf("nobody was shown what the device asks for on the path %s", w.path(i)),
					fmt.Sprintf("lead that path over a form whose text names it, such as {{ %s.application }}", needy.Reads()[0]))
			}
		}
	}
}

// shown is the fact that somebody left a form which shows a device of these, and that no device was looked for since.
func (s *subject) shown(devices []graph.Reference) fact {
	return fact{
		width: 1,
		enter: func(to *graph.Node) int {
			if slices.ContainsFunc(to.Outcomes(), func(o connector.Outcome) bool { return slices.ContainsFunc(o.Outputs, isDeviceRequest) }) {
				return 1
			}
			return 0
		},
		set: func(exit) int { return 0 },
		leave: func(n *graph.Node, _ exit) int {
			if n.Form != nil && slices.ContainsFunc([]*graph.Text{n.Form.Title, n.Form.Text, n.Form.Notice}, func(t *graph.Text) bool { return reads(t, devices) }) {
				return 1
			}
			return 0
		},
	}
}

func isDeviceRequest(f connector.Field) bool { return f.Type.Kind == connector.DeviceRequest }

// reads reports whether a text shows something of one of these.
func reads(t *graph.Text, one []graph.Reference) bool {
	if t == nil {
		return false
	}
	for _, part := range t.Parts {
		needy, ok := part.Value.(graph.Needy)
		if ok && slices.ContainsFunc(needy.Reads(), func(r graph.Reference) bool { return slices.Contains(one, r) }) {
			return true
		}
	}
	return false
}
