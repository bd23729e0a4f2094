package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil/engine/diag"
	"vigil/engine/flowtest"
	"vigil/internal/rehearsal"
)

type flowTest struct {
	Config          string   `short:"c" placeholder:"FILE" help:"The configuration whose settings and secrets flows may read. Left out: vigil.yaml in the folder above, if it names theirs."`
	Files           []string `arg:"" optional:"" name:"file" help:"Flow files, their tests, or folders. Left out: this folder."`
	RequireCoverage bool     `help:"Fail when an edge is left that no case passes."`
	JUnit           string   `name:"junit" placeholder:"FILE" help:"Write the results for build servers."`
	Watch           bool     `help:"Go on, and run again whenever a file changes."`
	Quiet           bool     `short:"q" help:"Name failures alone."`
	Browser         bool     `help:"Play the cases in a real browser before a real server too, and hold both against each other. It needs Chromium or Chrome."`

	house *rehearsal.House // nil: cases are played here alone
}

// Run plays the cases of the files' tests.
func (c *flowTest) Run(w *world) error {
	if len(c.Files) == 0 {
		c.Files = []string{"."}
	}
	if _, err := flowFiles(c.Files); err != nil {
		fmt.Fprintf(w.err, "vigil: %v\n", err)
		return exit(exitMisused)
	}
	if c.Browser {
		house, err := rehearsal.Open(w)
		if err != nil {
			fmt.Fprintf(w.err, "vigil: %v\n", err)
			return exit(exitMisused)
		}
		defer house.Close()
		c.house = house
	}
	if c.Watch {
		return c.watch(w)
	}
	return c.once(w)
}

