package trace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/run"
)

// Kind tells events apart.
type Kind string

// The kinds of events.
const (
	Started  Kind = "started"  // Flow, Hash, Request, Session; of a part that a link opened Opened
	Asked    Kind = "asked"    // Flow, Node, Outcome, Output, Hidden, Proofs; or Failed, with a Code
	Passed   Kind = "passed"   // Flow, Node, Outcome, To
	Shown    Kind = "shown"    // Node, Message, Notice, Fields, Problems
	Answered Kind = "answered" // Node, Button, Values, Hidden
	Polled   Kind = "polled"   // Outcome, Output, Proofs: what another device answered
	Back     Kind = "back"     // the answer before was taken back
	Browser  Kind = "browser"  // Session: what the browser has now, other than it had before
	Ended    Kind = "ended"    // Outcome, Output; of an error Code
)

// Event is one thing that happened in a run.
type Event struct {
	Number  int       `json:"n"` // from 1
	At      time.Time `json:"at"`
	Kind    Kind      `json:"kind"`
	Flow    string    `json:"flow,omitempty"`
	Hash    string    `json:"hash,omitempty"` // identity of the flow
	Node    string    `json:"node,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	To      string    `json:"to,omitempty"`
	Button  string    `json:"button,omitempty"`
	Message string    `json:"message,omitempty"`
	Notice  string    `json:"notice,omitempty"`
	Code    string    `json:"code,omitempty"`
	// Failed says that a capability failed. Why is in the operator's log, never here.
	Failed bool              `json:"failed,omitempty"`
	Fields map[string]string `json:"fields,omitempty"` // what stood in the page's fields
	Values map[string]string `json:"values,omitempty"` // what was typed
	// Problems says why entries were refused, by field.
	Problems map[string]string `json:"problems,omitempty"`
	Hidden   []string          `json:"hidden,omitempty"` // names of secrets that were given
	// Hashes tell by name which secrets of a run are the same text. Nil: nobody can tell, see Recorder.Key.
	Hashes  map[string]string `json:"hashes,omitempty"`
	Output  run.Values        `json:"output,omitempty"`
	Proofs  []connector.Proof `json:"proofs,omitempty"`
	Request *requested        `json:"request,omitempty"`
	Session *begun            `json:"session,omitempty"`
	Opened  *opened           `json:"opened,omitempty"`
	// Renews and EndsSession are what a capability changed behind the run's back, as in connector.Result.
	Renews      *connector.AccountValue `json:"renews,omitempty"`
	EndsSession bool                    `json:"endsSession,omitempty"`
	// Took is how long a capability worked. Zero: not measured.
	Took time.Duration `json:"took,omitempty"`
	// Cut: what belongs to it was too long to be kept.
	Cut bool `json:"cut,omitempty"`
}

type (
	requested = connector.Request
	begun     = connector.SessionValue
)

// opened is what a link brought into its run, as run.Opening.
type opened struct {
	Account connector.AccountValue `json:"account"`
	Inputs  json.RawMessage        `json:"inputs,omitempty"`
	Proves  string                 `json:"proves,omitempty"`
}

// String is the event in words. Strangers typed some of them: none steers a terminal.
func (e Event) String() string { return plain(e.words()) }

func (e Event) words() string {
	switch e.Kind {
	case Started:
		return "begins " + e.Flow
	case Asked:
		if e.Failed {
			return e.Node + " asks and fails"
		}
		return e.Node + " asks: " + e.Outcome
	case Passed:
		if e.To == "" {
			return fmt.Sprintf("%s -%s", e.Node, e.Outcome)
		}
		return fmt.Sprintf("%s -%s-> %s", e.Node, e.Outcome, e.To)
	case Shown:
		words := "shows " + e.Node
		for _, said := range []string{e.Message, e.Notice} {
			if said != "" {
				words += fmt.Sprintf(" %q", said)
			}
		}
		for _, field := range slices.Sorted(maps.Keys(e.Problems)) {
			words += fmt.Sprintf(", %s is %s", field, e.Problems[field])
		}
		return words
	case Answered:
		return fmt.Sprintf("answers %s by %s", e.Node, e.Button)
	case Polled:
		return "hears from another device: " + e.Outcome
	case Back:
		return "takes the answer back"
	case Browser:
		if e.Session == nil {
			return "finds the browser without a session"
		}
		return "finds the browser with another session, of " + e.Session.User.Username
	}
	return strings.TrimSpace("ends in " + e.Outcome + " " + e.Code)
}

// Names are those of the secrets that were given, with the number of the text where Hashes tell it: the first is 1, and whatever has the same
// number is the same text. Seen holds what was numbered so far.
func (e Event) Names(seen map[string]int) []string {
	names := slices.Clone(e.Hidden)
	for i, name := range names {
		hash := e.Hashes[name]
		if hash == "" {
			continue
		}
		if seen[hash] == 0 {
			seen[hash] = len(seen) + 1
		}
		names[i] = fmt.Sprintf("%s (secret %d)", name, seen[hash])
	}
	return names
}

// Read reads a trace. It fails with the line of what is no event.
func Read(from io.Reader) ([]Event, error) {
	var events []Event
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("line %d is no event of a trace: traces are what vigil flow run --trace writes", number)
		}
		events = append(events, e)
	}
	return events, lines.Err()
}

// Write writes events so that Read reads them.
func Write(to io.Writer, events []Event) error {
	lines := json.NewEncoder(to)
	for i := range events {
		if err := lines.Encode(&events[i]); err != nil {
			return fmt.Errorf("write event %d: %w", events[i].Number, err)
		}
	}
	return nil
}
