package trace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// ErrNoRun says that a trace does not begin with a run of this flow.
var ErrNoRun = errors.New("the trace holds no run of this flow")

// Difference is the first event that went otherwise.
type Difference struct {
	Was, Now *Event // nil: there was none, or there is none now
}

// String puts both beside each other.
func (d Difference) String() string {
	say := func(e *Event) string {
		if e == nil {
			return "nothing more"
		}
		return e.String()
	}
	number := 0
	if d.Was != nil {
		number = d.Was.Number
	}
	return fmt.Sprintf("event %d: it was %q, now it is %q", number, say(d.Was), say(d.Now))
}

// Replay walks a flow by the events of a run: capabilities answer what they answered then, nobody is asked anew. It gives the first difference;
// nil means that everything goes as it went. Settings and secrets of the environment come with env; request and session come from the trace.
func Replay(flow *graph.Flow, events []Event, env run.Environment) (*Difference, error) {
	if !begins(flow, events) {
		return nil, ErrNoRun
	}
	p := newReplay(flow, events, env)
	for i := range events {
		if err := p.step(&events[i]); err != nil {
			return nil, err
		}
	}
	now, err := Read(&p.written)
	if err != nil {
		return nil, err
	}
	return compare(events, now), p.recorder.Err
}

func newReplay(flow *graph.Flow, events []Event, env run.Environment) *replay {
	p := &replay{flow: flow, events: events, env: env}
	p.listen(NewRecorder(&p.written, func() time.Time { return p.now }))
	return p
}

// listen lets a recorder hear of what is walked.
func (p *replay) listen(r *Recorder) {
	p.recorder = r
	p.machine = &run.Machine{Capabilities: p.capabilities(), Challenges: p, Trace: r.Passed, Vault: run.Unstored{}}
}

// begins tells whether events are a run of a flow, or of a part that a link opened.
func begins(flow *graph.Flow, events []Event) bool {
	return len(events) > 0 && events[0].Kind == Started && events[0].Flow == flow.Name && flow.Part == (events[0].Opened != nil)
}

// replay is a run that is walked again.
type replay struct {
	flow     *graph.Flow
	events   []Event
	asked    int // answers of capabilities that were given so far
	reply    run.Reply
	env      run.Environment
	machine  *run.Machine
	recorder *Recorder
	written  bytes.Buffer
	now      time.Time
	state    run.State
	effect   run.Effect
	past     []moment

	forked     *Fork // what it answers from here on. Nil: all goes as it went
	unanswered error // a capability that nobody answered for
}

type moment struct {
	state  run.State
	effect run.Effect
}

func (p *replay) step(e *Event) error {
	p.now = e.At
	var err error
	switch e.Kind {
	case Started:
		if e.Request != nil {
			p.env.Request = *e.Request
		}
		p.env.Session = e.Session
		p.state, p.effect, err = p.begin(e)
	case Browser:
		p.env.Session = e.Session
		p.recorder.Found(e.Session)
		return nil
	case Answered:
		page, waits := p.effect.(run.Page)
		if !waits {
			return nil // it ended earlier than then: the comparison says so
		}
		p.past = append(p.past, moment{p.state, p.effect})
		input := run.Input{Node: e.Node, Button: e.Button, Values: maps.Clone(e.Values)}
		p.hide(page, &input, e.Hidden)
		p.recorder.Answered(page, input)
		p.state, p.effect, err = p.machine.Step(context.Background(), p.flow, p.state, input, p.env, p.now)
	case Polled:
		page, waits := p.effect.(run.Page)
		if !waits {
			return nil
		}
		account, _ := e.Output["account"].(connector.AccountValue)
		p.reply = run.Reply{State: run.ReplyState(e.Outcome), Account: account, Proofs: e.Proofs}
		p.state, p.effect, err = p.machine.Step(context.Background(), p.flow, p.state, run.Input{Node: page.Node, Poll: true}, p.env, p.now)
	case Back:
		p.recorder.Back()
		if last := len(p.past) - 1; last >= 0 {
			p.state, p.effect, p.past = p.past[last].state, p.past[last].effect, p.past[:last]
		}
	default:
		return nil
	}
	if err != nil {
		return err
	}
	p.recorder.Came(p.effect)
	return nil
}

