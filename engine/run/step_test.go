package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

func TestTheRightPasswordEndsInSuccessWithWhoWasProvedAndHow(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	p.enter("continue", "username", "ada", "password", "right")
	s := p.success()
	want := []connector.Proof{{AccountID: "id-ada", Method: "pwd", At: epoch}}
	if s.User.ID != "id-ada" || !reflect.DeepEqual(s.Methods, want) || s.FromSession || s.SessionID != "" || s.IdleTimeout != 15*time.Minute {
		t.Errorf("success is %#v", s)
	}
	if _, _, err := p.machine.Step(context.Background(), p.flow, p.state, run.Input{}, p.env, p.now); !errors.Is(err, run.ErrEnded) {
		t.Errorf("a step after the end: %v", err)
	}
}

func TestAWrongPasswordShowsThePageAgainWithItsMessageAndWhatWasTyped(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	if got := p.page().Fields[0]; got.Value != "hint" || got.Autocomplete != "username" {
		t.Errorf("first page: user name field is %#v", got)
	}
	p.enter("", "username", "  ada ", "password", "wrong")
	page := p.page()
	if page.Message != "That is not right." || page.MessageField != "password" || page.Fields[1].Message != "That is not right." {
		t.Errorf("page is %#v", page)
	}
	if page.Fields[0].Value != "ada" || page.Fields[1].Value != "" {
		t.Errorf("fields show %q and %q", page.Fields[0].Value, page.Fields[1].Value)
	}
	again, err := p.machine.Redisplay(p.flow, p.state, p.env, p.now)
	if err != nil || !reflect.DeepEqual(again, page) {
		t.Errorf("shown again it is %#v, %v", again, err)
	}
}

func TestAFourthTryOfThreeIsNotMade(t *testing.T) {
	asked := 0
	p := begin(t, signOn(password(func(ctx context.Context, call connector.Call) (connector.Result, error) {
		asked++
		return checkPassword(ctx, call)
	})), run.Environment{})
	for range 3 {
		p.enter("continue", "username", "ada", "password", "wrong")
	}
	p.enter("continue", "username", "ada", "password", "right")
	if f := p.failure(); f.Code != "access_denied" || asked != 3 {
		t.Errorf("failure %q after %d checks", f.Code, asked)
	}
}

func TestNoStateHoldsASecret(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	p.enter("continue", "username", "ada", "password", "hunter2hunter2")
	p.enter("continue", "username", "", "password", "hunter2hunter2")
	encoded, _ := json.Marshal(p.state)
	if strings.Contains(string(encoded), "hunter2") || strings.Contains(string(encoded), "(secret)") {
		t.Errorf("the state is %s", encoded)
	}
}

func TestAHiddenButtonCannotBePressed(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	before, _ := json.Marshal(p.state)
	for _, button := range []string{"skip", "nonsense", "error", "success"} {
		p.enter(button, "username", "ada", "password", "right")
		if p.page().Node != "credentials" {
			t.Fatalf("button %q led away", button)
		}
	}
	if after, _ := json.Marshal(p.state); string(after) != string(before) {
		t.Errorf("the state changed to %s", after)
	}
}

func TestAnAnswerFromAStaleTabGivesThePresentPageAgain(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	p.step(run.Input{Node: "enrol/credentials", Button: "continue", Values: map[string]string{"username": "ada", "password": "right"}})
	if page := p.page(); page.Node != "credentials" || page.Message != "" {
		t.Errorf("page is %#v", page)
	}
}

func TestALinkSkipsValidation(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	p.enter("cancel")
	if f := p.failure(); f.Code != "access_denied" {
		t.Errorf("failure %q", f.Code)
	}
}

func TestStepLeavesTheStateItWasGivenAsItWas(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	p.enter("continue", "username", "ada", "password", "wrong")
	before, _ := json.Marshal(p.state)
	input := run.Input{Node: "credentials", Button: "continue", Values: map[string]string{"username": "eve", "password": "wrong"}}
	if _, _, err := p.machine.Step(context.Background(), p.flow, p.state, input, p.env, p.now); err != nil {
		t.Fatal(err)
	}
	if after, _ := json.Marshal(p.state); string(after) != string(before) {
		t.Errorf("before %s\nafter %s", before, after)
	}
}

func TestARunOlderThanItsFlowAllowsFailsWithTimeout(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	p.now = epoch.Add(15 * time.Minute)
	p.enter("continue", "username", "ada", "password", "wrong")
	p.page()
	p.now = epoch.Add(15*time.Minute + 1)
	if _, err := p.machine.Redisplay(p.flow, p.state, p.env, p.now); !errors.Is(err, run.ErrTimedOut) {
		t.Errorf("shown again: %v", err)
	}
	p.enter("continue", "username", "ada", "password", "right")
	if f := p.failure(); f.Code != connector.TimedOut {
		t.Errorf("failure %q", f.Code)
	}
}

