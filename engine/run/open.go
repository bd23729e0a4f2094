package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// Opening is what a link brings into the run that it opens.
type Opening struct {
	// Account is whom the link is for, as the directory has it now.
	Account connector.AccountValue
	// Inputs are connector.Opening.Inputs, as they were when the link was made.
	Inputs []byte
	// Proves is the method that opening the link proves for the account. Empty: none.
	Proves string
}

// Answered is how a run that a link opened ends: it answers the challenge, and starts no session.
type Answered struct {
	Approved bool
	Proofs   []connector.Proof // of the account that was asked. Never empty where it approved
	// Epoch is that of the account in this run: in another the proofs count for nothing.
	Epoch uint64
}

func (Answered) effect() {}

// Opened is whom a run that a link opened answers for.
type Opened struct {
	AccountID string `json:"account"`
	Epoch     uint64 `json:"epoch,omitempty"` // of the account, as this run knows it
}

// linkAccount is the input of a part that gets the account of its link.
const linkAccount = "account"

// maxOpening is the most bytes of JSON that a part behind a link may be given.
const maxOpening = 16 << 10

// Open begins a second run: the part behind a link. It ends in Answered or in Failure. It fails for a flow that is no part, and for inputs
// that do not fit.
func (m *Machine) Open(ctx context.Context, part *graph.Flow, o Opening, env Environment, now time.Time) (State, Effect, error) {
	if !part.Part {
		return State{}, nil, fmt.Errorf("open %q: only a part can be opened", part.Name)
	}
	inputs, err := opened(part, o)
	if err != nil {
		return State{}, nil, fmt.Errorf("open %q: %w", part.Name, err)
	}
	x := &execution{machine: m, ctx: ctx, env: &env, now: now, flows: []*graph.Flow{part}}
	x.state = State{
		FlowHash: part.Hash, StartedAt: now.UTC().Round(0), Frames: []Frame{newFrame(part, inputs)}, Opened: &Opened{o.Account.ID, o.Account.Epoch},
	}
	if o.Proves != "" {
		x.state.Proofs = []Proved{{Proof: connector.Proof{AccountID: o.Account.ID, Method: o.Proves, At: x.state.StartedAt}}}
	}
	state, effect := x.run(func() { x.enter(part.Start) })
	return state, effect, nil
}

// opened puts the inputs of a part together.
func opened(part *graph.Flow, o Opening) (map[string]any, error) {
	var given Values
	if len(o.Inputs) > 0 {
		if err := json.Unmarshal(o.Inputs, &given); err != nil {
			return nil, fmt.Errorf("decode inputs: %w", err)
		}
	}
	inputs := make(map[string]any, len(part.Inputs))
	for i := range part.Inputs {
		in := &part.Inputs[i]
		value := given[in.Name]
		switch {
		case in.Name == linkAccount:
			value = o.Account
		case value == nil:
			value = in.Default
		}
		fitted, err := fit(in.Type, value)
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", in.Name, err)
		}
		if fitted != nil {
			inputs[in.Name] = fitted
		}
	}
	return inputs, nil
}

// openingOf computes what a capability that makes a link is told of the part behind it. Nil: it opens none.
func (x *execution) openingOf(do *graph.Do) (*connector.Opening, error) {
	if do.Opens == nil {
		return nil, nil
	}
	inputs := make(Values, len(do.Opens.With))
	for i := range do.Opens.With {
		value, err := x.argument(&do.Opens.With[i])
		if err != nil {
			return nil, err
		}
		inputs[do.Opens.With[i].Name] = value
	}
	written, err := json.Marshal(inputs)
	if err != nil {
		return nil, err
	}
	if len(written) > maxOpening {
		return nil, fmt.Errorf("%w: what is given to the part behind a link", errLimit)
	}
	part := do.Opens.Part
	return &connector.Opening{Part: part.Name, Hash: part.Hash, Proves: do.Capability.Opens.Proves, Inputs: written}, nil
}

// respond ends a run that a link opened.
func (x *execution) respond(outcome string) {
	if outcome != string(Approved) {
		x.effect = Answered{}
		return
	}
	var proofs []connector.Proof
	for _, p := range x.latest(x.state.Opened.AccountID) {
		if p.SessionID == "" || x.env.Session != nil && x.env.Session.ID == p.SessionID {
			proofs = append(proofs, p.Proof)
		}
	}
	if len(proofs) == 0 {
		x.fail(connector.ServerError, errors.New("approved, and nobody proved the account that was asked"))
		return
	}
	x.effect = Answered{Approved: true, Proofs: proofs, Epoch: x.state.Opened.Epoch}
}
