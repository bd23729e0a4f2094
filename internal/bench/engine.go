package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	enginerun "vigil/engine/run"
	"vigil/flows"
	"vigil/internal/server"
)

// alone measures one answer to the shipped sign-on page in the engine alone: its form read, a password checked by a directory that costs nothing
// and says no, and the page shown again. It is CPU time, the collector's among it, of the best of many short rounds: on a shared machine the clock on
// the wall tells of the neighbours.
func alone() error {
	const rounds, steps, target = 100, 2_000, 5 * time.Microsecond
	server.EaseCollector()
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
		began, err := spent()
		if err != nil {
			return err
		}
		for range steps {
			if _, _, err := machine.Step(ctx, flow, state, input, enginerun.Environment{}, now); err != nil {
				return err
			}
		}
		ended, err := spent()
		if err != nil {
			return err
		}
		best = min(best, (ended-began)/steps)
	}
	fmt.Printf("flow step in the engine alone: %v of CPU (target %v)\n", best, target)
	return nil
}

// spent is the CPU time of this process so far.
func spent() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// nobody is a directory in which every password is wrong.
type nobody struct{}

// Find implements builtin.Directory.
func (nobody) Find(context.Context, string, string) (*connector.AccountValue, error) { return nil, nil }

// CheckPassword implements builtin.Directory.
func (nobody) CheckPassword(context.Context, builtin.PasswordCheck) (builtin.PasswordResult, error) {
	return builtin.PasswordResult{Answer: builtin.PasswordWrong}, nil
}