func TestAStateOfAnotherFlowIsRefused(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	other := signOn(password(checkPassword))
	other.Hash = "hash-2"
	if _, _, err := p.machine.Step(context.Background(), other, p.state, run.Input{}, p.env, p.now); !errors.Is(err, run.ErrForeignFlow) {
		t.Errorf("error is %v", err)
	}
}

func TestACancelledRequestStillCountsItsTry(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	input := run.Input{Node: "credentials", Values: map[string]string{"username": "ada", "password": "wrong"}}
	state, effect, err := p.machine.Step(ctx, p.flow, p.state, input, p.env, p.now)
	if err != nil {
		t.Fatal(err)
	}
	if page, ok := effect.(run.Page); !ok || page.Message == "" || len(state.Entries) != 1 {
		t.Errorf("effect %#v, entries %v", effect, state.Entries)
	}
}

func TestAMachineLoopIsStopped(t *testing.T) {
	round := &graph.Node{Name: "round"}
	round.Choose = []graph.Choice{{Edge: to(round)}}
	p := begin(t, &graph.Flow{Name: "round", Hash: "h", Start: round, Nodes: []*graph.Node{round}}, run.Environment{})
	if f := p.failure(); f.Code != connector.ServerError || f.Cause == nil {
		t.Errorf("failure %#v", f)
	}
}

func TestAFormIsShownFiftyTimesAtMost(t *testing.T) {
	page := &graph.Node{Name: "page", Form: &graph.Form{Title: words("Again"), Buttons: []graph.Button{{Name: "again"}}}}
	page.Then = map[string]*graph.Edge{"again": to(page)}
	p := begin(t, &graph.Flow{Name: "f", Hash: "h", Start: page, Nodes: []*graph.Node{page}}, run.Environment{})
	for range 49 {
		p.enter("again")
	}
	p.page()
	p.enter("again")
	if f := p.failure(); f.Code != connector.ServerError {
		t.Errorf("failure %#v", f)
	}
}

func TestAStateThatGrowsTooLargeEndsTheRun(t *testing.T) {
	page := &graph.Node{Name: "page", Form: &graph.Form{Title: words("Write"), Buttons: []graph.Button{{Name: "go"}}}}
	values := map[string]string{}
	for i := range 50 {
		name := "text" + string(rune('A'+i/26)) + string(rune('a'+i%26))
		page.Form.Fields = append(page.Form.Fields, graph.FormField{Name: name, Type: graph.TextField, Required: true})
		values[name] = strings.Repeat("é", 800)
	}
	page.Then = map[string]*graph.Edge{"go": to(page)}
	p := begin(t, &graph.Flow{Name: "f", Hash: "h", Start: page, Nodes: []*graph.Node{page}}, run.Environment{})
	p.step(run.Input{Node: "page", Values: values})
	if f := p.failure(); f.Code != connector.ServerError || f.Cause == nil || !strings.Contains(f.Cause.Error(), "bytes") {
		t.Errorf("failure %#v", f)
	}
}

func TestAVariableIsSetFromTheValuesBeforeTheEdge(t *testing.T) {
	page := &graph.Node{Name: "page", Form: &graph.Form{
		Title:   &graph.Text{Parts: []graph.TextPart{{Value: ref{"vars", "a"}}, {Literal: " & "}, {Value: ref{"vars", "b"}}}},
		Buttons: []graph.Button{{Name: "swap"}},
	}}
	page.Then = map[string]*graph.Edge{"swap": to(page, graph.Assignment{Variable: "a", Value: ref{"vars", "b"}}, graph.Assignment{Variable: "b", Value: ref{"vars", "a"}})}
	a, b := field("a", connector.String), field("b", connector.String)
	a.Default, b.Default = "one", "<two>"
	p := begin(t, &graph.Flow{Name: "f", Hash: "h", Start: page, Nodes: []*graph.Node{page}, Vars: []graph.Variable{{Field: a}, {Field: b}}}, run.Environment{})
	if got := p.page().Title; got != "one & <two>" {
		t.Errorf("title %q", got)
	}
	p.enter("swap")
	if got := p.page().Title; got != "<two> & one" {
		t.Errorf("title %q", got)
	}
}

func TestEnteringANodeAgainForgetsWhatItGave(t *testing.T) {
	flow := signOn(password(checkPassword))
	flow.Node("verify").Then["success"] = to(flow.Node("credentials"))
	flow.Node("credentials").Then["cancel"] = to(flow.Node("done"), graph.Assignment{Variable: "user", Value: expression(func(s graph.Scope) (any, error) {
		if _, stale := s.Lookup("credentials", "username"); stale {
			return nil, errors.New("the user name of the last time is still there")
		}
		return ref{"verify", "user"}.Eval(s)
	})})
	p := begin(t, flow, run.Environment{})
	p.enter("continue", "username", "ada", "password", "right")
	p.enter("cancel")
	if s := p.success(); s.User.ID != "id-ada" {
		t.Errorf("success is %#v", s)
	}
	p = begin(t, flow, run.Environment{})
	p.enter("continue", "username", "ada", "password", "right")
	p.enter("continue", "username", "ada", "password", "wrong")
	p.enter("cancel")
	p.failure()
}
