package trace

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
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
	// Key hashes secrets, so that a reader can tell whether two are the same. Whoever has it can try out guesses: it is to be forgotten, and
	// written nowhere. Nil: secrets are not hashed.
	Key []byte
	// Most is the longest event, in bytes of JSON: of a longer one it is kept that it happened, and nothing that belongs to it. Zero: any.
	Most int
	// Heard hears of every event before it is written. Nil: nobody does.
	Heard func(Event)
	// Err is the first failure of writing. Nil: all is written.
	Err error
}

// NewRecorder writes to a writer; now is the clock of the run.
func NewRecorder(to io.Writer, now func() time.Time) *Recorder { return &Recorder{to: to, now: now} }

// Continue lets the next event be numbered as the one after so many.
func (r *Recorder) Continue(events int) { r.number = events }

// Events is how many events the run has, with those of before.
func (r *Recorder) Events() int { return r.number }

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
	if r.Heard != nil {
		r.Heard(e)
	}
	line, err := json.Marshal(e)
	if err == nil && r.Most > 0 && len(line) > r.Most {
		line, err = json.Marshal(e.bare())
	}
	if err == nil {
		_, err = r.to.Write(append(line, '\n'))
	}
	if r.Err == nil {
		r.Err = err
	}
}

// bare is an event without what belongs to it.
func (e Event) bare() Event {
	return Event{
		Number: e.Number, At: e.At, Kind: e.Kind, Flow: e.Flow, Hash: e.Hash, Node: e.Node, Outcome: e.Outcome, To: e.To, Button: e.Button,
		Code: e.Code, Failed: e.Failed, EndsSession: e.EndsSession, Took: e.Took, Cut: true,
	}
}

// hash hides a secret behind the recorder's key. Short: it tells texts of one run apart, and little else.
func (r *Recorder) hash(secret string) string {
	mac := hmac.New(sha256.New, r.Key)
	_, _ = mac.Write([]byte(secret)) // a hash takes everything
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// hide notes that a secret was given.
func (r *Recorder) hide(e *Event, name, secret string) {
	e.Hidden = append(e.Hidden, name)
	if r.Key == nil {
		return
	}
	if e.Hashes == nil {
		e.Hashes = map[string]string{}
	}
	e.Hashes[name] = r.hash(secret)
}

// Started begins a run.
func (r *Recorder) Started(flow *graph.Flow, env run.Environment) {
	request := env.Request
	r.write(Event{Kind: Started, Flow: flow.Name, Hash: flow.Hash, Request: &request, Session: env.Session})
}

// Opened begins the run of a part that a link opened.
func (r *Recorder) Opened(part *graph.Flow, o run.Opening, env run.Environment) {
	request := env.Request
	r.write(Event{
		Kind: Started, Flow: part.Name, Hash: part.Hash, Request: &request, Session: env.Session,
		Opened: &opened{Account: o.Account, Inputs: o.Inputs, Proves: o.Proves},
	})
}

// Found notes that the browser has another session than it had before. Nil: it has none any more.
func (r *Recorder) Found(session *connector.SessionValue) {
	r.write(Event{Kind: Browser, Session: session})
}

// Asked notes what a capability answered. It fits flowtest.Listener and a capability that is wrapped.
func (r *Recorder) Asked(call connector.Call, result connector.Result, err error) {
	e := Event{Kind: Asked, Flow: call.Flow, Node: call.Node, Failed: err != nil}
	switch {
	case err == nil:
		e.Outcome, e.Proofs, e.Renews, e.EndsSession = result.Outcome, result.Proofs, result.Renews, result.EndsSession
		r.open(&e, result.Output)
	case errors.Is(err, context.DeadlineExceeded):
		e.Code = connector.TimedOut
	}
	r.write(e)
}

// open takes over what may be kept, and of secrets that they were given.
func (r *Recorder) open(e *Event, values map[string]any) {
	for name, value := range values {
		if secret, ok := value.(connector.SecretValue); ok {
			r.hide(e, name, secret.Reveal())
			continue
		}
		if _, err := json.Marshal(run.Values{name: value}); err != nil {
			e.Cut = true // no value of the language, or a secret inside of one: the run refuses it too
			continue
		}
		if e.Output == nil {
			e.Output = run.Values{}
		}
		e.Output[name] = value
	}
	slices.Sort(e.Hidden)
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
	case run.Answered:
		answer := run.Denied
		if e.Approved {
			answer = run.Approved
		}
		r.write(Event{Kind: Ended, Outcome: string(answer), Proofs: e.Proofs})
	case run.Failure:
		r.write(Event{Kind: Ended, Outcome: "error", Code: e.Code, Node: e.Node, Message: e.Description})
	}
}

// longest is more than any field takes, in bytes: what is longer is refused by the page, cut or not.
const longest = 4100

// longestName is more than names of pages and buttons have, in bytes.
const longestName = 1000

// Answered notes what was typed into a page. Of secrets only that they were given, and of an answer to another page than this nothing.
func (r *Recorder) Answered(page run.Page, input run.Input) {
	e := Event{Kind: Answered, Node: input.Node[:min(len(input.Node), longestName)], Button: input.Button[:min(len(input.Button), longestName)]}
	if input.Node != page.Node {
		r.write(e)
		return
	}
	if e.Button == "" {
		e.Button = pressed(page, input)
	}
	for i := range page.Fields {
		f := &page.Fields[i]
		value, given := input.Values[f.Name]
		switch {
		case !given || value == "":
		case secret(f.Type):
			r.hide(&e, f.Name, value)
			if again, told := input.Values[f.Repeat]; f.Repeat != "" && told && again != value {
				r.hide(&e, f.Repeat, again) // the second entry differs
			}
		default:
			if e.Values == nil {
				e.Values = map[string]string{}
			}
			e.Values[f.Name] = value[:min(len(value), longest)]
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
	return t == graph.PasswordField || t == graph.NewPasswordField || t == graph.CodeField || t == graph.EffortField || t.Pressed()
}
