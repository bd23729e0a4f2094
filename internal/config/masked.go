package config

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Masked gives the text of a configuration file as it may be shown beside diagnostics: a dot for every character of a secret, and of every
// value that could be one because its key is unknown. Lines and columns stay.
func Masked(source []byte) []byte {
	r := newReader("", source, func(string) (string, bool) { return "", false })
	root := r.document(source)
	if root == nil {
		return []byte(maskLines(r.lines))
	}
	if !r.plain(root) {
		return []byte(maskLines(r.lines))
	}
	file().read(r, root, "")
	starts := places(root, nil)
	for _, n := range r.hidden {
		r.mask(n, starts)
	}
	return []byte(strings.Join(r.lines, "\n"))
}

// places gives every node of a tree.
func places(n *yaml.Node, all []*yaml.Node) []*yaml.Node {
	all = append(all, n)
	for _, c := range n.Content {
		all = places(c, all)
	}
	return all
}

// mask hides everything from a node to the next that is not part of it.
func (r *reader) mask(n *yaml.Node, all []*yaml.Node) {
	within := places(n, nil)
	order := func(a, b *yaml.Node) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) }
	end := &yaml.Node{Line: len(r.lines) + 1}
	for _, c := range all {
		if order(c, n) > 0 && order(c, end) < 0 && !slices.Contains(within, c) {
			end = c
		}
	}
	for line := max(n.Line, 1); line <= min(end.Line, len(r.lines)); line++ {
		text := []rune(r.lines[line-1])
		from, to := 0, len(text)
		if line == n.Line {
			from = min(max(n.Column-1, 0), len(text))
		}
		if line == end.Line {
			to = min(max(end.Column-1, from), len(text))
		}
		r.lines[line-1] = string(text[:from]) + dots(string(text[from:to])) + string(text[to:])
	}
}

// sensitive is a line whose value may be a secret, judged by its key.
var sensitive = regexp.MustCompile(`(?i)(secret|password|passwd|token|key)[a-z]*["']?\s*:`)

// maskLines serves files that are not YAML: it hides what follows a key that sounds like a secret, on its line, on deeper lines and in list items below.
func maskLines(lines []string) string {
	const none = 1 << 30
	hidden := none // the column of the key whose value goes on
	for i, line := range lines {
		column := len(line) - len(strings.TrimLeft(line, " \t"))
		item := strings.HasPrefix(line[column:], "-")
		below := column > hidden || column == hidden && item || strings.TrimSpace(line) == ""
		if at := sensitive.FindStringIndex(line); at != nil {
			lines[i], hidden = line[:at[1]]+dots(line[at[1]:]), len(line)-len(strings.TrimLeft(line, " \t-"))
		} else if hidden != none && below {
			lines[i] = dots(line)
		} else {
			hidden = none
		}
	}
	return strings.Join(lines, "\n")
}

func dots(s string) string {
	return strings.Map(func(c rune) rune {
		if c == ' ' || c == '\t' {
			return c
		}
		return '•'
	}, s)
}
