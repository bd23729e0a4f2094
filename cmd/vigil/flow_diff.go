package main

import (
	"fmt"

	"vigil/engine/difference"
)

type flowDiff struct {
	Was string `arg:"" name:"was" help:"A flow file."`
	Now string `arg:"" name:"now" help:"Another version of it."`
}

// Run tells what a flow does otherwise than before. Exit code 1 says that there is a difference.
func (c *flowDiff) Run(w *world) error {
	was, err := w.readFlow(c.Was)
	if err != nil {
		return err
	}
	now, err := w.readFlow(c.Now)
	if err != nil {
		return err
	}
	d := difference.Between(was, now)
	fmt.Fprint(w.out, d)
	if d.None() {
		return nil
	}
	return exit(exitFailed)
}
