package main

import (
	"fmt"
	"slices"
	"time"
)

// tally gathers the rounds of one kind of work against one server.
type tally struct {
	latencies []time.Duration
	took      time.Duration
	cpu       time.Duration
}

// cpuEach is CPU of the server per unit of work.
func (t *tally) cpuEach() float64 {
	return t.cpu.Seconds() / float64(max(len(t.latencies), 1))
}

// String is one row: requests/s, p50 and p99 in ms, CPU seconds per 1,000.
func (t *tally) String() string {
	slices.Sort(t.latencies)
	at := func(part float64) float64 {
		if len(t.latencies) == 0 {
			return 0
		}
		return float64(t.latencies[int(part*float64(len(t.latencies)-1))].Microseconds()) / 1000
	}
	return fmt.Sprintf("%8.0f %7.2f %7.2f %9.4f", float64(len(t.latencies))/t.took.Seconds(), at(0.5), at(0.99), 1000*t.cpuEach())
}
