package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	engine "vigil/engine/run"
	"vigil/engine/trace"
	"vigil/internal/admin"
	"vigil/internal/config"
)

// kept stands where a flow file would: the flow as it was when the run was recorded.
const kept = "kept"

type flowTrace struct {
	Config      string `short:"c" placeholder:"FILE" help:"The configuration whose settings and secrets flows may read. Left out: vigil.yaml in the folder above, if it names theirs; with --run vigil.yaml."`
	Environment string `short:"e" placeholder:"ID" help:"With --run: the environment. Needed if the configuration has several."`
	File        string `arg:"" optional:"" name:"trace" help:"What vigil flow run --trace wrote, or vigil flow trace --json."`
	Recording   string `name:"run" placeholder:"ID" help:"A recording of a server instead, see vigil flow recordings. Where a FLOW is asked for, kept is the flow as it was then."`
	JSON        bool   `help:"Write the events as they are kept, one JSON object a line."`
	Values      bool   `help:"Show what belongs to each event: what was typed, answered and proved."`
	Replay      string `placeholder:"FLOW" help:"Walk this flow by the events, and name the first step that goes otherwise."`
	Walk        string `placeholder:"FLOW" help:"Go through the run page by page, forwards and back."`
	Test        string `placeholder:"FLOW" help:"Write the run down as a test of this flow."`
	Name        string `default:"as it was" help:"With --test: what the case is called."`

	Durations bool `help:"Show how long each capability worked."`

	Fork   string            `placeholder:"FLOW" help:"Answer a page of the run otherwise, and write the trace of what comes of it."`
	At     int               `placeholder:"N" help:"With --fork: the number of the event that shows the page. With --walk: where to begin."`
	Press  string            `placeholder:"BUTTON" help:"With --fork: the button. Left out: as it was."`
	Enter  map[string]string `placeholder:"FIELD=TEXT" help:"With --fork: what is typed. Fields left out: as it was."`
	Answer map[string]string `placeholder:"NODE=OUTCOME" help:"With --fork: what a capability answers from then on. Left out: what it answered later in the run."`
}

// traced is a run with what is around it.
type traced struct {
	events  []trace.Event
	around  engine.Environment // settings, and placeholders of secrets
	behind  [][]trace.Event    // the runs that its links opened
	config  *config.Config     // of a recording
	sources []byte             // of a recording: the flow as it was. Nil: there are none
}

// Run shows a trace, replays it, walks through it, forks it, or makes a test of it.
func (c *flowTrace) Run(w *world) error {
	run, err := c.read(w)
	switch {
	case err != nil:
		return err
	case len(run.events) == 0:
		fmt.Fprintf(w.err, "vigil: %s holds no events\n", c.File+c.Recording)
		return exit(exitFailed)
	}
	switch {
	case c.Fork != "":
		return c.fork(w, run)
	case c.Replay != "":
		return c.replay(w, run)
	case c.Walk != "":
		flow, err := c.flow(w, c.Walk, run)
		if err != nil {
			return err
		}
		return (&stroll{world: w, flow: flow, traced: run}).walk(c.At)
	case c.Test != "":
		flow, err := c.flow(w, c.Test, run)
		if err != nil {
			return err
		}
		text, err := trace.Case(flow, c.Name, run.events, run.behind...)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w.out, text)
		return err
	case c.JSON:
		return trace.Write(w.out, run.events)
	}
	seen := map[string]int{}
	for _, e := range run.events {
		fmt.Fprintln(w.out, c.line(e))
		if c.Values {
			details(w.out, e, seen)
		}
	}
	return nil
}

// line is an event as it is shown.
func (c *flowTrace) line(e trace.Event) string {
	took := ""
	if c.Durations && e.Took > 0 {
		took = "  " + e.Took.Round(time.Microsecond).String()
	}
	return shown(e) + took
}

func shown(e trace.Event) string {
	return fmt.Sprintf("%4d  %s  %s", e.Number, e.At.Format("15:04:05"), e)
}

