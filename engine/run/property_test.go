package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// world knows who was proved in truth, beside what the machine believes.
type world struct {
	t       *rapid.T
	now     time.Time
	session *connector.SessionValue

	mu     sync.Mutex // capabilities run beside the step, and one that was given up may outlast it
	dice   *rand.Rand
	proved map[string]bool // by account: an honest authenticator said so in this run
	lent   map[string]bool // by account: an honest capability handed on a proof of the live session
}

func anyOf[T any](dice *rand.Rand, values []T) T { return values[dice.IntN(len(values))] }

var accounts = []connector.AccountValue{ada(), bob(), {ID: "id-eve", Username: "eve", Enabled: true}}

// honest makes an authenticator's or a session's truthful success.
func (w *world) honest(call connector.Call, c *connector.Capability) connector.Result {
	if c.Proves == "" {
		if call.Session == nil {
			return connector.Result{Outcome: "no"}
		}
		w.lent[call.Session.User.ID] = true
		return connector.Result{Outcome: "success", Output: map[string]any{"user": call.Session.User}, Proofs: call.Session.Proofs}
	}
	a := anyOf(w.dice, accounts)
	w.proved[a.ID] = true
	return connector.Result{
		Outcome: "success", Output: map[string]any{"user": connector.UserValue{AccountValue: a}},
		Proofs: []connector.Proof{{AccountID: a.ID, Method: c.Proves, At: call.Now}},
	}
}

// dishonest claims somebody whom it did not prove, in one of many ways.
func (w *world) dishonest(call connector.Call, c *connector.Capability) connector.Result {
	a, b := anyOf(w.dice, accounts), anyOf(w.dice, accounts)
	method := anyOf(w.dice, []string{"pwd", "otp", ""})
	r := connector.Result{Outcome: "success", Output: map[string]any{"user": connector.UserValue{AccountValue: a}}}
	switch {
	case c.Proves == "": // no authenticator: whatever proof it makes up is none, unless it is the session's
		r.Proofs = []connector.Proof{{AccountID: a.ID, Method: method, At: call.Now}}
	case a.ID != b.ID:
		r.Proofs = []connector.Proof{{AccountID: b.ID, Method: c.Proves, At: call.Now}}
	case method != c.Proves:
		r.Proofs = []connector.Proof{{AccountID: a.ID, Method: method, At: call.Now}}
	default:
		r.Proofs = []connector.Proof{{AccountID: a.ID, Method: method, At: call.Now.Add(time.Hour)}}
	}
	return r
}

func (w *world) capability(name, proves string) *connector.Capability {
	c := &connector.Capability{Name: name, Proves: proves, Outcomes: []connector.Outcome{
		{Name: "success", Outputs: []connector.Field{field("user", connector.User)}}, {Name: "no"},
	}}
	c.Run = func(ctx context.Context, call connector.Call) (connector.Result, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch w.dice.IntN(10) {
		case 0, 1, 2:
			return w.honest(call, c), nil
		case 3:
			panic(errors.New("boom"))
		case 4:
			w.mu.Unlock()
			<-ctx.Done()
			w.mu.Lock()
			return connector.Result{Outcome: "success"}, ctx.Err()
		case 5:
			return connector.Result{}, errors.New("down")
		case 6:
			return connector.Result{Outcome: anyOf(w.dice, []string{"", "error", "exhausted", "success", "yes"})}, nil
		case 7:
			return connector.Result{Outcome: "success", Output: map[string]any{"user": accounts[0]}}, nil
		case 8:
			return connector.Result{Outcome: "no"}, nil
		}
		return w.dishonest(call, c), nil
	}
	return c
}

// flow draws a flow in which anything may lead anywhere, types and proofs be damned: it is what a compiler would never let through.
func (w *world) flow(name string, parts ...*graph.Flow) *graph.Flow {
	flow := &graph.Flow{Name: name, Hash: name, Timeout: time.Hour, Vars: []graph.Variable{{Field: field("user", connector.User)}}}
	count := rapid.IntRange(3, 9).Draw(w.t, "nodes")
	for i := range count {
		flow.Nodes = append(flow.Nodes, &graph.Node{Name: fmt.Sprintf("n%d", i)})
	}
	authenticator, other := w.capability("prove", "pwd"), w.capability("find", "")
	var users []graph.Value
	for _, n := range flow.Nodes {
		users = append(users, ref{n.Name, "user"})
	}
	users = append(users, ref{"vars", "user"}, literal{connector.UserValue{AccountValue: accounts[2]}}, literal{accounts[0]})
	edge := func() *graph.Edge {
		e := to(rapid.SampledFrom(flow.Nodes).Draw(w.t, "to"))
		if rapid.Bool().Draw(w.t, "sets") {
			e.Set = []graph.Assignment{{Variable: "user", Value: rapid.SampledFrom(users).Draw(w.t, "set")}}
		}
		return e
	}
	wire := func(n *graph.Node, outcomes ...string) {
		n.Then = map[string]*graph.Edge{}
		for _, o := range outcomes {
			if rapid.IntRange(0, 9).Draw(w.t, "wired") > 0 {
				n.Then[o] = edge()
			}
		}
	}
	for _, n := range flow.Nodes {
		w.verb(n, verbs{authenticator, other, users, parts, edge, wire})
	}
	flow.Start = flow.Nodes[0]
	if rapid.Bool().Draw(w.t, "likely") { // pure chance would hardly ever find the way through
		first, last := flow.Nodes[0], flow.Nodes[len(flow.Nodes)-1]
		*first = graph.Node{Name: first.Name, Do: &graph.Do{Capability: rapid.SampledFrom([]*connector.Capability{authenticator, other}).Draw(w.t, "first")}}
		wire(first, "success", "no", "error")
		first.Then["success"] = to(last)
		*last = graph.Node{Name: last.Name, End: &graph.End{Outcome: "success", With: []graph.Argument{argument("user", connector.User, ref{first.Name, "user"})}}}
	}
	return flow
}

