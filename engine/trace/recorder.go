package trace

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// Recorder writes events. It is for one run at a time, and not for several goroutines.
type Recorder struct {
	to     io.Writer
	now    func() time.Time
	number int
	last   time.Time // of Watch, when the event before was written
	// Watch is the clock by which it is measured how long capabilities work. Nil: that is not measured.
	Watch func() time.Time
	// Err is the first failure of writing. Nil: all is written.
	Err error
}

// NewRecorder writes to a writer; now is the clock of the run.
func NewRecorder(to io.Writer, now func() time.Time) *Recorder { return &Recorder{to: to, now: now} }

func (r *Recorder) write(e Event) {
	r.number++
	e.Number, e.At = r.number, r.now().UTC()
	if r.Watch != nil {
		at := r.Watch()
		if e.Kind == Asked {
			e.Took = at.Sub(r.last)
		}
		r.last = at
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = r.to.Write(append(line, '\n'))
	}
	if r.Err == nil {
		r.Err = err
	}
}

// Started begins a run.
func (r *Recorder) Started(flow *graph.Flow, env run.Environment) {
	request := env.Request
	r.write(Event{Kind: Started, Flow: flow.Name, Hash: flow.Hash, Request: &request, Session: env.Session})
}

// Asked notes what a capability answered. It fits flowtest.Listener and a capability that is wrapped.
func (r *Recorder) Asked(call connector.Call, result connector.Result, err error) {
	e := Event{Kind: Asked, Flow: call.Flow, Node: call.Node, Failed: err != nil}
	if err == nil {
		e.Outcome, e.Proofs = result.Outcome, result.Proofs
		e.Output, e.Hidden = open(result.Output)
	}
	r.write(e)
}

// open parts what may be kept from the names of secrets.
func open(values map[string]any) (kept run.Values, hidden []string) {
	for name, value := range values {
		if _, secret := value.(connector.SecretValue); secret {
			hidden = append(hidden, name)
			continue
		}
		if kept == nil {
			kept = run.Values{}
		}
		kept[name] = value
	}
	slices.Sort(hidden)
	return kept, hidden
}

// Passed notes a way that was taken. It fits run.Machine.Trace.
func (r *Recorder) Passed(p run.Passage) {
	r.write(Event{Kind: Passed, Flow: p.Flow, Node: p.Node, Outcome: p.Outcome, To: p.To})
}

// Came notes what a step came to: a page, or an end.
func (r *Recorder) Came(effect run.Effect) {
	switch e := effect.(type) {
	case run.Page:
		shown := Event{Kind: Shown, Node: e.Node, Message: e.Message, Notice: e.Notice}
		for i := range e.Fields {
			f := &e.Fields[i]
			if f.Value != "" {
				if shown.Fields == nil {
					shown.Fields = map[string]string{}
				}
				shown.Fields[f.Name] = f.Value
			}
			if f.Problem != "" {
				if shown.Problems == nil {
					shown.Problems = map[string]string{}
				}
				shown.Problems[f.Name] = string(f.Problem)
			}
		}
		r.write(shown)
	case run.Success:
		ended := Event{Kind: Ended, Outcome: "success", Proofs: e.Methods, Output: run.Values{"user": e.User, "idleTimeout": e.IdleTimeout}}
		r.write(ended)
	case run.Failure:
		r.write(Event{Kind: Ended, Outcome: "error", Code: e.Code, Node: e.Node, Message: e.Description})
	}
}

// Answered notes what was typed into a page. Of secrets only that they were given.
func (r *Recorder) Answered(page run.Page, input run.Input) {
	e := Event{Kind: Answered, Node: input.Node, Button: input.Button}
	if e.Button == "" {
		e.Button = pressed(page, input)
	}
	for i := range page.Fields {
		f := &page.Fields[i]
		value, given := input.Values[f.Name]
		switch {
		case !given || value == "":
		case secret(f.Type):
			e.Hidden = append(e.Hidden, f.Name)
			if again, told := input.Values[f.Repeat]; f.Repeat != "" && told && again != value {
				e.Hidden = append(e.Hidden, f.Repeat) // the second entry differs
			}
		default:
			if e.Values == nil {
				e.Values = map[string]string{}
			}
			e.Values[f.Name] = value
		}
	}
	r.write(e)
}

// pressed is what an answer presses that names no button: a field that is one by itself, else the first.
func pressed(page run.Page, input run.Input) string {
	for i := range page.Fields {
		if f := &page.Fields[i]; f.Type.Pressed() && (input.Values[f.Name] != "" || len(page.Buttons) == 0) {
			return f.Name
		}
	}
	if len(page.Buttons) > 0 {
		return page.Buttons[0].Name
	}
	return ""
}

// Polled notes what another device answered. It fits flowtest.Listener.
func (r *Recorder) Polled(reply run.Reply) {
	e := Event{Kind: Polled, Outcome: string(reply.State), Proofs: reply.Proofs}
	if reply.State == run.Approved {
		e.Output = run.Values{"account": reply.Account}
	}
	r.write(e)
}

// Back notes that an answer was taken back.
func (r *Recorder) Back() { r.write(Event{Kind: Back}) }

func secret(t graph.FieldType) bool {
	return t == graph.PasswordField || t == graph.NewPasswordField || t == graph.CodeField || t.Pressed()
}
