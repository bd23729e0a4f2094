package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// askingForHelp makes --help of the word help where a command is expected: vigil help flow lint, vigil flow help.
func askingForHelp(args []string, at *kong.Node) []string {
	if len(args) == 1 && args[0] == "--version" {
		return []string{"version"}
	}
	for i, arg := range args {
		if arg == "help" && len(at.Children) > 0 {
			return append(slices.Delete(slices.Clone(args), i, i+1), "--help")
		}
		next := slices.IndexFunc(at.Children, func(n *kong.Node) bool { return n.Name == arg })
		if next < 0 {
			break
		}
		at = at.Children[next]
	}
	return args
}

// misunderstood says what a command line lacks, and where to read more about the command that it comes to.
func misunderstood(err error, at *kong.Node) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context.Selected() != nil {
		at = parse.Context.Selected()
	}
	text := err.Error()
	if strings.HasPrefix(text, "expected one of ") {
		names := make([]string, 0, len(at.Children))
		for _, child := range at.Children {
			names = append(names, child.Name)
		}
		text = fmt.Sprintf("which command? %s %s", at.FullPath(), strings.Join(names, "|"))
	}
	if option, _, missing := strings.Cut(text, `: expected `); missing && strings.HasSuffix(text, `but got "EOL" (<EOL>)`) {
		text = option + ": its value is missing"
	}
	what := "explains it"
	if len(at.Children) > 0 {
		what = "lists the commands"
	}
	return fmt.Sprintf("vigil: %s\n%s --help %s.\n", text, at.FullPath(), what)
}
