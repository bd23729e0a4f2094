package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// Rules of the configuration file's diagnostics.
const (
	ruleFile          = "file"          // it cannot be read
	ruleSyntax        = "syntax"        // it is not YAML
	ruleYAMLFeature   = "yaml-feature"  // anchors, tags, merge keys, a second document
	ruleUnknownKey    = "unknown-key"   //
	ruleDuplicateKey  = "duplicate-key" // the same key twice in one place
	ruleMissingKey    = "missing-key"   //
	ruleType          = "type"          // a list where a text is wanted, and the like
	ruleValue         = "value"         // of the right type, but not one of those that mean something
	ruleDuration      = "duration"      //
	ruleAddress       = "address"       // host:port, CIDR
	ruleOrigin        = "origin"        //
	ruleURI           = "uri"           //
	ruleSecret        = "secret"        //
	ruleTwice         = "twice"         // two things claim one name
	ruleContradiction = "contradiction" // each value is fine, both together are not
	ruleIneffective   = "ineffective"   // a value that changes nothing
	ruleCertificate   = "certificate"   // a host that nobody certifies, a certificate that ends
	ruleSite          = "site"          // an application in whose pages cookies are kept from the frame
)

// reader walks the nodes of one file and gathers mistakes.
type reader struct {
	file   string
	lines  []string
	folder string // of the file: relative paths begin here
	env    func(string) (string, bool)
	// storeEnv is env for the store's address.
	storeEnv func(string) (string, bool)

	found  []*diag.Diagnostic
	places map[string]*yaml.Node // by path, of every value that the file gives
	failed map[string]bool       // paths whose values were refused
	hidden []*yaml.Node          // values that no output may show
}

// fault adds an error. The caller may add a hint or the other place.
func (r *reader) fault(n *yaml.Node, rule, format string, args ...any) *diag.Diagnostic {
	d := &diag.Diagnostic{Severity: diag.Error, Rule: rule, Summary: fmt.Sprintf(format, args...), Subject: r.rangeOf(n)}
	r.found = append(r.found, d)
	return d
}

// warn adds a warning, which refuses nothing.
func (r *reader) warn(n *yaml.Node, rule, format string, args ...any) *diag.Diagnostic {
	d := r.fault(n, rule, format, args...)
	d.Severity = diag.Warning
	return d
}

// given reports whether the file gives a value at path that was not refused.
func (r *reader) given(path string) bool { return r.places[path] != nil && !r.failed[path] }

// sound reports that none of the values at the paths was refused: checks of several values begin with it.
func (r *reader) sound(paths ...string) bool {
	return !slices.ContainsFunc(paths, func(p string) bool { return r.failed[p] })
}

// at is the value at path, or otherwise the mapping it is missing from.
func (r *reader) at(path string, otherwise *yaml.Node) *yaml.Node {
	if n := r.places[path]; n != nil {
		return n
	}
	return otherwise
}

// rangeOf is the stretch of a scalar on its first line; of anything else its first character.
func (r *reader) rangeOf(n *yaml.Node) diag.Range {
	start := diag.Pos{Line: max(n.Line, 1), Column: max(n.Column, 1)}
	width := 1
	if n.Kind == yaml.ScalarNode {
		width = max(1, r.width(n))
	}
	return diag.Range{File: r.file, Start: start, End: diag.Pos{Line: start.Line, Column: start.Column + width}}
}

// width counts the characters of a scalar on its first line as they are written.
func (r *reader) width(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(r.lines) {
		return 0
	}
	rest := []rune(r.lines[n.Line-1])
	rest = rest[min(max(n.Column-1, 0), len(rest)):]
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return 1
	case len(rest) > 0 && (rest[0] == '"' || rest[0] == '\''):
		return quotedWidth(rest)
	}
	first, _, _ := strings.Cut(n.Value, "\n")
	return min(utf8.RuneCountInString(first), len(rest))
}

func quotedWidth(rest []rune) int {
	quote := rest[0]
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && quote == '"':
			i++
		case rest[i] == quote:
			return i + 1
		}
	}
	return len(rest)
}

// diagnostics gives what was found in the order of the file.
func (r *reader) diagnostics() []diag.Diagnostic {
	slices.SortStableFunc(r.found, func(a, b *diag.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Subject.Start.Line, b.Subject.Start.Line), cmp.Compare(a.Subject.Start.Column, b.Subject.Start.Column))
	})
	all := make([]diag.Diagnostic, len(r.found))
	for i, d := range r.found {
		all[i] = *d
	}
	return all
}

// shown quotes a value for a message, shortened.
func shown(s string) string {
	const longest = 60
	if utf8.RuneCountInString(s) > longest {
		s = string([]rune(s)[:longest]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// what names a node for "wanted …, got …".
func what(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return n.Value
	case "!!int", "!!float":
		return "the number " + n.Value
	case "!!timestamp":
		return "a date"
	}
	return "a text"
}
