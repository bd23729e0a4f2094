package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// What no run may pass.
const (
	maxSteps  = 1000 // nodes entered and answers taken in a run
	maxAlone  = 50   // nodes entered without a person
	maxShows  = 50   // of one form
	maxParts  = 8    // inside each other
	pastLimit = "exhausted"
	failed    = "error"
)

var errLimit = errors.New("a limit of the engine was passed")

// execution is one step under way.
type execution struct {
	machine *Machine
	ctx     context.Context
	env     *Environment
	now     time.Time
	state   State
	flows   []*graph.Flow // beside state.Frames
	alone   int           // nodes entered in this step
	opened  []byte        // what state.Sealed held when the step began

	next   *graph.Node // to be entered. Nil: effect is there
	effect Effect
}

// run carries a step to its end and closes the state behind it.
func (x *execution) run(begin func()) (state State, effect Effect) {
	defer func() {
		if r := recover(); r != nil {
			state, effect = x.over(), Failure{Code: connector.ServerError, Cause: panicked(r)}
		}
	}()
	if x.timedOut() {
		x.fail(connector.TimedOut, ErrTimedOut)
	} else {
		begin()
	}
	for x.effect == nil {
		x.visit(x.next)
	}
	if _, page := x.effect.(Page); !page {
		return x.over(), x.effect
	}
	if err := x.lock(); err != nil {
		x.effect = nil
		x.fail(connector.ServerError, err)
		return x.over(), x.effect
	}
	return x.state, x.effect
}

// over is the state of a run that has ended.
func (x *execution) over() State {
	return State{FlowHash: x.state.FlowHash, StartedAt: x.state.StartedAt, Steps: x.state.Steps, Opened: x.state.Opened}
}

func (x *execution) timedOut() bool {
	return x.now.Sub(x.state.StartedAt) > timeout(x.flows[0])
}

func (x *execution) frame() *Frame     { return &x.state.Frames[len(x.state.Frames)-1] }
func (x *execution) flow() *graph.Flow { return x.flows[len(x.flows)-1] }

// node is where the run stands.
func (x *execution) node() *graph.Node { return x.flow().Node(x.frame().Node) }

// path names the present node, with the calls that led there.
func (x *execution) path() string {
	if len(x.state.Frames) == 1 {
		return x.state.Frames[0].Node
	}
	var b strings.Builder
	for i := range x.state.Frames {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(x.state.Frames[i].Node)
	}
	return b.String()
}

// enter makes a node the next one.
func (x *execution) enter(n *graph.Node) { x.next = n }

// fail ends the run with nothing.
func (x *execution) fail(code string, cause error) {
	x.effect = Failure{Code: code, Node: x.path(), Cause: cause}
}

// visit enters one node and leaves it, or stops there.
func (x *execution) visit(n *graph.Node) {
	frame := x.frame()
	frame.Node = n.Name
	x.alone++
	x.state.Steps++
	if x.alone > maxAlone || x.state.Steps > maxSteps {
		x.fail(connector.ServerError, fmt.Errorf("%w: nodes entered", errLimit))
		return
	}
	frame.forget(n.Name)
	switch {
	case n.Form != nil:
		x.show(n)
	case n.Do != nil:
		x.do(n)
	case n.Call != nil:
		x.call(n)
	case n.End != nil:
		x.end(n)
	default:
		x.choose(n)
	}
}

// choose takes the first entry whose condition holds.
func (x *execution) choose(n *graph.Node) {
	for i := range n.Choose {
		if when := n.Choose[i].When; when != nil {
			holds, err := x.condition(when)
			if err != nil {
				x.leaveFailed(n, connector.BadValue, err)
				return
			}
			if !holds {
				continue
			}
		}
		x.cross(n, choiceName(i), n.Choose[i].Edge)
		return
	}
	x.leaveFailed(n, connector.BadValue, errors.New("no condition holds"))
}