// begin begins the run as it began.
func (p *replay) begin(e *Event) (run.State, run.Effect, error) {
	if e.Opened == nil {
		p.recorder.Started(p.flow, p.env)
		return p.machine.Start(context.Background(), p.flow, p.env, p.now)
	}
	opening := run.Opening{Account: e.Opened.Account, Inputs: e.Opened.Inputs, Proves: e.Opened.Proves}
	p.recorder.Opened(p.flow, opening, p.env)
	return p.machine.Open(context.Background(), p.flow, opening, p.env, p.now)
}

// Reply implements run.Challenges: the other device answers what it answered then.
func (p *replay) Reply(context.Context, string, connector.ChallengeValue, time.Time) (run.Reply, error) {
	p.recorder.Polled(p.reply)
	return p.reply, nil
}

// hide puts something in the place of the secrets that were typed.
func (p *replay) hide(page run.Page, input *run.Input, hidden []string) {
	if input.Values == nil {
		input.Values = map[string]string{}
	}
	for _, field := range page.Fields {
		if slices.Contains(hidden, field.Name) {
			input.Values[field.Name] = "a secret"
			if field.Repeat != "" {
				input.Values[field.Repeat] = "a secret"
			}
		}
		if field.Repeat != "" && slices.Contains(hidden, field.Repeat) {
			input.Values[field.Repeat] = "another secret"
		}
	}
}

// capabilities answer what they answered in the trace, in its order.
func (p *replay) capabilities() *connector.Registry {
	var all []connector.Capability
	for _, flow := range withParts(p.flow, nil) {
		for _, n := range flow.Nodes {
			if n.Do != nil {
				c := *n.Do.Capability
				c.Run = p.answer
				all = append(all, c)
			}
		}
	}
	return connector.NewRegistry(all...)
}

func (p *replay) answer(_ context.Context, call connector.Call) (result connector.Result, err error) {
	defer func() { p.recorder.Asked(call, result, err) }()
	if result, told := p.forked.instead(call); told {
		return result, nil
	}
	for ; p.asked < len(p.events); p.asked++ {
		e := &p.events[p.asked]
		if e.Kind != Asked || e.Flow != call.Flow || e.Node != call.Node {
			continue
		}
		p.asked++
		switch {
		case e.Failed && e.Code == connector.TimedOut:
			return connector.Result{}, context.DeadlineExceeded
		case e.Failed:
			return connector.Result{}, errors.New("it failed then")
		}
		output := maps.Clone(map[string]any(e.Output))
		if output == nil {
			output = map[string]any{}
		}
		for _, name := range e.Hidden {
			output[name] = connector.NewSecret("a secret")
		}
		return connector.Result{Outcome: e.Outcome, Output: output, Proofs: e.Proofs, Renews: e.Renews, EndsSession: e.EndsSession}, nil
	}
	p.unanswered = &UnansweredError{Node: call.Node}
	return connector.Result{}, fmt.Errorf("the trace has no answer for %s", call.Node)
}

// withParts lists a flow and every part it calls, once each.
func withParts(flow *graph.Flow, seen []*graph.Flow) []*graph.Flow {
	if slices.Contains(seen, flow) {
		return seen
	}
	seen = append(seen, flow)
	for _, part := range flow.Parts() {
		seen = withParts(part, seen)
	}
	return seen
}

// compare finds the first event that differs in what happened. Times, numbers and identities of flows may.
func compare(was, now []Event) *Difference {
	for i := range max(len(was), len(now)) {
		switch {
		case i >= len(was):
			return &Difference{nil, &now[i]}
		case i >= len(now):
			return &Difference{&was[i], nil}
		case was[i].Kind != now[i].Kind || was[i].String() != now[i].String() || was[i].Flow != now[i].Flow || !maps.Equal(was[i].Fields, now[i].Fields):
			return &Difference{&was[i], &now[i]}
		}
	}
	return nil
}
