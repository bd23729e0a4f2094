package run_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// fault is a way in which a capability goes wrong, and the code that the flow then sees.
type fault struct {
	name, code string
	run        func(context.Context, connector.Call) (connector.Result, error)
}

func faults() []fault {
	right := connector.Proof{AccountID: "id-ada", Method: "pwd", At: epoch}
	user := func(a connector.AccountValue) map[string]any {
		return map[string]any{"user": connector.UserValue{AccountValue: a}}
	}
	answer := func(outcome string, output map[string]any, proofs ...connector.Proof) func(context.Context, connector.Call) (connector.Result, error) {
		return func(context.Context, connector.Call) (connector.Result, error) {
			return connector.Result{Outcome: outcome, Output: output, Proofs: proofs}, nil
		}
	}
	nameless, odd := ada(), ada()
	nameless.ID = ""
	odd.CreatedAt = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	return []fault{
		{"it fails", connector.ServerError, func(context.Context, connector.Call) (connector.Result, error) {
			return connector.Result{Outcome: "success"}, errors.New("the directory is down")
		}},
		{"it panics", connector.ServerError, func(context.Context, connector.Call) (connector.Result, error) {
			panic("password right")
		}},
		{"it panics at run time", connector.ServerError, func(context.Context, connector.Call) (connector.Result, error) {
			var none map[string]int
			none["x"]++ //nolint:govet,staticcheck // that is the fault
			return connector.Result{}, nil
		}},
		{"it hangs", connector.TimedOut, func(ctx context.Context, _ connector.Call) (connector.Result, error) {
			<-ctx.Done()
			time.Sleep(10 * time.Millisecond)
			return connector.Result{Outcome: "success", Output: user(ada()), Proofs: []connector.Proof{right}}, nil
		}},
		{"it gives up in time", connector.TimedOut, func(ctx context.Context, _ connector.Call) (connector.Result, error) {
			<-ctx.Done()
			return connector.Result{}, ctx.Err()
		}},
		{"no outcome", connector.BadResult, answer("", user(ada()), right)},
		{"an undeclared outcome", connector.BadResult, answer("hooray", user(ada()), right)},
		{"the engine's own outcome", connector.BadResult, answer("exhausted", nil)},
		{"a missing output", connector.BadResult, answer("success", nil, right)},
		{"a mistyped output", connector.BadResult, answer("success", map[string]any{"user": "ada"}, right)},
		{"an account for a user", connector.BadResult, answer("success", map[string]any{"user": ada()}, right)},
		{"a user without id", connector.BadResult, answer("success", user(nameless), connector.Proof{Method: "pwd", At: epoch})},
		{"a user with a time nobody can store", connector.BadResult, answer("success", user(odd), right)},
		{"a user and no proof", connector.BadResult, answer("success", user(ada()))},
		{"a user proved by somebody else's password", connector.BadResult, answer("success", user(bob()), right)},
		{"a proof by another method", connector.BadResult, answer("success", user(ada()), connector.Proof{AccountID: "id-ada", Method: "otp", At: epoch})},
		{"a proof of yesterday", connector.BadResult, answer("success", user(ada()), connector.Proof{AccountID: "id-ada", Method: "pwd", At: epoch.Add(-24 * time.Hour)})},
		{"a proof of tomorrow", connector.BadResult, answer("success", user(ada()), connector.Proof{AccountID: "id-ada", Method: "pwd", At: epoch.Add(24 * time.Hour)})},
		{"a proof with a failure", connector.BadResult, answer("failure", nil, right)},
	}
}

func TestACapabilityThatGoesWrongLeavesByErrorWithACodeAndNothingElse(t *testing.T) {
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			flow := signOn(password(f.run))
			verify := flow.Node("verify")
			sorry := &graph.Node{Name: "sorry", Form: &graph.Form{
				Title:   &graph.Text{Parts: []graph.TextPart{{Value: expression(errorCode)}}},
				Buttons: []graph.Button{{Name: "ok"}},
			}}
			sorry.Then = map[string]*graph.Edge{"ok": to(flow.Node("denied"))}
			verify.Then["error"] = to(sorry)
			flow.Nodes = append(flow.Nodes, sorry)
			p := begin(t, flow, run.Environment{})
			p.enter("continue", "username", "ada", "password", "right")
			if got := p.page().Title; got != f.code {
				t.Errorf("the flow sees %q, wanted %q", got, f.code)
			}
		})
	}
}

func errorCode(s graph.Scope) (any, error) {
	value, _ := s.Lookup("verify", "error")
	return value.(map[string]any)["code"], nil
}

