package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"vigil/engine/diag"
	"vigil/engine/drawing"
	"vigil/engine/syntax"
)

type flowGraph struct {
	File   string `arg:"" name:"file" help:"A flow file. It may still have mistakes."`
	Format string `enum:"svg,mermaid,text" default:"svg" help:"svg for browsers and documents, mermaid for Markdown, or text."`
	Out    string `short:"o" placeholder:"FILE" help:"Where to write it. Left out: standard output."`
}

// Run draws the flow.
func (c *flowGraph) Run(w *world) error {
	file, err := w.readFlow(c.File)
	if err != nil {
		return err
	}
	picture := drawing.New(file)
	text := picture.SVG
	switch c.Format {
	case "mermaid":
		text = picture.Mermaid
	case "text":
		text = picture.Text
	}
	if c.Out != "" {
		return writeFile(c.Out, func(to io.Writer) error { _, err := io.WriteString(to, text()); return err })
	}
	_, err = io.WriteString(w.out, text())
	return err
}

// readFlow reads a file as far as it can be read. An error is an exit code: what is wrong was said.
func (w *world) readFlow(name string) (*syntax.File, error) {
	files, err := flowFiles([]string{name})
	if err == nil && (len(files) != 1 || filepath.Clean(files[0]) != filepath.Clean(name)) {
		err = fmt.Errorf("%s is not one flow file", name)
	}
	if err == nil {
		err = onlyFlows(files)
	}
	if err != nil {
		fmt.Fprintf(w.err, "vigil: %v\n", err)
		return nil, exit(exitMisused)
	}
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file, found := syntax.Parse(name, source)
	if file == nil || len(file.Nodes) == 0 {
		if err := diag.WriteText(w.err, found, fileSource); err != nil {
			return nil, err
		}
		return nil, exit(exitFailed)
	}
	return file, nil
}
