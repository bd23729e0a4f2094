package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"vigil/engine/diag"
	"vigil/engine/format"
	"vigil/engine/syntax"
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
			return w.unformatted("standard input", source, err)
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
			source, _ := os.ReadFile(file) // as it was read before
			if err := w.unformatted(file, source, err); !errors.Is(err, exit(exitFailed)) {
				return err
			}
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

// unformatted says why a file cannot be brought into form: where it is no YAML that flows use, in the words in which vigil flow lint says so.
func (w *world) unformatted(name string, source []byte, err error) error {
	_, found := syntax.Parse(name, source)
	found = slices.DeleteFunc(found, func(d diag.Diagnostic) bool {
		return !slices.Contains([]string{"yaml", "encoding", "anchor", "tag", "too-large"}, d.Rule)
	})
	if len(found) == 0 {
		fmt.Fprintf(w.err, "vigil: %s: %v\n", name, err)
		return exit(exitFailed)
	}
	if err := diag.WriteText(w.err, found, func(string) []byte { return source }); err != nil {
		return err
	}
	return exit(exitFailed)
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
