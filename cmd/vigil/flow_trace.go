package main

import (
	"fmt"
	"io"
	"os"

	engine "vigil/engine/run"
	"vigil/engine/trace"
)

type flowTrace struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration whose settings and secrets flows may read. Left out: vigil.yaml in the folder above, if it names theirs."`
	File   string `arg:"" name:"trace" help:"What vigil flow run --trace wrote."`
	Replay string `placeholder:"FLOW" help:"Walk this flow by the events, and name the first step that goes otherwise."`
	Test   string `placeholder:"FLOW" help:"Write the run down as a test of this flow."`
	Name   string `default:"as it was" help:"With --test: what the case is called."`
}

// Run shows a trace, replays it, or makes a test of it.
func (c *flowTrace) Run(w *world) error {
	file, err := os.Open(c.File)
	if err != nil {
		fmt.Fprintf(w.err, "vigil: %v\n", err)
		return exit(exitMisused)
	}
	defer func() { _ = file.Close() }()
	events, err := trace.Read(file)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	switch {
	case c.Replay != "":
		return c.replay(w, events)
	case c.Test != "":
		flow, err := w.loadFlow(c.Test, c.Config)
		if err != nil {
			return err
		}
		text, err := trace.Case(flow, c.Name, events)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w.out, text)
		return err
	}
	for _, e := range events {
		fmt.Fprintf(w.out, "%4d  %s  %s\n", e.Number, e.At.Format("15:04:05"), e)
	}
	return nil
}

func (c *flowTrace) replay(w *world, events []trace.Event) error {
	flow, err := w.loadFlow(c.Replay, c.Config)
	if err != nil {
		return err
	}
	difference, err := trace.Replay(flow, events, engine.Environment{})
	switch {
	case err != nil:
		return err
	case difference != nil:
		fmt.Fprintln(w.out, difference)
		return exit(exitFailed)
	}
	fmt.Fprintf(w.out, "%s: it goes as it went\n", count(len(events), "event"))
	return nil
}
