package main

import (
	"context"
	"fmt"
	"time"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	enginerun "vigil/engine/run"
	"vigil/flows"
)

// alone measures one answer to the shipped sign-on page in the engine alone: its form read, a password checked by a directory that costs nothing
// and says no, and the page shown again.
func alone() error {
	const steps, target = 100_000, 5 * time.Microsecond
	library, _ := engine.Load(flows.Files, connector.NewRegistry(builtin.All(builtin.Ports{Directory: nobody{}})...))
	flow := library.Flow("sign-on")
	if flow == nil {
		return fmt.Errorf("the shipped flow sign-on has mistakes")
	}
	ctx, now, machine := context.Background(), time.Now(), &enginerun.Machine{}
	state, _, err := machine.Start(ctx, flow, enginerun.Environment{}, now)
	if err != nil {
		return err
	}
	input := enginerun.Input{Node: "credentials", Button: "signOn", Values: map[string]string{"username": "ada", "password": "wrong"}}
	best := time.Hour
	for range rounds {
		began := time.Now()
		for range steps {
			if _, _, err := machine.Step(ctx, flow, state, input, enginerun.Environment{}, now); err != nil {
				return err
			}
		}
		best = min(best, time.Since(began)/steps)
	}
	fmt.Printf("flow step in the engine alone: %v (target %v)\n", best, target)
	return nil
}

// nobody is a directory in which every password is wrong.
type nobody struct{}

// Find implements builtin.Directory.
func (nobody) Find(context.Context, string, string) (*connector.AccountValue, error) { return nil, nil }

// CheckPassword implements builtin.Directory.
func (nobody) CheckPassword(context.Context, builtin.PasswordCheck) (builtin.PasswordResult, error) {
	return builtin.PasswordResult{Answer: builtin.PasswordWrong}, nil
}
