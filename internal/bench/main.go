package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == roleVigil {
		exitOn(serveVigil(os.Stdout, os.Stdin))
		return
	}
	if len(os.Args) == 2 && os.Args[1] == roleFloor {
		exitOn(serveFloor(os.Stdout, os.Stdin))
		return
	}
	only := ""
	if len(os.Args) == 2 {
		only = os.Args[1]
	}
	exitOn(measure(only))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

const (
	connections = 8
	rounds      = 3
	roundFor    = 1500 * time.Millisecond
)

// measure runs every kind of work whose name begins with only against both servers and prints one table.
func measure(only string) error {
	vigil, err := start(roleVigil)
	if err != nil {
		return err
	}
	defer vigil.stop()
	floor, err := start(roleFloor)
	if err != nil {
		return err
	}
	defer floor.stop()
	fmt.Printf("%-22s %34s %34s %8s %8s\n", "", "vigil", "bare Echo floor", "", "")
	fmt.Printf("%-22s %8s %7s %7s %9s %8s %7s %7s %9s %8s %8s\n", "work",
		"req/s", "p50 ms", "p99 ms", "CPU s/1k", "req/s", "p50 ms", "p99 ms", "CPU s/1k", "times", "target")
	for _, w := range works() {
		if !strings.HasPrefix(w.name, only) {
			continue
		}
		mine, bare := &tally{}, &tally{}
		for range rounds {
			if err := w.round(vigil, w.vigil, mine); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			if err := w.round(floor, w.floor, bare); err != nil {
				return fmt.Errorf("floor of %s: %w", w.name, err)
			}
		}
		fmt.Printf("%-22s %s %s %8.2f %8s\n", w.name, mine, bare, mine.cpuEach()/bare.cpuEach(), w.target)
	}
	fmt.Printf("peak memory: vigil %d MB, floor %d MB\n", vigil.status("VmHWM:"), floor.status("VmHWM:"))
	if strings.HasPrefix("engine", only) {
		if err := alone(); err != nil {
			return err
		}
	}
	if strings.HasPrefix("runs", only) {
		return crowd(vigil)
	}
	return nil
}
