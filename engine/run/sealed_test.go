package run_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// turning is a vault that turns the bits of what it keeps, and says for which run. It seals nothing twice alike.
type turning struct{ sealed *byte }

func (v turning) Seal(_, runID string, secrets []byte) ([]byte, error) {
	*v.sealed++
	sealed := append([]byte{byte(len(runID)), *v.sealed}, runID...)
	for _, b := range secrets {
		sealed = append(sealed, ^b)
	}
	return sealed, nil
}

func (v turning) Open(_, runID string, sealed []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(sealed[2:], []byte(runID))
	if !ok || int(sealed[0]) != len(runID) {
		return nil, errors.New("another run's")
	}
	secrets := bytes.Clone(rest)
	for i := range secrets {
		secrets[i] = ^secrets[i]
	}
	return secrets, nil
}

// enrol gives a secret, then shows it twice: on the page "first", and after it on "second", which also hands on what was typed into the first.
func enrol(heard *[]string) *graph.Flow {
	over := &graph.Node{Name: "over", End: &graph.End{Outcome: "error", With: []graph.Argument{argument("code", connector.String, literal{"access_denied"})}}}
	begin := &graph.Node{Name: "begin", Do: &graph.Do{Capability: &connector.Capability{
		Name: "totp.enrol", Outcomes: []connector.Outcome{{Name: "done", Outputs: []connector.Field{field("uri", connector.Secret)}}},
		Run: func(context.Context, connector.Call) (connector.Result, error) {
			return connector.Result{Outcome: "done", Output: map[string]any{"uri": connector.NewSecret("otpauth://one")}}, nil
		},
	}}}
	code := graph.FormField{Name: "code", Type: graph.CodeField, Label: words("Code"), Required: true}
	first := &graph.Node{Name: "first", Form: &graph.Form{
		Title: words("Scan"), QR: ref{"begin", "uri"}, Fields: []graph.FormField{code}, Buttons: []graph.Button{{Name: "continue", Label: words("Continue")}},
	}}
	second := &graph.Node{Name: "second", Form: &graph.Form{
		Title: words("Scan again"), QR: ref{"begin", "uri"}, Buttons: []graph.Button{{Name: "continue", Label: words("Continue")}},
	}}
	hand := &graph.Node{Name: "hand", Do: &graph.Do{
		Capability: &connector.Capability{
			Name: "hear", Inputs: []connector.Field{field("code", connector.Secret)}, Outcomes: []connector.Outcome{{Name: "done"}},
			Run: func(_ context.Context, call connector.Call) (connector.Result, error) {
				*heard = append(*heard, call.Inputs["code"].(connector.SecretValue).Reveal())
				return connector.Result{Outcome: "done"}, nil
			},
		},
		With: []graph.Argument{argument("code", connector.Secret, ref{"first", "code"})},
	}}
	begin.Then = map[string]*graph.Edge{"done": to(first)}
	first.Then = map[string]*graph.Edge{"continue": to(second)}
	second.Then = map[string]*graph.Edge{"continue": to(hand)}
	hand.Then = map[string]*graph.Edge{"done": to(over)}
	return &graph.Flow{Name: "enrol", Hash: "hash-2", Start: begin, Nodes: []*graph.Node{begin, first, second, hand, over}}
}

func TestASecretOfACapabilitySurvivesPagesSealedAndWhatWasTypedDoesNot(t *testing.T) {
	var heard []string
	flow, machine := enrol(&heard), &run.Machine{Vault: turning{new(byte)}}
	env := run.Environment{RunID: "mine"}
	state, effect, err := machine.Start(context.Background(), flow, env, epoch)
	if err != nil || effect.(run.Page).QR != "otpauth://one" {
		t.Fatalf("the first page is %#v, %v", effect, err)
	}
	stored, err := state.MarshalBinary()
	if err != nil || bytes.Contains(stored, []byte("otpauth")) {
		t.Fatalf("the stored state is %q, %v", stored, err)
	}
	state = run.State{}
	if err := state.UnmarshalBinary(stored); err != nil {
		t.Fatal(err)
	}
	if page, err := machine.Redisplay(flow, state, env, epoch); err != nil || page.QR != "otpauth://one" {
		t.Errorf("shown again it is %#v, %v", page, err)
	}
	if _, err := machine.Redisplay(flow, state, run.Environment{RunID: "other"}, epoch); err == nil {
		t.Error("another run opened the secrets")
	}
	same, _, err := machine.Step(context.Background(), flow, state, run.Input{Node: "elsewhere"}, env, epoch)
	if err != nil || !bytes.Equal(same.Sealed, state.Sealed) {
		t.Errorf("a step that changed nothing sealed anew, %v", err)
	}
	state, effect, err = machine.Step(context.Background(), flow, state, run.Input{Node: "first", Values: map[string]string{"code": "123456"}}, env, epoch)
	if err != nil || effect.(run.Page).QR != "otpauth://one" {
		t.Fatalf("the second page is %#v, %v", effect, err)
	}
	state, effect, err = machine.Step(context.Background(), flow, state, run.Input{Node: "second"}, env, epoch)
	if failure, failed := effect.(run.Failure); err != nil || !failed || failure.Code != connector.ServerError || len(heard) > 0 {
		t.Errorf("what was typed outlived its step: %#v, heard %v, %v", effect, heard, err)
	}
	if len(state.Sealed) > 0 {
		t.Error("the run is over and still holds secrets")
	}
}

func TestWithoutAVaultASecretDiesWithItsStep(t *testing.T) {
	var heard []string
	flow, machine := enrol(&heard), &run.Machine{}
	state, _, err := machine.Start(context.Background(), flow, run.Environment{}, epoch)
	if err != nil || len(state.Sealed) > 0 {
		t.Fatalf("%+v, %v", state, err)
	}
	if page, err := machine.Redisplay(flow, state, run.Environment{}, epoch); err == nil {
		t.Errorf("the secret was shown again: %#v", page)
	}
}
