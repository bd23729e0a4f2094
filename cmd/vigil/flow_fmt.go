package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"vigil/engine/format"
)

type flowFmt struct {
	Files []string `arg:"" name:"file" help:"Flow files or folders. - reads standard input and writes standard output."`
	Check bool     `help:"Write nothing: name the files that are not in form, and fail."`
}

// Run brings files into form, in their place.
func (c *flowFmt) Run(w *world) error {
	if len(c.Files) == 1 && c.Files[0] == "-" {
		source, err := io.ReadAll(w.in)
		if err != nil {
			return err
		}
		formatted, err := format.Source(source)
		if err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
		_, err = w.out.Write(formatted)
		return err
	}
	files, err := flowFiles(c.Files)
	if err != nil {
		fmt.Fprintf(w.err, "vigil: %v\n", err)
		return exit(exitMisused)
	}
	failed := false
	for _, file := range files {
		changed, err := c.format(file)
		switch {
		case err != nil:
			fmt.Fprintf(w.err, "vigil: %s: %v\n", file, err)
			failed = true
		case changed:
			fmt.Fprintln(w.out, file)
			failed = failed || c.Check
		}
	}
	if failed {
		return exit(exitFailed)
	}
	return nil
}

func (c *flowFmt) format(file string) (changed bool, err error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	formatted, err := format.Source(source)
	if err != nil || bytes.Equal(source, formatted) || c.Check {
		return err == nil && !bytes.Equal(source, formatted), err
	}
	info, err := os.Stat(file)
	if err != nil {
		return false, err
	}
	return true, os.WriteFile(file, formatted, info.Mode().Perm())
}
