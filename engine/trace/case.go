package trace

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// ErrElsewhere says that a run cannot be written down as a test, since another device answered, and nothing says how or a test cannot say it.
var ErrElsewhere = errors.New("another device answered in this run, and what was done there is not known, or asked capabilities of its own: write opens: into the test yourself")

// ErrBehind says that a run behind a link cannot be written down as a test of its own.
var ErrBehind = errors.New("this run was opened by a link: what happens behind one is tested by opens: in a case of the flow that made it")

// Case writes a run down as a test file of one case: the people it met, what capabilities answered, what was typed. Secrets are placeholders.
// Behind are the runs that its links opened, in their order.
func Case(flow *graph.Flow, name string, events []Event, behind ...[]Event) (string, error) {
	switch {
	case !begins(flow, events):
		return "", ErrNoRun
	case flow.Part:
		return "", ErrBehind
	}
	c := &scribe{flow: flow, people: map[string]connector.AccountValue{}, answers: map[string][]string{}, behind: behind}
	for _, e := range undone(events) {
		c.event(&e)
	}
	if c.untold {
		return "", ErrElsewhere
	}
	if c.shown != "" {
		c.steps = append(c.steps, c.shown)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "flow: %s\n", flow.Name)
	if len(c.people) > 0 {
		b.WriteString("users:\n")
		for _, id := range slices.Sorted(maps.Keys(c.people)) {
			fmt.Fprintf(&b, "  %s: {%s}\n", spell(id), person(c.people[id]))
		}
	}
	fmt.Fprintf(&b, "cases:\n  - name: %s\n%s", spell(name), c.head)
	if len(c.order) > 0 {
		b.WriteString("    answers:\n")
		for _, node := range c.order {
			answers := c.answers[node]
			if len(answers) == 1 {
				fmt.Fprintf(&b, "      %s: %s\n", node, answers[0])
			} else {
				fmt.Fprintf(&b, "      %s: [%s]\n", node, strings.Join(answers, ", "))
			}
		}
	}
	b.WriteString("    steps:\n")
	for _, step := range c.steps {
		fmt.Fprintf(&b, "      - {%s}\n", step)
	}
	return b.String(), nil
}

// undone takes out answers that were taken back, with what came of them.
func undone(events []Event) []Event {
	var kept []Event
	for _, e := range events {
		if e.Kind != Back {
			kept = append(kept, e)
			continue
		}
		for at := len(kept) - 1; at >= 0; at-- {
			if kept[at].Kind == Answered {
				kept = kept[:at]
				break
			}
		}
	}
	return slices.CompactFunc(kept, func(a, b Event) bool { return a.Kind == Shown && b.Kind == Shown })
}

// scribe writes one case.
type scribe struct {
	flow    *graph.Flow
	people  map[string]connector.AccountValue
	head    string
	answers map[string][]string // by node
	order   []string
	steps   []string
	now     time.Time
	shown   string // a page with words on it that no step has checked yet
	link    string // the node that made the last link
	behind  [][]Event
	untold  bool // another device answered, and nobody can say how
}

func (c *scribe) event(e *Event) {
	switch e.Kind {
	case Started:
		c.now = e.At
		c.begin(e)
	case Asked:
		c.asked(e)
	case Shown:
		c.shown = "at: " + e.Node
		if e.Message != "" {
			c.shown += ", message: " + spell(e.Message)
		}
		if e.Notice != "" {
			c.shown += ", notice: " + spell(e.Notice)
		}
	case Answered:
		c.answered(e)
	case Ended:
		c.ended(e)
	case Browser:
		c.browser(e)
	case Polled:
		c.polled(e)
	}
}

// browser says whose session the browser has from here on.
func (c *scribe) browser(e *Event) {
	c.look()
	whose := "none"
	if s := e.Session; s != nil {
		whose = s.User.ID
		c.people[whose] = s.User.AccountValue
	}
	c.steps = append(c.steps, "session: "+spell(whose))
}

func (c *scribe) begin(e *Event) {
	if s := e.Session; s != nil {
		c.people[s.User.ID] = s.User.AccountValue
		var methods []string
		for _, p := range s.Proofs {
			methods = append(methods, p.Method)
		}
		c.head += fmt.Sprintf("    session: {user: %s, methods: [%s], age: %s}\n", spell(s.User.ID), strings.Join(methods, ", "), connector.FormatDuration(e.At.Sub(s.CreatedAt)))
	}
	if q := e.Request; q != nil {
		var said []string
		for _, field := range [][2]string{{"clientId", q.ClientID}, {"loginHint", q.LoginHint}, {"userCode", q.UserCode}, {"ip", q.IP}, {"country", q.Country}, {"language", q.Language}} {
			if field[1] != "" {
				said = append(said, field[0]+": "+spell(field[1]))
			}
		}
		for _, list := range []struct {
			name   string
			values []string
		}{{"scopes", q.Scopes}, {"acrValues", q.ACRValues}} {
			if len(list.values) > 0 {
				said = append(said, list.name+": ["+strings.Join(list.values, ", ")+"]")
			}
		}
		if q.MaxAge > 0 {
			said = append(said, "maxAge: "+connector.FormatDuration(q.MaxAge))
		}
		if q.Reauthenticate {
			said = append(said, "reauthenticate: true")
		}
		if len(said) > 0 {
			c.head += "    request: {" + strings.Join(said, ", ") + "}\n"
		}
	}
}

