package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vigil/engine"
	"vigil/engine/diag"
)

type flowCommands struct {
	Lint   flowLint   `cmd:"" help:"Name every mistake in flow files."`
	Test   flowTest   `cmd:"" help:"Play the tests beside flow files."`
	Graph  flowGraph  `cmd:"" help:"Draw a flow."`
	Fmt    flowFmt    `cmd:"" help:"Bring flow files into one form."`
	Schema flowSchema `cmd:"" help:"Write the JSON Schema by which editors complete and check flow files."`
	Run    flowRun    `cmd:"" help:"Play a flow in the terminal."`
	Trace  flowTrace  `cmd:"" help:"Show what a run did, replay it, or make a test of it."`
	Diff   flowDiff   `cmd:"" help:"Tell what two versions of a flow do otherwise."`
}

type flowLint struct {
	Files  []string `arg:"" name:"file" help:"Flow files. Parts that they call are looked for beside them."`
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

// lint loads each folder once and keeps what is said of the files that were named. Tests of flows are passed over, so that *.yaml can be given.
func (c *flowLint) lint() ([]diag.Diagnostic, error) {
	named := map[string][]string{}
	var folders []string
	for _, file := range c.Files {
		info, err := os.Stat(file)
		switch {
		case err != nil:
			return nil, err
		case info.IsDir() || filepath.Ext(file) != ".yaml":
			return nil, fmt.Errorf("%s is not a flow file: its name ends in .yaml", file)
		case strings.HasSuffix(file, ".test.yaml"):
			continue
		}
		folder := filepath.Dir(file)
		if named[folder] == nil {
			folders = append(folders, folder)
		}
		named[folder] = append(named[folder], filepath.Join(folder, filepath.Base(file)))
	}
	var all []diag.Diagnostic
	for _, folder := range folders {
		_, found := engine.Load(os.DirFS(folder), capabilities())
		inFolder(folder, found)
		for _, d := range found {
			if slices.Contains(named[folder], d.Subject.File) {
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
	return diag.WriteText(w.out, found, func(file string) []byte {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil // the diagnostic stands without its line
		}
		return source
	})
}
