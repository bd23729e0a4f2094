package builtin_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
)

var now = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// house is a directory of one account and a trail of what was recorded.
type house struct {
	answer builtin.PasswordAnswer
	ada    *connector.AccountValue
	fails  error
	asked  []builtin.PasswordCheck
	trail  []builtin.AuditEvent
}

func (h *house) Find(context.Context, string, string) (*connector.AccountValue, error) {
	return h.ada, h.fails
}

func (h *house) CheckPassword(_ context.Context, check builtin.PasswordCheck) (builtin.PasswordResult, error) {
	h.asked = append(h.asked, check)
	return builtin.PasswordResult{Answer: h.answer, Account: h.ada}, h.fails
}

func (h *house) Record(_ context.Context, event builtin.AuditEvent) error {
	h.trail = append(h.trail, event)
	return h.fails
}

func (h *house) run(t *testing.T, name string, inputs map[string]any) (connector.Result, error) {
	t.Helper()
	capability := connector.NewRegistry(builtin.All(builtin.Ports{Directory: h, Audit: h})...).Lookup(name)
	return capability.Run(context.Background(), connector.Call{
		EnvironmentID: "env", RunID: "run", Flow: "sign-on", Node: "here", Inputs: inputs, Now: now,
		Request: connector.Request{ClientID: "app", IP: "192.0.2.1"},
	})
}

func enabled() *connector.AccountValue {
	return &connector.AccountValue{ID: "1", Username: "ada", Enabled: true}
}

func TestAPasswordAnswersByItsOutcomeAndOnlySuccessProves(t *testing.T) {
	inputs := map[string]any{"username": "ada", "password": connector.NewSecret("right")}
	disabled := enabled()
	disabled.Enabled = false
	for _, c := range []struct {
		name    string
		house   house
		outcome string
		proves  bool
	}{
		{"right", house{answer: builtin.PasswordRight, ada: enabled()}, "success", true},
		{"right, of a disabled account", house{answer: builtin.PasswordRight, ada: disabled}, "failure", false},
		{"wrong", house{answer: builtin.PasswordWrong}, "failure", false},
		{"locked", house{answer: builtin.PasswordLocked}, "locked", false},
		{"to be changed", house{answer: builtin.PasswordMustChange, ada: enabled()}, "mustChange", false},
		{"right, nobody's", house{answer: builtin.PasswordRight}, "", false},
		{"no answer", house{ada: enabled()}, "", false},
		{"the directory is down", house{answer: builtin.PasswordRight, ada: enabled(), fails: errors.New("down")}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, err := c.house.run(t, "user.checkPassword", inputs)
			if (err != nil) != (c.outcome == "") || (err == nil && result.Outcome != c.outcome) {
				t.Fatalf("outcome %q, %v", result.Outcome, err)
			}
			var want []connector.Proof
			if c.proves {
				want = []connector.Proof{{AccountID: "1", Method: "pwd", At: now}}
			}
			if err == nil && !reflect.DeepEqual(result.Proofs, want) {
				t.Errorf("proofs %v", result.Proofs)
			}
			asked := builtin.PasswordCheck{EnvironmentID: "env", Username: "ada", Password: "right", IP: "192.0.2.1", Now: now}
			if len(c.house.asked) != 1 || c.house.asked[0] != asked {
				t.Errorf("the directory was asked %v", c.house.asked)
			}
		})
	}
}

func TestSomebodyIsFoundOnlyIfEnabled(t *testing.T) {
	disabled := enabled()
	disabled.Enabled = false
	for outcome, account := range map[string]*connector.AccountValue{"found": enabled(), "none": disabled} {
		h := house{ada: account}
		if result, err := h.run(t, "user.find", map[string]any{"username": "ada"}); err != nil || result.Outcome != outcome || result.Proofs != nil {
			t.Errorf("wanted %s, got %#v, %v", outcome, result, err)
		}
	}
	if result, err := (&house{}).run(t, "user.find", map[string]any{"username": "nobody"}); err != nil || result.Outcome != "none" {
		t.Errorf("nobody: %#v, %v", result, err)
	}
}

func TestARecordSaysWhereAndAboutWhom(t *testing.T) {
	h := house{}
	if _, err := h.run(t, "audit.record", map[string]any{"event": "terms", "account": *enabled(), "text": "version 2"}); err != nil {
		t.Fatal(err)
	}
	want := builtin.AuditEvent{
		EnvironmentID: "env", RunID: "run", Flow: "sign-on", Node: "here", Event: "terms", AccountID: "1", Text: "version 2",
		ClientID: "app", IP: "192.0.2.1", At: now,
	}
	if len(h.trail) != 1 || h.trail[0] != want {
		t.Errorf("the trail is %v", h.trail)
	}
}

func TestWithoutPortsEverythingIsDeclaredAndNothingRuns(t *testing.T) {
	registry := connector.NewRegistry(builtin.All(builtin.Ports{})...)
	for _, name := range registry.Names() {
		c := registry.Lookup(name)
		if c.Doc == "" || len(c.Outcomes) == 0 {
			t.Errorf("%s has no description or no outcome", name)
		}
		for _, field := range c.Inputs {
			if field.Doc == "" || field.Type.Kind == "" {
				t.Errorf("%s: input %q has no description or no type", name, field.Name)
			}
		}
		for _, outcome := range c.Outcomes {
			if outcome.Doc == "" {
				t.Errorf("%s: outcome %q has no description", name, outcome.Name)
			}
		}
		inputs := map[string]any{"username": "ada", "password": connector.NewSecret("x"), "event": "e"}
		if _, err := c.Run(context.Background(), connector.Call{Inputs: inputs}); err == nil && name != "session.check" {
			t.Errorf("%s ran without a port", name)
		}
	}
}
