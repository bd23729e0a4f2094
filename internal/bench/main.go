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

// row measures one kind of work in alternate rounds, and prints it.
func (w work) row(vigil, floor, peer *child) error {
	mine, bare, other := &tally{}, &tally{}, &tally{}
	for range rounds {
		if err := w.round(vigil, w.vigil, mine); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		if err := w.round(floor, w.floor, bare); err != nil {
			return fmt.Errorf("floor of %s: %w", w.name, err)
		}
		if peer == nil || w.peer.unit == nil {
			continue
		}
		if err := w.round(peer, w.peer, other); err != nil {
			return fmt.Errorf("peer of %s: %w", w.name, err)
		}
	}
	fmt.Printf("%-22s %s %s %8.2f %8s", w.name, mine, bare, mine.cpuEach()/bare.cpuEach(), w.target)
	if other.took > 0 {
		fmt.Printf(" %s %8.2f", other, other.cpuEach()/mine.cpuEach())
	}
	fmt.Println()
	return nil
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

// measure runs every kind of work whose name begins with only against all servers and prints one table.
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
	peer, err := startPeer()
	if err != nil {
		return err
	}
	if peer != nil {
		defer peer.stop()
	}
	fmt.Printf("%-22s %34s %34s %8s %8s %34s %8s\n", "", "vigil", "bare Echo floor", "", "", "node-oidc-provider, in memory", "")
	columns := fmt.Sprintf("%8s %7s %7s %9s", "req/s", "p50 ms", "p99 ms", "CPU s/1k")
	fmt.Printf("%-22s %s %s %8s %8s %s %8s\n", "work", columns, columns, "times", "target", columns, "of ours")
	for _, w := range works() {
		if !strings.HasPrefix(w.name, only) {
			continue
		}
		if err := w.row(vigil, floor, peer); err != nil {
			return err
		}
	}
	fmt.Println("A code exchange is answered once what it wrote is safe on the disk, a step of a flow once the end of the process cannot undo it. The bare floor writes nothing; that of \"flow step, kept\" keeps its answer as a step is kept.")
	fmt.Printf("peak memory: vigil %d MB, floor %d MB", vigil.status("VmHWM:"), floor.status("VmHWM:"))
	if peer != nil {
		fmt.Printf(", node-oidc-provider %d MB. Its access tokens are opaque, so it signs once where vigil signs twice; it writes nothing to a disk", peer.status("VmHWM:"))
	}
	fmt.Println()
	if strings.HasPrefix("engine", only) {
		if err := alone(); err != nil {
			return err
		}
	}
	if strings.HasPrefix("runs", only) {
		return crowd()
	}
	return nil
}
