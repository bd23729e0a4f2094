package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	engine "vigil/engine/run"
	"vigil/engine/trace"
)

type flowTrace struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration whose settings and secrets flows may read. Left out: vigil.yaml in the folder above, if it names theirs."`
	File   string `arg:"" name:"trace" help:"What vigil flow run --trace wrote."`
	Replay string `placeholder:"FLOW" help:"Walk this flow by the events, and name the first step that goes otherwise."`
	Test   string `placeholder:"FLOW" help:"Write the run down as a test of this flow."`
	Name   string `default:"as it was" help:"With --test: what the case is called."`

	Durations bool `help:"Show how long each capability worked."`

	Fork   string            `placeholder:"FLOW" help:"Answer a page of the run otherwise, and write the trace of what comes of it."`
	At     int               `placeholder:"N" help:"With --fork: the number of the event that shows the page."`
	Press  string            `placeholder:"BUTTON" help:"With --fork: the button. Left out: as it was."`
	Enter  map[string]string `placeholder:"FIELD=TEXT" help:"With --fork: what is typed. Fields left out: as it was."`
	Answer map[string]string `placeholder:"NODE=OUTCOME" help:"With --fork: what a capability answers from then on. Left out: what it answered later in the run."`
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
	if len(events) == 0 {
		fmt.Fprintf(w.err, "vigil: %s holds no events\n", c.File)
		return exit(exitFailed)
	}
	switch {
	case c.Fork != "":
		return c.fork(w, events)
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
		took := ""
		if c.Durations && e.Took > 0 {
			took = "  " + e.Took.Round(time.Microsecond).String()
		}
		fmt.Fprintf(w.out, "%4d  %s  %s%s\n", e.Number, e.At.Format("15:04:05"), e, took)
	}
	return nil
}

// fork writes the trace of a run in which a page was answered otherwise.
func (c *flowTrace) fork(w *world, events []trace.Event) error {
	flow, err := w.loadFlow(c.Fork, c.Config)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	err = trace.Fork{At: c.At, Press: c.Press, Enter: c.Enter, Outcomes: c.Answer}.Write(flow, events, &out)
	var unanswered *trace.UnansweredError
	switch {
	case errors.As(err, &unanswered):
		return fmt.Errorf("%w: add --answer %s=OUTCOME", err, unanswered.Node)
	case err != nil:
		return err
	}
	_, err = w.out.Write(out.Bytes())
	return err
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