// verbs is what a node may be made of.
type verbs struct {
	authenticator, other *connector.Capability
	users                []graph.Value
	parts                []*graph.Flow
	edge                 func() *graph.Edge
	wire                 func(*graph.Node, ...string)
}

func (w *world) verb(n *graph.Node, v verbs) {
	switch kind := rapid.IntRange(0, 6).Draw(w.t, "verb"); {
	case kind == 0:
		n.Form = &graph.Form{
			Title: words("Page"), Fields: []graph.FormField{{Name: "word", Type: graph.TextField}, {Name: "secret", Type: graph.PasswordField}},
			Buttons: []graph.Button{{Name: "on"}, {Name: "back", Link: true}},
		}
		v.wire(n, "on", "back")
	case kind <= 2:
		n.Do, n.Limit = &graph.Do{Capability: v.authenticator}, 3
		v.wire(n, "success", "no", "error", "exhausted")
	case kind == 3:
		n.Do = &graph.Do{Capability: v.other}
		v.wire(n, "success", "no", "error")
	case kind == 4 && len(v.parts) > 0:
		n.Call = &graph.Call{Part: rapid.SampledFrom(v.parts).Draw(w.t, "part")}
		v.wire(n, "success", "error")
	case kind == 4:
		n.Choose = []graph.Choice{{When: literal{rapid.Bool().Draw(w.t, "holds")}, Edge: v.edge()}, {Edge: v.edge()}}
	default:
		outcome := rapid.SampledFrom([]string{"success", "success", "error"}).Draw(w.t, "end")
		n.End = &graph.End{Outcome: outcome}
		if outcome == "success" {
			n.End.With = []graph.Argument{argument("user", connector.User, rapid.SampledFrom(v.users).Draw(w.t, "user"))}
		}
	}
}

// through carries a state through what hosts keep of it, and holds that nothing is lost and no secret kept.
func through(t *rapid.T, state run.State) run.State {
	encoded, err := state.MarshalBinary()
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	var back, old run.State
	if err := back.UnmarshalBinary(encoded); err != nil {
		t.Fatalf("decode %q: %v", encoded, err)
	}
	before, err := json.Marshal(state)
	if err != nil {
		t.Fatalf("encode as JSON: %v", err)
	}
	if after, _ := json.Marshal(back); string(after) != string(before) {
		t.Fatalf("round trip:\n%s\n%s", before, after)
	}
	if err := old.UnmarshalBinary(before); err != nil || !reflect.DeepEqual(old, back) {
		t.Fatalf("as an earlier program wrote it: %v\n%#v\n%#v", err, old, back)
	}
	if again, _ := back.MarshalBinary(); string(again) != string(encoded) {
		t.Fatalf("equal states are spelled in two ways:\n%q\n%q", encoded, again)
	}
	if len(encoded) > run.MaxState || strings.Contains(string(encoded), "hunter2") {
		t.Fatalf("%d bytes: %q", len(encoded), encoded)
	}
	return back
}

func TestNoFlowAndNoFaultReachesSuccessWithoutAProvedUser(t *testing.T) {
	successes := 0
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, now: epoch, proved: map[string]bool{}, lent: map[string]bool{}, dice: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "dice"), 0))}
		if rapid.Bool().Draw(t, "session") {
			w.session = adasSession(adaProved("pwd", time.Hour))
		}
		part := w.flow("part")
		part.Part, part.Outcomes = true, []connector.Outcome{{Name: "success", Outputs: []connector.Field{field("user", connector.User)}}}
		flow := w.flow("flow", part)
		machine := &run.Machine{Timeout: 2 * time.Millisecond}
		env := run.Environment{Session: w.session}
		state, effect, err := machine.Start(context.Background(), flow, env, w.now)
		for range 30 {
			if err != nil {
				t.Fatalf("an error of the machine: %v", err)
			}
			state = through(t, state)
			page, shown := effect.(run.Page)
			if !shown {
				break
			}
			again, err2 := machine.Redisplay(flow, state, env, w.now)
			if err2 != nil || !reflect.DeepEqual(again, page) {
				t.Fatalf("the page shown again differs: %#v, %v", again, err2)
			}
			if rapid.IntRange(0, 4).Draw(t, "signoff") == 0 {
				env.Session = nil
			}
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "seconds")) * time.Second)
			input := run.Input{
				Node: page.Node, Button: rapid.SampledFrom([]string{"on", "back", "", "error"}).Draw(t, "button"),
				Values: map[string]string{"word": rapid.String().Draw(t, "word"), "secret": "hunter2"},
			}
			state, effect, err = machine.Step(context.Background(), flow, state, input, env, w.now)
		}
		s, ok := effect.(run.Success)
		if !ok {
			return
		}
		successes++
		w.mu.Lock()
		defer w.mu.Unlock()
		fromSession := env.Session != nil && env.Session.User.ID == s.User.ID && w.lent[s.User.ID]
		if !w.proved[s.User.ID] && !fromSession {
			t.Fatalf("success for %q, whom nobody proved", s.User.ID)
		}
		if s.FromSession && (!fromSession || s.SessionID != env.Session.ID) {
			t.Fatalf("success from a session that is not there: %#v", s)
		}
		for _, m := range s.Methods {
			if m.AccountID != s.User.ID {
				t.Fatalf("success with a proof of somebody else: %#v", s)
			}
		}
	})
	if successes == 0 {
		t.Error("not one run succeeded: the property was never tried")
	}
}