// watch runs the tests, and again after every change, until it is interrupted.
func (c *flowTest) watch(w *world) error {
	var last string
	for {
		if now := c.stamp(); now != last {
			last = now
			var said exit
			if err := c.once(w); err != nil && !errors.As(err, &said) {
				return err
			}
			fmt.Fprintln(w.out, "waiting for a change; Ctrl+C ends this")
		}
		select {
		case <-w.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// stamp changes when a YAML file in one of the folders does.
func (c *flowTest) stamp() string {
	var b strings.Builder
	for _, arg := range c.Files {
		folder := arg
		if info, err := os.Stat(arg); err != nil || !info.IsDir() {
			folder = filepath.Dir(arg)
		}
		b.WriteString(stampOf(folder))
	}
	return b.String()
}

func (c *flowTest) once(w *world) error {
	files, err := flowFiles(c.Files)
	var flows []loaded
	if err == nil {
		err = onlyFlows(files)
	}
	if err == nil {
		flows, err = loadFlows(files, c.Config)
	}
	if err != nil {
		fmt.Fprintf(w.err, "vigil: %v\n", err)
		return exit(exitMisused)
	}
	var out bytes.Buffer
	var reports []flowtest.Report
	failed := false
	for _, one := range flows {
		report, ok, err := c.test(&out, one)
		if err != nil {
			return err
		}
		if wrong := errorsOf(one.locales); len(wrong) > 0 {
			failed = true
			report.Diagnostics = append(report.Diagnostics, wrong...)
			if err := diag.WriteText(&out, wrong, fileSource); err != nil {
				return err
			}
		}
		failed = failed || !ok
		reports = append(reports, report)
		if _, err := out.WriteTo(w.out); err != nil { // flow by flow: browsers take their time
			return err
		}
	}
	for _, file := range flowless(c.Files) {
		failed = true
		fmt.Fprintf(&out, "%s: not played: there is no flow %s.yaml beside it\n", file, strings.TrimSuffix(file, testEnding))
	}
	c.sum(&out, reports)
	if _, err := out.WriteTo(w.out); err != nil {
		return err
	}
	if c.JUnit != "" {
		if err := writeFile(c.JUnit, func(to io.Writer) error { return flowtest.WriteJUnit(to, reports) }); err != nil {
			return err
		}
	}
	if failed {
		return exit(exitFailed)
	}
	return nil
}

// errorsOf leaves warnings out.
func errorsOf(found []diag.Diagnostic) []diag.Diagnostic {
	return slices.DeleteFunc(slices.Clone(found), func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
}

// test plays the tests of one flow and says how they went.
func (c *flowTest) test(out io.Writer, one loaded) (report flowtest.Report, ok bool, err error) {
	name := strings.TrimSuffix(filepath.Base(one.file), ".yaml")
	if one.flow == nil {
		fmt.Fprintf(out, "%s: not tested, since it is not sound\n", name)
		return flowtest.Report{Flow: name, Diagnostics: one.found}, false, diag.WriteText(out, one.found, fileSource)
	}
	file := strings.TrimSuffix(one.file, ".yaml") + testEnding
	source, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(out, "%s: no tests: there is no %s\n", name, file)
		return flowtest.Report{Flow: name}, !c.RequireCoverage, nil
	case err != nil:
		return report, false, err
	}
	if c.house != nil {
		report = c.house.Run(one.flow, file, source)
	} else {
		report = flowtest.Run(one.flow, file, source)
	}
	c.tell(out, name, report)
	if (!c.Quiet || c.RequireCoverage) && len(report.Diagnostics) == 0 {
		for _, edge := range report.Unpassed {
			fmt.Fprintf(out, "  %s:%d:%d: no case passes %s\n", filepath.Join(filepath.Dir(one.file), edge.Range.File), edge.Range.Start.Line, edge.Range.Start.Column, edge)
		}
	}
	ok = report.OK() && !(c.RequireCoverage && len(report.Unpassed) > 0)
	return report, ok, diag.WriteText(out, report.Failures(), fileSource)
}

// tell says how the cases of one flow went.
func (c *flowTest) tell(out io.Writer, name string, report flowtest.Report) {
	if len(report.Diagnostics) == 0 {
		fmt.Fprintf(out, "%s: %s, %d of %s, %d of %s%s\n", name, count(len(report.Cases), "case"),
			report.Edges-len(report.Unpassed), count(report.Edges, "edge"), report.Nodes-len(report.Unentered), count(report.Nodes, "node"), c.browsed(report))
	}
	for _, k := range report.Cases {
		switch {
		case k.Failed != nil:
			fmt.Fprintf(out, "  FAILED  %s\n", k.Name)
		case c.Quiet:
		case k.LeftOut != "":
			fmt.Fprintf(out, "  holds   %s (not in the browser: %s)\n", k.Name, k.LeftOut)
		default:
			fmt.Fprintf(out, "  holds   %s\n", k.Name)
		}
	}
}

// sum says of several flows how they went together.
func (c *flowTest) sum(out io.Writer, reports []flowtest.Report) {
	cases, failures, edges, left := 0, 0, 0, 0
	for _, r := range reports {
		cases, failures = cases+len(r.Cases), failures+len(r.Failures())
		edges, left = edges+r.Edges, left+len(r.Unpassed)
	}
	if len(reports) > 1 {
		fmt.Fprintf(out, "%s: %s, %s, %d of %s%s\n", count(len(reports), "flow"), count(cases, "case"), count(failures, "failure"), edges-left, count(edges, "edge"), c.browsed(reports...))
	}
}

// browsed counts the cases that were played in the browser too. Empty: none was to be.
func (c *flowTest) browsed(reports ...flowtest.Report) string {
	if c.house == nil {
		return ""
	}
	cases, left := 0, 0
	for _, r := range reports {
		cases += len(r.Cases)
		for _, k := range r.Cases {
			if k.LeftOut != "" {
				left++
			}
		}
	}
	return fmt.Sprintf(", %d of %s in the browser too", cases-left, count(cases, "case"))
}

// writeFile writes a file whole, or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644) //nolint:gosec // drawings and reports are for others to read, as a shell would write them
}
