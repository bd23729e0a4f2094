package main

import (
	"fmt"
	"slices"

	"vigil/engine/diag"
)

type flowCommands struct {
	Lint       flowLint       `cmd:"" help:"Name every mistake in flow files."`
	Test       flowTest       `cmd:"" help:"Play the tests beside flow files."`
	Graph      flowGraph      `cmd:"" help:"Draw a flow."`
	Fmt        flowFmt        `cmd:"" help:"Bring flow files into one form."`
	Status     flowStatus     `cmd:"" help:"Tell how the flows do that a server serves: runs, success, where people leave, shares of policies."`
	Record     flowRecord     `cmd:"" help:"Let a server write down what runs of a flow do, for a while."`
	Recordings flowRecordings `cmd:"" help:"List the runs that were written down."`
	Restore    flowRestore    `cmd:"" help:"Let a flow be chosen again that was taken back from a policy."`
	Schema     flowSchema     `cmd:"" help:"Write the JSON Schema by which editors complete and check flow files."`
	Run        flowRun        `cmd:"" help:"Play a flow in the terminal."`
	Trace      flowTrace      `cmd:"" help:"Show what a run did, replay it, or make a test of it."`
	Diff       flowDiff       `cmd:"" help:"Tell what two versions of a flow do otherwise."`
}

type flowLint struct {
	Config string   `short:"c" placeholder:"FILE" help:"The configuration whose settings and secrets flows may read. Left out: vigil.yaml in the folder above, if it names theirs."`
	Files  []string `arg:"" name:"file" help:"Flow files, files of locales, or folders. Parts that they call are looked for beside them."`
	Format string   `enum:"text,json,sarif" default:"text" help:"text with source lines, json, or sarif for code hosts."`
	Strict bool     `help:"Leave exit code 2 for warnings."`
}

// Run judges the files as they would be served: together with the parts in their folder.
func (c *flowLint) Run(w *world) error {
	found, err := c.lint()
	if err != nil {
		fmt.Fprintf(w.err, "vigil: %v\n", err)
		return exit(exitMisused)
	}
	if err := c.write(w, found); err != nil {
		return err
	}
	switch {
	case diag.HasErrors(found):
		return exit(exitFailed)
	case len(found) > 0 && c.Strict:
		return exit(exitWarned)
	}
	return nil
}

// lint keeps what is said of the files that were named.
func (c *flowLint) lint() ([]diag.Diagnostic, error) {
	files, err := flowFiles(c.Files)
	if err != nil {
		return nil, err
	}
	var all []diag.Diagnostic
	flows, err := loadFlows(files, c.Config)
	if err != nil {
		return nil, err
	}
	type said struct {
		at            diag.Range
		rule, summary string
	}
	told := map[said]bool{} // of parts, which are told with every flow that calls them
	for _, one := range flows {
		for _, d := range slices.Concat(one.found, one.locales) {
			if key := (said{d.Subject, d.Rule, d.Summary}); !told[key] {
				told[key] = true
				all = append(all, d)
			}
		}
	}
	return all, nil
}

func (c *flowLint) write(w *world, found []diag.Diagnostic) error {
	switch c.Format {
	case "json":
		return diag.WriteJSON(w.out, found)
	case "sarif":
		return diag.WriteSARIF(w.out, found, version())
	}
	return diag.WriteText(w.out, found, fileSource)
}