// call opens a part.
func (x *execution) call(n *graph.Node) {
	part := n.Call.Part
	if calls := x.count("call " + part.Name); n.Limit > 0 && calls > n.Limit {
		x.leave(n, pastLimit)
		return
	}
	if len(x.state.Frames) > maxParts {
		x.fail(connector.ServerError, fmt.Errorf("%w: parts inside each other", errLimit))
		return
	}
	inputs, err := x.arguments(n.Call.With, part.Inputs)
	if err != nil {
		x.leaveFailed(n, connector.BadValue, err)
		return
	}
	x.state.Frames = append(x.state.Frames, newFrame(part, inputs))
	x.flows = append(x.flows, part)
	x.enter(part.Start)
}

// count counts an entry. Calls of a part count together, as do the nodes inside it.
func (x *execution) count(key string) int {
	if x.state.Entries == nil {
		x.state.Entries = map[string]int{}
	}
	x.state.Entries[key]++
	return x.state.Entries[key]
}

// back closes the present part and stands again at the node that called it.
func (x *execution) back() *graph.Node {
	last := len(x.state.Frames) - 1
	x.state.Frames, x.flows = x.state.Frames[:last], x.flows[:last]
	return x.node()
}

// leave takes the edge of an outcome.
func (x *execution) leave(n *graph.Node, outcome string) {
	edge := n.Then[outcome]
	if edge == nil {
		x.leaveFailed(n, connector.ServerError, fmt.Errorf("outcome %q leads nowhere", outcome))
		return
	}
	x.cross(n, outcome, edge)
}

// cross goes along an edge. One whose values cannot be computed is an error of the node it leaves.
func (x *execution) cross(n *graph.Node, outcome string, edge *graph.Edge) {
	if err := x.carry(edge); err != nil {
		x.leaveFailed(n, connector.BadValue, err)
		return
	}
	x.trace(n, outcome, edge.To.Name, nil)
	x.enter(edge.To)
}

// leaveFailed leaves a node by `error`. Where nothing is wired for that, a part ends with it and its caller fails; at the top the run fails closed.
func (x *execution) leaveFailed(n *graph.Node, code string, cause error) {
	for {
		if edge := n.Then[failed]; edge != nil {
			x.frame().forget(n.Name)
			x.frame().give(n.Name, map[string]any{failed: map[string]any{"code": code}})
			err := x.carry(edge)
			if err == nil {
				x.trace(n, failed, edge.To.Name, cause)
				x.enter(edge.To)
				return
			}
			code, cause = connector.BadValue, errors.Join(cause, err)
		}
		x.trace(n, failed, "", cause)
		if len(x.state.Frames) == 1 {
			x.fail(connector.ServerError, cause)
			return
		}
		n = x.back()
	}
}

// carry computes what an edge brings: variables from the values before it, then the words for the form it leads to.
func (x *execution) carry(edge *graph.Edge) error {
	frame := x.frame()
	if len(edge.Set) > 0 {
		values := make([]any, len(edge.Set))
		for i := range edge.Set {
			value, err := x.assigned(edge.Set[i])
			if err != nil {
				return err
			}
			values[i] = value
		}
		for i := range edge.Set {
			frame.setVar(edge.Set[i].Variable, values[i])
		}
	}
	message, err := x.text(edge.Message)
	if err != nil {
		return err
	}
	notice, err := x.text(edge.Notice)
	if err != nil {
		return err
	}
	frame.Waiting = Waiting{Message: message, Field: edge.Field, Notice: notice}
	return nil
}

func (x *execution) trace(n *graph.Node, outcome, to string, err error) {
	if x.machine.Trace != nil {
		x.machine.Trace(Passage{Flow: x.flow().Name, Node: n.Name, Outcome: outcome, To: to, Err: err})
	}
}

// panicked turns a recovered panic into an error that names no value of the run.
func panicked(r any) error {
	if err, ok := r.(interface{ RuntimeError() }); ok {
		return fmt.Errorf("panic: %v", err)
	}
	return fmt.Errorf("panic with a %T", r)
}
