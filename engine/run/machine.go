package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// Machine runs flows. Its zero value is ready; it is safe for many runs at once.
type Machine struct {
	// Capabilities are asked by name. Nil: those the flow was compiled with.
	Capabilities *connector.Registry
	// Timeout bounds one capability. Zero: 15 s.
	Timeout time.Duration
	// Challenges are asked by forms that wait. Nil: there are none.
	Challenges Challenges
	// Vault keeps secrets of capabilities from page to page. Nil: they die with the step, as what was typed does.
	Vault Vault
	// Trace hears of every way that is taken out of a node. Nil: nobody listens. It is called from within Start and Step.
	Trace func(Passage)

	alarms sync.Pool // timers that are not set
}

// Environment is what surrounds a run at the moment of a step.
type Environment struct {
	EnvironmentID string
	RunID         string
	BaseURL       string // where the browser met the environment. Empty: not known
	Request       connector.Request
	Session       *connector.SessionValue // nil: the browser has no live session now
	Agent         connector.Agent         // the browser of this step. Nil: what needs one fails
	Settings      map[string]any          // values as in connector
	Secrets       map[string]connector.SecretValue
}

// Input is what a person answered.
type Input struct {
	Node   string            // Page.Node of the page that was answered
	Button string            // empty: the first visible one
	Values map[string]string // by field. Unknown names are ignored; an absent checkbox is not ticked
	// Poll: nobody answered, the page only looks whether another device has. Button and Values then count for nothing.
	Poll bool
}

// Passage is one way taken out of a node.
type Passage struct {
	Flow, Node string
	Outcome    string // of a choose node the number of the entry, from "1"
	To         string // empty: nothing is wired, or the node is an end
	Err        error  // why the outcome is `error`, for the operator's log. Nil otherwise
}

// Errors of the host's own making. A flow never causes them.
var (
	ErrEnded       = errors.New("the run has ended")
	ErrForeignFlow = errors.New("the state belongs to another flow")
	ErrTimedOut    = errors.New("the run is too old")
)

// Start begins a run at the flow's first node.
func (m *Machine) Start(ctx context.Context, flow *graph.Flow, env Environment, now time.Time) (State, Effect, error) {
	if flow.Part {
		return State{}, nil, fmt.Errorf("start %q: a part is called by a flow, never started", flow.Name)
	}
	x := &execution{machine: m, ctx: ctx, env: &env, now: now, flows: []*graph.Flow{flow}}
	x.state = State{FlowHash: flow.Hash, StartedAt: now.UTC().Round(0), Frames: []Frame{newFrame(flow, nil)}}
	state, effect := x.run(func() { x.enter(flow.Start) })
	return state, effect, nil
}

// Step answers the present page. It never changes the state it is given, so that a host whose update lost a race can drop the new one.
// Two answers to one state must not both count: the host stores the result under the version that it read, and shows nothing of a result it could not store.
// An answer to another page than the present one, or by a button that is not shown, gives the present page and an equal state; so does a poll
// before the other device has answered.
// A step that was begun is carried to its end even if ctx is cancelled.
func (m *Machine) Step(ctx context.Context, flow *graph.Flow, state State, input Input, env Environment, now time.Time) (State, Effect, error) {
	x, err := m.resume(ctx, flow, state, &env, now)
	if err != nil {
		return state, nil, err
	}
	take := x.answer
	if input.Poll {
		take = x.poll
	}
	next, effect := x.run(func() { take(input) })
	return next, effect, nil
}

// Redisplay shows the present page again without a step. It fails with ErrEnded, ErrForeignFlow or ErrTimedOut.
func (m *Machine) Redisplay(flow *graph.Flow, state State, env Environment, now time.Time) (page Page, err error) {
	x, err := m.resume(context.Background(), flow, state, &env, now)
	if err != nil {
		return Page{}, err
	}
	if x.timedOut() {
		return Page{}, ErrTimedOut
	}
	return x.page(x.node())
}

// resume lines the state's frames up with the flow and the parts it calls.
func (m *Machine) resume(ctx context.Context, flow *graph.Flow, state State, env *Environment, now time.Time) (*execution, error) {
	if state.Ended() {
		return nil, ErrEnded
	}
	if state.FlowHash != flow.Hash {
		return nil, ErrForeignFlow
	}
	x := &execution{machine: m, ctx: ctx, env: env, now: now, state: state.clone(), flows: make([]*graph.Flow, 0, len(state.Frames))}
	at := flow
	for i := range state.Frames {
		node := at.Node(state.Frames[i].Node)
		last := i == len(state.Frames)-1
		if node == nil || (last && node.Form == nil) || (!last && node.Call == nil) {
			return nil, ErrForeignFlow
		}
		x.flows = append(x.flows, at)
		if !last {
			at = node.Call.Part
		}
	}
	return x, x.unlock()
}
