package server

import (
	"os"
	"runtime/debug"
)

// collectorPercent lets the heap grow to five times what lives in it. Requests leave much short-lived garbage beside a small heap:
// this takes about a fifth off the CPU of a silent check for a dozen megabytes.
const collectorPercent = 400

// EaseCollector lets a process that serves collect garbage less often. GOGC in the environment wins.
func EaseCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
}
