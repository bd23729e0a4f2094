package trace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// Fork is another answer to a page of a run. What it does not say is as it was then: secrets were typed where they were.
type Fork struct {
	At    int               // number of the event that shows the page
	Press string            // a button. Empty: as it was
	Enter map[string]string // what is typed, by field
	// Outcomes are what capabilities answer from then on, by node. Of those that it does not name the trace gives the answers that came after.
	Outcomes map[string]string
	Env      run.Environment // as in Replay
}

// ErrNoPage says that a fork's event shows no page.
var ErrNoPage = errors.New("a run is forked where it shows a page")

// UnansweredError says that after a fork a capability is asked that has no answer.
type UnansweredError struct{ Node string }

// Error names the node.
func (e *UnansweredError) Error() string {
	return fmt.Sprintf("nothing says what node %q answers after the fork", e.Node)
}

// Write replays a run up to a page, answers that page otherwise, and writes the trace of what comes of it. ErrNoRun, ErrNoPage, *UnansweredError.
func (f Fork) Write(flow *graph.Flow, events []Event, to io.Writer) error {
	at := slices.IndexFunc(events, func(e Event) bool { return e.Number == f.At })
	switch {
	case !begins(flow, events):
		return ErrNoRun
	case at < 0 || events[at].Kind != Shown:
		return ErrNoPage
	}
	p := newReplay(flow, events, f.Env)
	p.listen(NewRecorder(to, func() time.Time { return p.now }))
	for i := range events[:at+1] {
		if err := p.step(&events[i]); err != nil {
			return err
		}
	}
	page, waits := p.effect.(run.Page)
	if !waits || page.Node != events[at].Node {
		return fmt.Errorf("the flow has changed since: it does not show %q there", events[at].Node)
	}
	p.forked = &f
	input := run.Input{Node: page.Node, Button: f.Press, Values: map[string]string{}}
	if at+1 < len(events) && events[at+1].Kind == Answered {
		then := &events[at+1]
		maps.Copy(input.Values, then.Values)
		p.hide(page, &input, then.Hidden)
		if input.Button == "" {
			input.Button = then.Button
		}
	}
	maps.Copy(input.Values, f.Enter)
	p.recorder.Answered(page, input)
	var err error
	p.state, p.effect, err = p.machine.Step(context.Background(), flow, p.state, input, p.env, p.now)
	if err = errors.Join(err, p.unanswered); err != nil {
		return err
	}
	p.recorder.Came(p.effect)
	return p.recorder.Err
}

// instead is what a fork says that a capability answers. False: it says nothing.
func (f *Fork) instead(call connector.Call) (connector.Result, bool) {
	if f == nil || f.Outcomes[call.Node] == "" {
		return connector.Result{}, false
	}
	return connector.Result{Outcome: f.Outcomes[call.Node], Output: map[string]any{}}, true
}
