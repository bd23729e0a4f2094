package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/flowtest"
	"vigil/engine/graph"
	engine "vigil/engine/run"
	"vigil/engine/trace"
)

type flowRun struct {
	Config    string   `short:"c" placeholder:"FILE" help:"The configuration whose settings and secrets flows may read. Left out: vigil.yaml in the folder above, if it names theirs."`
	File      string   `arg:"" name:"file" help:"A flow file."`
	Tests     string   `placeholder:"FILE" help:"A test file whose users, settings and cases are there. Left out: the one beside the flow, if there is one."`
	Case      string   `placeholder:"NAME" help:"Begin as this case of the test file does: its session, request and answers."`
	User      []string `placeholder:"NAME:PASSWORD" help:"Somebody who can sign on."`
	Client    string   `placeholder:"ID" help:"The application that asks."`
	LoginHint string   `placeholder:"NAME" help:"Whom the application expects."`
	Acr       []string `placeholder:"VALUE" help:"What the application asks for in acr_values."`
	Trace     string   `placeholder:"FILE" help:"Write what happens, one event a line. Secrets are not in it."`
}

// Run plays the flow in the terminal: it shows pages, asks for what their fields ask, and tells every way that is taken.
func (c *flowRun) Run(w *world) error {
	flow, err := w.loadFlow(c.File, c.Config)
	if err != nil {
		return err
	}
	stage, err := c.stage(w, flow)
	if err != nil {
		return err
	}
	var events bytes.Buffer
	t := &terminal{world: w, stage: stage, lines: bufio.NewScanner(w.in), recorder: trace.NewRecorder(&events, stage.Now)}
	stage.Listen(flowtest.Listener{Passed: t.passed, Asked: t.asked, Polled: t.recorder.Polled})
	t.recorder.Watch, t.recorder.Key = time.Now, []byte(rand.Text()) // a key that nobody keeps
	t.recorder.Started(flow, stage.Environment())
	err = t.play()
	if c.Trace != "" {
		err = errors.Join(err, t.recorder.Err, writeFile(c.Trace, func(to io.Writer) error { _, err := to.Write(events.Bytes()); return err }))
	}
	return err
}