func TestWhereNothingIsWiredForErrorTheRunFailsClosed(t *testing.T) {
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			p := begin(t, signOn(password(f.run)), run.Environment{})
			p.enter("continue", "username", "ada", "password", "right")
			got := p.failure()
			if got.Code != connector.ServerError || got.Node != "verify" || got.Cause == nil {
				t.Errorf("failure is %#v", got)
			}
			if strings.Contains(got.Cause.Error(), "password right") {
				t.Errorf("the cause tells a value: %v", got.Cause)
			}
		})
	}
}

func TestAnUnprovedUserNeverEndsInSuccess(t *testing.T) {
	flow := signOn(password(checkPassword))
	flow.Node("verify").Then["failure"] = to(flow.Node("done"), graph.Assignment{
		Variable: "user", Value: literal{connector.UserValue{AccountValue: ada()}},
	})
	p := begin(t, flow, run.Environment{})
	p.enter("continue", "username", "ada", "password", "wrong")
	if f := p.failure(); f.Code != connector.ServerError {
		t.Errorf("failure is %#v", f)
	}
}

func TestAnAccountNeverStandsForAUser(t *testing.T) {
	flow := signOn(password(checkPassword))
	flow.Node("verify").Then["failure"] = to(flow.Node("done"), graph.Assignment{Variable: "user", Value: literal{ada()}})
	p := begin(t, flow, run.Environment{})
	p.enter("continue", "username", "ada", "password", "wrong")
	p.failure()
}

func TestAVariableNeverHoldsASecret(t *testing.T) {
	flow := signOn(password(checkPassword))
	flow.Vars = append(flow.Vars, graph.Variable{Field: field("leak", connector.Secret)})
	flow.Node("credentials").Then["continue"].Set = []graph.Assignment{{Variable: "leak", Value: ref{"credentials", "password"}}}
	p := begin(t, flow, run.Environment{})
	p.enter("continue", "username", "ada", "password", "right")
	p.failure()
}

func TestASecretIsGoneAfterTheStepThatBroughtIt(t *testing.T) {
	flow := signOn(password(checkPassword))
	pause := &graph.Node{Name: "pause", Form: &graph.Form{Title: words("Wait"), Buttons: []graph.Button{{Name: "on"}}}}
	flow.Node("credentials").Then["continue"].To = pause
	pause.Then = map[string]*graph.Edge{"on": to(flow.Node("verify"))}
	flow.Nodes = append(flow.Nodes, pause)
	gone := func(p *player) {
		if f := p.failure(); f.Node != "verify" || !strings.Contains(f.Cause.Error(), "credentials.password") {
			t.Errorf("failure is %#v", f)
		}
	}
	p := begin(t, flow, run.Environment{})
	p.enter("continue", "username", "ada", "password", "right")
	p.enter("on")
	gone(p)

	p = begin(t, flow, run.Environment{}) // nor does it last where the state never becomes JSON
	answer := run.Input{Node: "credentials", Values: map[string]string{"username": "ada", "password": "right"}}
	unstored, _, err := p.machine.Step(context.Background(), flow, p.state, answer, p.env, p.now)
	if err != nil {
		t.Fatal(err)
	}
	p.state, p.effect, err = p.machine.Step(context.Background(), flow, unstored, run.Input{Node: "pause"}, p.env, p.now)
	if err != nil {
		t.Fatal(err)
	}
	gone(p)
}

func TestAnExpressionThatPanicsIsAnErrorOfItsNode(t *testing.T) {
	flow := signOn(password(checkPassword))
	flow.Node("verify").Do.With[0].Value = expression(func(graph.Scope) (any, error) { panic("boom") })
	p := begin(t, flow, run.Environment{})
	p.enter("continue", "username", "ada", "password", "right")
	if f := p.failure(); f.Node != "verify" {
		t.Errorf("failure is %#v", f)
	}
}

func TestNumbersThatAreNoneAndListsWithoutEndAreRefused(t *testing.T) {
	for name, value := range map[string]any{
		"NaN": math.NaN(), "infinity": math.Inf(1), "a giant list": make([]any, 201), "a nested secret": []any{connector.NewSecret("x")},
		"a Go value": struct{ X int }{1}, "an int": 7,
	} {
		t.Run(name, func(t *testing.T) {
			flow := signOn(password(checkPassword))
			flow.Vars = append(flow.Vars, graph.Variable{Field: field("n", connector.Number)}, graph.Variable{Field: field("l", connector.List)})
			variable := "n"
			if _, isList := value.([]any); isList {
				variable = "l"
			}
			flow.Node("credentials").Then["continue"].Set = []graph.Assignment{{Variable: variable, Value: literal{value}}}
			p := begin(t, flow, run.Environment{})
			p.enter("continue", "username", "ada", "password", "right")
			p.failure()
		})
	}
}
