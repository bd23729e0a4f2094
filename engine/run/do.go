package run

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// do asks a capability and leaves by what it answers.
func (x *execution) do(n *graph.Node) {
	if n.Limit > 0 && x.count("do "+x.flow().Name+" "+n.Name) > n.Limit {
		x.leave(n, pastLimit)
		return
	}
	capability := n.Do.Capability
	if x.machine.Capabilities != nil {
		capability = x.machine.Capabilities.Lookup(capability.Name)
	}
	if capability == nil || capability.Run == nil {
		x.leaveFailed(n, connector.ServerError, errors.New("the capability is not there"))
		return
	}
	inputs, err := x.arguments(n.Do.With, capability.Inputs)
	if err != nil {
		x.leaveFailed(n, connector.BadValue, err)
		return
	}
	opens, err := x.openingOf(n.Do)
	if err != nil {
		x.leaveFailed(n, connector.BadValue, err)
		return
	}
	result, code, err := x.ask(capability, n.Name, inputs, opens)
	if err != nil {
		x.leaveFailed(n, code, fmt.Errorf("%s: %w", capability.Name, err))
		return
	}
	outputs, proofs, err := x.checkResult(capability, result)
	if err != nil {
		x.leaveFailed(n, connector.BadResult, fmt.Errorf("%s: %w", capability.Name, err))
		return
	}
	x.remember(proofs)
	last(outputs)
	x.frame().give(n.Name, outputs)
	x.after(&result)
	x.leave(n, result.Outcome)
}

// ask runs a capability beside the step, so that one which hangs or panics harms nothing.
func (x *execution) ask(capability *connector.Capability, node string, inputs map[string]any, opens *connector.Opening) (connector.Result, string, error) {
	wait := x.machine.Timeout
	if wait <= 0 {
		wait = 15 * time.Second
	}
	q := &question{
		patience: patience{Context: x.ctx}, capability: capability, done: make(chan struct{}),
		call: connector.Call{
			EnvironmentID: x.env.EnvironmentID, RunID: x.env.RunID, Flow: x.flow().Name, Node: node,
			Request: x.env.Request, Session: x.env.Session, Proofs: x.ownProofs(), Inputs: inputs, Now: x.now,
			BaseURL: x.env.BaseURL, Opens: opens, Agent: x.env.Agent,
		},
	}
	defer q.end(context.Canceled)
	go q.put()
	runtime.Gosched() // most have answered by now, and need no alarm
	select {
	case <-q.done:
		return q.told()
	default:
	}
	alarm := x.machine.alarm(wait)
	defer x.machine.silence(alarm)
	select {
	case <-q.done:
		return q.told()
	case <-alarm.C:
		q.end(context.DeadlineExceeded)
		return connector.Result{}, connector.TimedOut, context.DeadlineExceeded
	}
}

// question is a capability at work: all that it needs, in one piece.
type question struct {
	patience
	capability *connector.Capability
	call       connector.Call
	done       chan struct{} // closed when the answer is there, and only then may it be looked at

	result connector.Result
	err    error
}

// put asks, and keeps a panic to the question.
func (q *question) put() {
	defer func() {
		if r := recover(); r != nil {
			q.result, q.err = connector.Result{}, panicked(r)
		}
		close(q.done)
	}()
	q.result, q.err = q.capability.Run(&q.patience, q.call)
}

// told gives the answer, and the code of its error.
func (q *question) told() (connector.Result, string, error) {
	if q.err != nil && errors.Is(q.err, context.DeadlineExceeded) {
		return connector.Result{}, connector.TimedOut, q.err
	}
	return q.result, connector.ServerError, q.err
}

// ownProofs are those made in this run.
func (x *execution) ownProofs() []connector.Proof {
	var own []connector.Proof
	for i := range x.state.Proofs {
		if x.state.Proofs[i].SessionID == "" {
			own = append(own, x.state.Proofs[i].Proof)
		}
	}
	return own
}