// stage sets people and requests around the flow.
func (c *flowRun) stage(w *world, flow *graph.Flow) (*flowtest.Stage, error) {
	file := c.Tests
	if file == "" {
		file = strings.TrimSuffix(filepath.Clean(c.File), ".yaml") + testEnding
		if _, err := os.Stat(file); err != nil {
			if c.Case != "" {
				return nil, err
			}
			file = ""
		}
	}
	var source []byte
	if file != "" {
		var err error
		if source, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	stage, found := flowtest.Open(flow, file, source, c.Case)
	if stage == nil {
		if err := diag.WriteText(w.err, found, fileSource); err != nil {
			return nil, err
		}
		return nil, exit(exitFailed)
	}
	cfg, err := configured(c.Config, filepath.Dir(c.File))
	if err != nil {
		return nil, err
	}
	if cfg != nil {
		for i := range cfg.Environments {
			stage.Surround(cfg.Environments[i].Settings, cfg.Environments[i].Secrets)
		}
	}
	for _, user := range c.User {
		name, password, _ := strings.Cut(user, ":")
		stage.AddUser(name, password)
	}
	stage.Request(func(r *connector.Request) {
		if c.Client != "" {
			r.ClientID = c.Client
		}
		if c.LoginHint != "" {
			r.LoginHint = c.LoginHint
		}
		r.ACRValues = append(r.ACRValues, c.Acr...)
	})
	return stage, nil
}

// terminal is a run before a person at a keyboard.
type terminal struct {
	*world
	stage    *flowtest.Stage
	lines    *bufio.Scanner
	recorder *trace.Recorder
	letters  int // told so far
}

var (
	errLeft = errors.New("nobody answers any more")
	errQuit = errors.New("no more of this")
	errBack = errors.New("one answer back")
	errOpen = errors.New("open the link")
	errLook = errors.New("look again")
)

// asked and passed write down what happens here; what another device does is told, and not in the trace.
func (t *terminal) asked(call connector.Call, result connector.Result, err error) {
	if !t.stage.Away() {
		t.recorder.Asked(call, result, err)
	}
}

func (t *terminal) passed(p engine.Passage) {
	if !t.stage.Away() {
		t.recorder.Passed(p)
	}
	to := p.To
	if to == "" {
		to = "the end"
	}
	why := ""
	if p.Err != nil {
		why = fmt.Sprintf("  (%v)", p.Err)
	}
	fmt.Fprintf(t.out, "  · %s -%s-> %s%s\n", p.Node, p.Outcome, to, why)
}

func (t *terminal) play() error {
	fmt.Fprintln(t.out, "Beside answers you can type :back, :wait 10m and :quit, and = totp for the code of an authenticator app.")
	if err := t.stage.Start(); err != nil {
		return err
	}
	for {
		t.tellLetters()
		if !t.stage.Away() {
			t.recorder.Came(t.stage.Effect())
		}
		page, waits := t.stage.Effect().(engine.Page)
		switch {
		case waits:
			if err := t.turn(page); err != nil {
				return err
			}
		case t.stage.Away():
			name, _ := t.stage.Ended()
			fmt.Fprintf(t.out, "\nthe other device ends in %s\n", name)
			if err := t.stage.Return(); err != nil {
				return err
			}
		default:
			t.tellEnd()
			return nil
		}
	}
}

// turn lets the person act on a page.
func (t *terminal) turn(page engine.Page) error {
	input, err := t.ask(page)
	switch {
	case errors.Is(err, errBack):
		if t.stage.Back() {
			t.recorder.Back()
		}
		return nil
	case errors.Is(err, errLook):
		return t.stage.Poll()
	case errors.Is(err, errOpen):
		if err := t.stage.Open(t.stage.Link()); err != nil {
			fmt.Fprintf(t.out, "That cannot be: %v.\n", err)
		} else {
			fmt.Fprintln(t.out, "\non the other device:")
		}
		return nil
	case errors.Is(err, errQuit):
		return exit(exitFailed)
	case errors.Is(err, errLeft):
		fmt.Fprintln(t.out)
		return fmt.Errorf("the input ended, and the run still waits at %q", page.Node)
	case err != nil:
		return err
	}
	if !t.stage.Away() {
		t.recorder.Answered(page, input)
	}
	for name, text := range input.Values {
		code, known, err := t.stage.AppCode(text)
		if err != nil {
			fmt.Fprintf(t.out, "That cannot be: %v.\n", err)
			return nil
		}
		if known {
			input.Values[name] = code
		}
	}
	return t.stage.Answer(input)
}

// tellLetters shows the e-mails that came since it was last asked.
func (t *terminal) tellLetters() {
	letters := t.stage.Letters()
	for i := min(t.letters, len(letters)); i < len(letters); i++ {
		fmt.Fprintf(t.out, "\n  e-mail to %s: %s\n", letters[i].To, letters[i].Subject)
		for line := range strings.Lines(letters[i].Text) {
			fmt.Fprintf(t.out, "  | %s\n", strings.TrimRight(line, "\n"))
		}
	}
	t.letters = len(letters)
}

// tellEnd says how the run ended.
func (t *terminal) tellEnd() {
	if name, output := t.stage.Ended(); name != "" {
		fmt.Fprintf(t.out, "\nthe part ends in %s %v\n", name, output)
		return
	}
	switch e := t.stage.Effect().(type) {
	case engine.Success:
		methods := make([]string, len(e.Methods))
		for i := range e.Methods {
			methods[i] = e.Methods[i].Method
		}
		fmt.Fprintf(t.out, "\nsuccess: %s, proved by %s, idle timeout %s\n", e.User.Username, strings.Join(methods, " and "), connector.FormatDuration(e.IdleTimeout))
	case engine.Failure:
		fmt.Fprintf(t.out, "\n%s\n", strings.TrimSpace("error: "+e.Code+" "+e.Description))
	}
}
