package run_test

import (
	"context"
	"testing"

	"vigil/engine/run"
)

// BenchmarkStep is one answer: a form read, a password checked by a capability that costs nothing, and the page shown again.
func BenchmarkStep(b *testing.B) {
	flow := signOn(password(checkPassword))
	machine := &run.Machine{}
	env := run.Environment{}
	state, _, err := machine.Start(context.Background(), flow, env, epoch)
	if err != nil {
		b.Fatal(err)
	}
	input := run.Input{Node: "credentials", Button: "continue", Values: map[string]string{"username": "ada", "password": "wrong"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, effect, _ := machine.Step(context.Background(), flow, state, input, env, epoch); effect == nil {
			b.Fatal("no effect")
		}
	}
}
