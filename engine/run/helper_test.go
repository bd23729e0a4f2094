package run_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

var epoch = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// literal is a value written out.
type literal struct{ value any }

func (l literal) Eval(graph.Scope) (any, error) { return l.value, nil }
func (l literal) Type() connector.Type          { return connector.Type{} }

// ref is a reference to something that must be there.
type ref struct{ root, name string }

func (r ref) Eval(s graph.Scope) (any, error) {
	if value, ok := s.Lookup(r.root, r.name); ok && value != nil {
		return value, nil
	}
	return nil, fmt.Errorf("%s.%s is not there", r.root, r.name)
}
func (r ref) Type() connector.Type { return connector.Type{} }

// expression is any other value.
type expression func(graph.Scope) (any, error)

func (e expression) Eval(s graph.Scope) (any, error) { return e(s) }
func (e expression) Type() connector.Type            { return connector.Type{} }

func words(text string) *graph.Text {
	return &graph.Text{Source: text, Parts: []graph.TextPart{{Literal: text}}}
}

func typed(kind connector.Kind) connector.Type { return connector.Type{Kind: kind} }

func field(name string, kind connector.Kind) connector.Field {
	return connector.Field{Name: name, Type: typed(kind)}
}

func argument(name string, kind connector.Kind, value graph.Value) graph.Argument {
	return graph.Argument{Name: name, Type: typed(kind), Value: value}
}

func to(n *graph.Node, set ...graph.Assignment) *graph.Edge { return &graph.Edge{To: n, Set: set} }

func ada() connector.AccountValue {
	return connector.AccountValue{ID: "id-ada", Username: "ada", GivenName: "Ada", Enabled: true}
}

func bob() connector.AccountValue {
	return connector.AccountValue{ID: "id-bob", Username: "bob", Enabled: true}
}

// checkPassword knows ada, whose password is "right".
func checkPassword(_ context.Context, call connector.Call) (connector.Result, error) {
	if call.Inputs["username"] != "ada" || call.Inputs["password"].(connector.SecretValue).Reveal() != "right" {
		return connector.Result{Outcome: "failure"}, nil
	}
	return connector.Result{
		Outcome: "success",
		Output:  map[string]any{"user": connector.UserValue{AccountValue: ada()}},
		Proofs:  []connector.Proof{{AccountID: "id-ada", Method: "pwd", At: call.Now}},
	}, nil
}

func password(run func(context.Context, connector.Call) (connector.Result, error)) *connector.Capability {
	return &connector.Capability{
		Name: "user.checkPassword", Proves: "pwd", Run: run,
		Inputs: []connector.Field{field("username", connector.String), field("password", connector.Secret)},
		Outcomes: []connector.Outcome{
			{Name: "success", Outputs: []connector.Field{field("user", connector.User)}},
			{Name: "failure"},
		},
	}
}

// signOn is a form, a check of the password, and an end; three tries.
func signOn(check *connector.Capability) *graph.Flow {
	done := &graph.Node{Name: "done", End: &graph.End{Outcome: "success", With: []graph.Argument{
		argument("user", connector.User, ref{"vars", "user"}),
		argument("idleTimeout", connector.Duration, literal{15 * time.Minute}),
	}}}
	denied := &graph.Node{Name: "denied", End: &graph.End{Outcome: "error", With: []graph.Argument{
		argument("code", connector.String, literal{"access_denied"}),
	}}}
	credentials := &graph.Node{Name: "credentials", Form: &graph.Form{
		Title: words("Sign on"),
		Fields: []graph.FormField{
			{Name: "username", Type: graph.TextField, Label: words("User name"), Value: ref{"request", "loginHint"}, Required: true},
			{Name: "password", Type: graph.PasswordField, Label: words("Password"), Required: true},
		},
		Buttons: []graph.Button{
			{Name: "continue", Label: words("Continue")},
			{Name: "cancel", Label: words("Cancel"), Link: true},
			{Name: "skip", Label: words("Skip"), When: literal{false}},
		},
	}}
	verify := &graph.Node{Name: "verify", Limit: 3, Do: &graph.Do{Capability: check, With: []graph.Argument{
		argument("username", connector.String, ref{"credentials", "username"}),
		argument("password", connector.Secret, ref{"credentials", "password"}),
	}}}
	credentials.Then = map[string]*graph.Edge{"continue": to(verify), "cancel": to(denied), "skip": to(done)}
	verify.Then = map[string]*graph.Edge{
		"success":   to(done, graph.Assignment{Variable: "user", Value: ref{"verify", "user"}}),
		"failure":   {To: credentials, Message: words("That is not right."), Field: "password"},
		"exhausted": to(denied),
	}
	return &graph.Flow{
		Name: "sign-on", Hash: "hash-1", Timeout: 15 * time.Minute,
		Vars:  []graph.Variable{{Field: field("user", connector.User)}},
		Start: credentials, Nodes: []*graph.Node{credentials, verify, denied, done},
	}
}

// player walks one run and carries its state through JSON between any two steps.
type player struct {
	t       *testing.T
	machine *run.Machine
	flow    *graph.Flow
	env     run.Environment
	now     time.Time
	state   run.State
	effect  run.Effect
}

func begin(t *testing.T, flow *graph.Flow, env run.Environment) *player {
	t.Helper()
	if env.Request.LoginHint == "" {
		env.Request.LoginHint = "hint"
	}
	p := &player{t: t, machine: &run.Machine{Timeout: 50 * time.Millisecond}, flow: flow, env: env, now: epoch}
	p.start()
	return p
}

func (p *player) start() {
	p.t.Helper()
	var err error
	if p.state, p.effect, err = p.machine.Start(context.Background(), p.flow, p.env, p.now); err != nil {
		p.t.Fatal(err)
	}
	p.store()
}

func (p *player) store() {
	p.t.Helper()
	encoded, err := p.state.MarshalBinary()
	if err != nil {
		p.t.Fatalf("encode the state: %v", err)
	}
	p.state = run.State{}
	if err := p.state.UnmarshalBinary(encoded); err != nil {
		p.t.Fatalf("decode the state %q: %v", encoded, err)
	}
}

func (p *player) step(input run.Input) run.Effect {
	p.t.Helper()
	state, effect, err := p.machine.Step(context.Background(), p.flow, p.state, input, p.env, p.now)
	if err != nil {
		p.t.Fatalf("step: %v", err)
	}
	p.state, p.effect = state, effect
	p.store()
	return effect
}

// enter answers the present page by a button, with pairs of field and value.
func (p *player) enter(button string, pairs ...string) run.Effect {
	p.t.Helper()
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return p.step(run.Input{Node: p.page().Node, Button: button, Values: values})
}

func (p *player) page() run.Page {
	p.t.Helper()
	page, ok := p.effect.(run.Page)
	if !ok {
		p.t.Fatalf("there is no page but %#v", p.effect)
	}
	return page
}

func (p *player) failure() run.Failure {
	p.t.Helper()
	failure, ok := p.effect.(run.Failure)
	if !ok {
		p.t.Fatalf("there is no failure but %#v", p.effect)
	}
	if !p.state.Ended() {
		p.t.Fatal("the run failed and has not ended")
	}
	return failure
}

func (p *player) success() run.Success {
	p.t.Helper()
	success, ok := p.effect.(run.Success)
	if !ok {
		p.t.Fatalf("there is no success but %#v", p.effect)
	}
	if !p.state.Ended() {
		p.t.Fatal("the run succeeded and has not ended")
	}
	return success
}