func details(to io.Writer, e trace.Event, seen map[string]int) {
	for _, said := range e.Details(seen) {
		fmt.Fprintf(to, "                  %s\n", said)
	}
}

// read reads the trace that is named: a file, or a recording.
func (c *flowTrace) read(w *world) (traced, error) {
	switch {
	case (c.File == "") == (c.Recording == ""):
		fmt.Fprintln(w.err, "vigil: name a file, or a recording with --run")
		return traced{}, exit(exitMisused)
	case c.Recording != "":
		return c.recorded(w)
	}
	file, err := os.Open(c.File)
	if err != nil {
		fmt.Fprintf(w.err, "vigil: %v\n", err)
		return traced{}, exit(exitMisused)
	}
	defer func() { _ = file.Close() }()
	events, err := trace.Read(file)
	if err != nil {
		return traced{}, fmt.Errorf("%s: %w", c.File, err)
	}
	return traced{events: events}, nil
}

// recorded reads a recording, through the process that holds the database if there is one.
func (c *flowTrace) recorded(w *world) (run traced, err error) {
	if c.Config == "" {
		c.Config = "vigil.yaml"
	}
	p := &place{Config: c.Config, Environment: c.Environment}
	err = with(w, p, false, func(o admin.Operations) error {
		whole, err := o.Recorded(w, admin.RecordingName{Environment: p.Environment, ID: c.Recording, By: operator()})
		if err != nil {
			return err
		}
		run.sources = whole.Sources
		if run.events, err = trace.Read(strings.NewReader(whole.Trace)); err != nil || c.Test == "" {
			return err
		}
		run.behind, err = behind(w, o, p, c.Recording)
		return err
	})
	if err != nil {
		return run, err
	}
	if run.config, err = w.loadForOperators(c.Config); err != nil {
		return run, err
	}
	for i := range run.config.Environments {
		e := &run.config.Environments[i]
		if e.ID != p.Environment {
			continue
		}
		run.around.Settings, run.around.Secrets = e.Settings, map[string]connector.SecretValue{}
		for name := range maps.Keys(e.Secrets) {
			run.around.Secrets[name] = connector.NewSecret("a secret")
		}
	}
	return run, nil
}

// behind reads the recordings of the runs that the links of one opened, in their order.
func behind(w *world, o admin.Operations, p *place, first string) (all [][]trace.Event, err error) {
	list, err := o.Recordings(w, admin.Environment{Environment: p.Environment})
	if err != nil {
		return nil, err
	}
	for _, r := range slices.Backward(list.Recordings) {
		if r.First != first {
			continue
		}
		whole, err := o.Recorded(w, admin.RecordingName{Environment: p.Environment, ID: r.ID, By: operator()})
		if err != nil {
			return nil, err
		}
		events, err := trace.Read(strings.NewReader(whole.Trace))
		if err != nil {
			return nil, err
		}
		all = append(all, events)
	}
	return all, nil
}

// flow is the flow of a file, or the one that is kept with a recording.
func (c *flowTrace) flow(w *world, name string, run traced) (*graph.Flow, error) {
	if name != kept {
		return w.loadFlow(name, c.Config)
	}
	if len(run.sources) == 0 {
		return nil, errors.New("no flow is kept with this trace: name a flow file")
	}
	return keptFlow(run)
}

// fork writes the trace of a run in which a page was answered otherwise.
func (c *flowTrace) fork(w *world, run traced) error {
	flow, err := c.flow(w, c.Fork, run)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	err = trace.Fork{At: c.At, Press: c.Press, Enter: c.Enter, Outcomes: c.Answer, Env: run.around}.Write(flow, run.events, &out)
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

func (c *flowTrace) replay(w *world, run traced) error {
	flow, err := c.flow(w, c.Replay, run)
	if err != nil {
		return err
	}
	difference, err := trace.Replay(flow, run.events, run.around)
	switch {
	case err != nil:
		return err
	case difference != nil:
		fmt.Fprintln(w.out, difference)
		return exit(exitFailed)
	}
	fmt.Fprintf(w.out, "%s: it goes as it went\n", count(len(run.events), "event"))
	return nil
}