// checkResult holds a capability to its declaration: a known outcome, every output there and of its type, and no user whom nobody proved.
func (x *execution) checkResult(capability *connector.Capability, result connector.Result) (map[string]any, []Proved, error) {
	at := slices.IndexFunc(capability.Outcomes, func(o connector.Outcome) bool { return o.Name == result.Outcome })
	if at < 0 {
		return nil, nil, fmt.Errorf("undeclared outcome %q", result.Outcome)
	}
	outputs, err := fitFields(capability.Outcomes[at].Outputs, result.Output)
	if err != nil {
		return nil, nil, err
	}
	user, _ := outputs["user"].(connector.UserValue)
	proofs := make([]Proved, 0, len(result.Proofs))
	for _, proof := range result.Proofs {
		proved, err := x.checkProof(capability, result.Outcome, user.ID, proof)
		if err != nil {
			return nil, nil, err
		}
		proofs = append(proofs, proved)
	}
	if capability.Proves != "" && result.Outcome == "success" && len(proofs) == 0 {
		return nil, nil, errors.New("an authenticator succeeded and proved nothing")
	}
	for name, value := range outputs {
		if id := x.stranger(value, proofs); id != "" {
			return nil, nil, fmt.Errorf("output %q: nobody proved the user %q", name, id)
		}
	}
	return outputs, proofs, nil
}

// fitFields checks outputs against their declarations and drops what is not declared.
func fitFields(declared []connector.Field, given map[string]any) (map[string]any, error) {
	if len(declared) == 0 {
		return nil, nil
	}
	outputs := make(map[string]any, len(declared))
	for i := range declared {
		field := &declared[i]
		value := given[field.Name]
		if value == nil {
			value = field.Default
		}
		fitted, err := fit(field.Type, value)
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", field.Name, err)
		}
		outputs[field.Name] = fitted
	}
	return outputs, nil
}

// checkProof takes a proof from an authenticator for the user it gives, or one of the live session from anybody.
func (x *execution) checkProof(capability *connector.Capability, outcome, userID string, proof connector.Proof) (Proved, error) {
	if capability.Proves != "" {
		switch {
		case outcome != "success" || proof.AccountID == "" || proof.AccountID != userID:
			return Proved{}, errors.New("a proof for somebody else than its user")
		case proof.Method != capability.Proves && !slices.Contains(capability.ProvesAlso, proof.Method):
			return Proved{}, fmt.Errorf("a proof by %q, declared was %q", proof.Method, capability.Proves)
		case proof.At.After(x.now) || proof.At.Before(x.state.StartedAt):
			return Proved{}, errors.New("a proof of another time")
		}
		proof.At = proof.At.UTC().Round(0)
		return Proved{Proof: proof}, nil
	}
	session := x.env.Session
	if session == nil || session.User.ID != proof.AccountID {
		return Proved{}, errors.New("a proof by what is no authenticator")
	}
	for _, p := range session.Proofs {
		if p.AccountID == proof.AccountID && p.Method == proof.Method && p.At.Equal(proof.At) {
			return Proved{Proof: proof, SessionID: session.ID}, nil
		}
	}
	return Proved{}, errors.New("a proof that the session does not hold")
}

// stranger finds a user inside a value for whom there is no proof. Empty: none.
func (x *execution) stranger(value any, fresh []Proved) string {
	switch value := value.(type) {
	case connector.UserValue:
		of := func(p Proved) bool { return p.AccountID == value.ID }
		if !slices.ContainsFunc(fresh, of) && !slices.ContainsFunc(x.state.Proofs, of) {
			return value.ID
		}
	case connector.SessionValue:
		return x.stranger(value.User, fresh)
	case []any:
		for _, item := range value {
			if id := x.stranger(item, fresh); id != "" {
				return id
			}
		}
	case map[string]any:
		for _, inner := range value {
			if id := x.stranger(inner, fresh); id != "" {
				return id
			}
		}
	}
	return ""
}

// remember keeps the latest proof of each method and source.
func (x *execution) remember(proofs []Proved) {
	for _, p := range proofs {
		same := func(q Proved) bool {
			return q.AccountID == p.AccountID && q.Method == p.Method && q.SessionID == p.SessionID
		}
		if at := slices.IndexFunc(x.state.Proofs, same); at >= 0 {
			x.state.Proofs[at] = p
			continue
		}
		x.state.Proofs = append(x.state.Proofs, p)
	}
}
