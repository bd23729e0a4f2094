package run_test

import (
	"context"
	"os"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// BenchmarkStep is one answer to the shipped sign-on page: its form read, a password checked by a directory that costs nothing and says no,
// and the page shown again.
func BenchmarkStep(b *testing.B) {
	flow := shipped(b)
	machine := &run.Machine{}
	state, _, err := machine.Start(context.Background(), flow, run.Environment{}, epoch)
	if err != nil {
		b.Fatal(err)
	}
	input := run.Input{Node: "credentials", Button: "signOn", Values: map[string]string{"username": "ada", "password": "wrong"}}
	b.ReportAllocs()
	for b.Loop() {
		_, effect, _ := machine.Step(context.Background(), flow, state, input, run.Environment{}, epoch)
		if page, ok := effect.(run.Page); !ok || page.Message == "" {
			b.Fatalf("effect is %#v", effect)
		}
	}
}

// shipped is the flow by which people sign on, over a directory that costs nothing.
func shipped(b testing.TB) *graph.Flow {
	b.Helper()
	registry := connector.NewRegistry(builtin.All(builtin.Ports{Directory: nobody{}})...)
	library, diagnostics := engine.Load(os.DirFS("../../flows"), registry)
	flow := library.Flow("sign-on")
	if flow == nil {
		b.Fatalf("the flow has mistakes: %v", diagnostics)
	}
	return flow
}

// nobody is a directory in which every password is wrong.
type nobody struct{}

func (nobody) Find(context.Context, string, string) (*connector.AccountValue, error) {
	return nil, nil
}

func (nobody) CheckPassword(context.Context, builtin.PasswordCheck) (builtin.PasswordResult, error) {
	return builtin.PasswordResult{Answer: builtin.PasswordWrong}, nil
}
