package run

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// MaxState is the most bytes that the state of a run may have.
const MaxState = 64 << 10

// State is a run between two steps. Hosts store what MarshalBinary spells and look into nothing but its methods.
type State struct {
	FlowHash  string         `json:"flow"` // of a run that a link opened: of its part
	StartedAt time.Time      `json:"startedAt"`
	Frames    []Frame        `json:"frames,omitempty"` // the sign-on flow, then the parts it is in. Empty: the run has ended
	Proofs    []Proved       `json:"proofs,omitempty"`
	Entries   map[string]int `json:"entries,omitempty"` // of nodes with a limit, and of parts
	Shows     map[string]int `json:"shows,omitempty"`   // of forms
	Steps     int            `json:"steps,omitempty"`   // nodes entered and answers taken
	Opened    *Opened        `json:"opened,omitempty"`  // nil: no link opened it
	Sealed    []byte         `json:"sealed,omitempty"`  // secrets that outlive a step, as the machine's Vault encrypted them
}

// Proved is a proof and where it comes from.
type Proved struct {
	connector.Proof
	SessionID string `json:"session,omitempty"` // empty: made in this run
}

// Frame is where a flow or a part stands.
type Frame struct {
	Node    string                       `json:"node"`
	Inputs  Values                       `json:"inputs,omitempty"`
	Vars    Values                       `json:"vars,omitempty"`
	Outputs map[string]Values            `json:"outputs,omitempty"` // by node
	Kept    map[string]map[string]string `json:"kept,omitempty"`    // what was typed, by form and field; never a secret
	Waiting Waiting                      `json:"waiting,omitzero"`

	// hidden holds secret outputs of nodes, and secret inputs of the part under "inputs". It dies with the step, but for what Sealed holds.
	hidden []hidden
}

type hidden struct {
	owner, name string
	value       connector.SecretValue
}

// Waiting is what the present form shows besides itself.
type Waiting struct {
	Message  string             `json:"message,omitempty"`
	Field    string             `json:"field,omitempty"`
	Notice   string             `json:"notice,omitempty"`
	Problems map[string]Problem `json:"problems,omitempty"` // by field
}

// Ended reports whether the run is over. Stepping on is ErrEnded.
func (s State) Ended() bool { return len(s.Frames) == 0 }

// Deadline is when the run becomes too old.
func (s State) Deadline(flow *graph.Flow) time.Time { return s.StartedAt.Add(timeout(flow)) }

func timeout(flow *graph.Flow) time.Duration {
	if flow.Timeout > 0 {
		return flow.Timeout
	}
	return 15 * time.Minute
}

// clone copies what a step writes to. The maps of one node's outputs and kept values are replaced whole, so they are shared.
func (s State) clone() State {
	s.Frames = slices.Clone(s.Frames)
	for i := range s.Frames {
		f := &s.Frames[i]
		f.Vars, f.Outputs, f.Kept = maps.Clone(f.Vars), maps.Clone(f.Outputs), maps.Clone(f.Kept)
	}
	s.Proofs = slices.Clone(s.Proofs)
	s.Entries, s.Shows = maps.Clone(s.Entries), maps.Clone(s.Shows)
	return s
}

// newFrame opens a flow with the defaults of its variables. It owns inputs from then on.
func newFrame(flow *graph.Flow, inputs map[string]any) Frame {
	f := Frame{Inputs: inputs}
	f.hide("inputs", inputs)
	for i := range flow.Vars {
		if v := &flow.Vars[i]; v.Default != nil {
			f.setVar(v.Name, v.Default)
		}
	}
	return f
}

func (f *Frame) setVar(name string, value any) {
	if f.Vars == nil {
		f.Vars = Values{}
	}
	f.Vars[name] = value
}

// give stores what a node gave. It owns outputs from then on.
func (f *Frame) give(node string, outputs map[string]any) {
	f.hide(node, outputs)
	if len(outputs) == 0 {
		return
	}
	if f.Outputs == nil {
		f.Outputs = map[string]Values{}
	}
	f.Outputs[node] = outputs
}

// hide moves secrets out of values that will be stored, so that no state can hold one.
func (f *Frame) hide(owner string, values map[string]any) {
	for name, value := range values {
		secret, ok := value.(connector.SecretValue)
		if !ok {
			continue
		}
		f.hidden = append(f.hidden, hidden{owner, name, secret})
		delete(values, name)
	}
}

// forget drops what a node gave when it is entered again.
func (f *Frame) forget(node string) {
	delete(f.Outputs, node)
	f.hidden = slices.DeleteFunc(f.hidden, func(h hidden) bool { return h.owner == node })
}

// keep remembers what was typed into a form.
func (f *Frame) keep(form string, typed map[string]string) {
	if len(typed) == 0 {
		delete(f.Kept, form)
		return
	}
	if f.Kept == nil {
		f.Kept = map[string]map[string]string{}
	}
	f.Kept[form] = typed
}

// seal ends a step: secrets go, and a state that is too large is refused.
func (s *State) seal() error {
	for i := range s.Frames {
		s.Frames[i].hidden = nil
	}
	if s.roughSize() <= MaxState {
		return nil
	}
	encoded, err := s.MarshalBinary()
	if err != nil {
		return err
	}
	if len(encoded) > MaxState {
		return fmt.Errorf("the state has %d bytes, more than %d", len(encoded), MaxState)
	}
	return nil
}

// roughSize is never below the length of the state as it is spelled, and cheap.
func (s *State) roughSize() int {
	size := 256 + 2*len(s.Sealed) + 256*len(s.Proofs) + 512*(len(s.Entries)+len(s.Shows))
	for i := range s.Frames {
		f := &s.Frames[i]
		size += 256 + roughly(f.Inputs) + roughly(f.Vars) + roughText(f.Waiting.Message) + roughText(f.Waiting.Notice) + 128*len(f.Waiting.Problems)
		for _, outputs := range f.Outputs {
			size += 256 + roughly(outputs)
		}
		for _, typed := range f.Kept {
			size += 256
			for _, text := range typed {
				size += 256 + roughText(text)
			}
		}
	}
	return size
}