// look lets the case check the page that is there.
func (c *scribe) look() {
	if c.shown != "" {
		c.steps, c.shown = append(c.steps, c.shown), ""
	}
}

// polled tells what another device did, or that none did anything for too long.
func (c *scribe) polled(e *Event) {
	c.look()
	if e.Outcome == string(run.Expired) {
		c.wait(e.At)
		return
	}
	at := slices.IndexFunc(c.behind, func(other []Event) bool { return len(other) > 0 && other[len(other)-1].Outcome == e.Outcome })
	if at < 0 || c.link == "" || slices.ContainsFunc(c.behind[at], func(e Event) bool { return e.Kind == Asked }) {
		c.untold = true
		return
	}
	other := undone(c.behind[at])
	c.behind = slices.Delete(slices.Clone(c.behind), at, at+1)
	if o := other[0].Opened; o != nil {
		c.people[o.Account.ID] = o.Account
	}
	c.wait(other[0].At)
	c.steps = append(c.steps, "opens: "+c.link)
	for i := range other[1:] {
		c.event(&other[i+1])
	}
}

// wait lets the time pass that passed.
func (c *scribe) wait(until time.Time) {
	if waited := until.Sub(c.now); waited >= time.Minute {
		c.steps = append(c.steps, "advance: "+connector.FormatDuration(waited))
	}
	c.now = until
}

// asked notes an answer, unless it speaks of the browser's session, which the case has.
func (c *scribe) asked(e *Event) {
	answer := e.Outcome
	if e.Failed {
		answer = "error"
	}
	var output []string
	for _, name := range slices.Sorted(maps.Keys(e.Output)) {
		switch value := e.Output[name].(type) {
		case connector.SessionValue:
			return
		case connector.UserValue:
			c.people[value.ID] = value.AccountValue
			output = append(output, name+": "+spell(value.ID))
		case connector.AccountValue:
			c.people[value.ID] = value
			output = append(output, name+": "+spell(value.ID))
		case time.Duration:
			output = append(output, name+": "+connector.FormatDuration(value))
		case string:
			output = append(output, name+": "+spell(value))
		case bool, float64:
			output = append(output, fmt.Sprintf("%s: %v", name, value))
		}
	}
	for _, name := range e.Hidden {
		output = append(output, name+": a secret")
	}
	if len(output) > 0 {
		answer = "{outcome: " + answer + ", output: {" + strings.Join(output, ", ") + "}}"
	}
	node, known := way(c.flow, e.Flow, e.Node)
	if !known || c.ofSession(e) {
		return
	}
	if c.makesLink(e) && !e.Failed { // in the test it makes one that can be opened
		c.link = node
		return
	}
	if c.answers[node] == nil {
		c.order = append(c.order, node)
	}
	c.answers[node] = append(c.answers[node], answer)
}

// makesLink tells whether the capability makes one.
func (c *scribe) makesLink(e *Event) bool {
	for _, flow := range withParts(c.flow, nil) {
		if n := flow.Node(e.Node); flow.Name == e.Flow && n != nil && n.Do != nil {
			return n.Do.Opens != nil
		}
	}
	return false
}

// ofSession tells whether the capability speaks of the session in any of its outcomes.
func (c *scribe) ofSession(e *Event) bool {
	for _, flow := range withParts(c.flow, nil) {
		n := flow.Node(e.Node)
		if flow.Name != e.Flow || n == nil || n.Do == nil {
			continue
		}
		for _, o := range n.Do.Capability.Outcomes {
			for _, field := range o.Outputs {
				if field.Type.Kind == connector.Session {
					return true
				}
			}
		}
	}
	return false
}

// way is the path of a node: the calls that lead to its part, then its name.
func way(flow *graph.Flow, part, node string) (string, bool) {
	if flow.Name == part {
		return node, true
	}
	for _, n := range flow.Nodes {
		if n.Call != nil {
			if below, ok := way(n.Call.Part, part, node); ok {
				return n.Name + "/" + below, true
			}
		}
	}
	return "", false
}

func (c *scribe) answered(e *Event) {
	c.wait(e.At)
	step := c.shown
	if step == "" {
		step = "at: " + e.Node
	}
	var entries []string
	for _, name := range slices.Sorted(maps.Keys(e.Values)) {
		entries = append(entries, name+": "+spell(e.Values[name]))
	}
	for _, name := range e.Hidden {
		entries = append(entries, name+": a secret")
	}
	if len(entries) > 0 {
		step += ", enter: {" + strings.Join(entries, ", ") + "}"
	}
	c.steps, c.shown = append(c.steps, step+", press: "+e.Button), ""
}

func (c *scribe) ended(e *Event) {
	c.wait(e.At)
	step := "ends: " + e.Outcome
	if e.Code != "" {
		step += ", with: {code: " + e.Code + "}"
	}
	if user, ok := e.Output["user"].(connector.UserValue); ok {
		step += ", with: {user: " + spell(user.ID) + "}"
	}
	c.steps, c.shown = append(c.steps, step), ""
}
