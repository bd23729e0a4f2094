package config

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/internal/tenant"
)

// maxFile bounds the file in bytes: ten thousand applications fit.
const maxFile = 8 << 20

// Load reads the file at path. env finds environment variables, as os.LookupEnv does; with a nil env they are not looked up and secrets that
// refer to them are empty, for commands that need none. Config is nil if a diagnostic is an error; warnings come with a Config.
func Load(path string, env func(string) (string, bool)) (*Config, []diag.Diagnostic) {
	source, unreadable := readFile(path)
	if unreadable != nil {
		return nil, unreadable
	}
	return Parse(path, source, env)
}

func readFile(path string) ([]byte, []diag.Diagnostic) {
	source, err := os.ReadFile(path)
	if err == nil {
		return source, nil
	}
	return nil, []diag.Diagnostic{{
		Severity: diag.Error, Rule: ruleFile, Summary: "the configuration cannot be read: " + reasonOf(err), Hint: "name the file with --config",
		Subject: diag.Range{File: path, Start: diag.Pos{Line: 1, Column: 1}, End: diag.Pos{Line: 1, Column: 2}},
	}}
}

// reasonOf leaves out the path, which is said in its own words.
func reasonOf(err error) string {
	var cause *os.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return err.Error()
}

// Parse is Load for a text that came from elsewhere. Relative folders begin at the folder of path.
func Parse(path string, source []byte, env func(string) (string, bool)) (*Config, []diag.Diagnostic) {
	return newReader(path, source, env).config(path, source)
}

// config reads the source and keeps the places of its values.
func (r *reader) config(path string, source []byte) (*Config, []diag.Diagnostic) {
	c := r.parse(source)
	found := r.diagnostics()
	if slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Severity == diag.Error }) {
		return nil, found
	}
	c.Path, c.places = path, make(map[string]diag.Range, len(r.places))
	for p, n := range r.places {
		c.places[p] = r.rangeOf(n)
	}
	return &c, found
}

func newReader(path string, source []byte, env func(string) (string, bool)) *reader {
	return &reader{
		file: path, folder: filepath.Dir(path), env: env, storeEnv: env,
		lines:  strings.Split(strings.ReplaceAll(strings.TrimPrefix(string(source), "\ufeff"), "\r\n", "\n"), "\n"),
		places: map[string]*yaml.Node{}, failed: map[string]bool{},
	}
}

// parse reads everything; the Config is of use if no error was found.
func (r *reader) parse(source []byte) (c Config) {
	root := r.document(source)
	if root == nil || !r.plain(root) {
		return c
	}
	c, _ = file().read(r, root, "")
	return c
}

// document gives the root node, or nil after a fault.
func (r *reader) document(source []byte) *yaml.Node {
	start := &yaml.Node{Line: 1, Column: 1}
	switch {
	case len(source) > maxFile:
		r.fault(start, ruleFile, "the file is larger than %d bytes", maxFile)
		return nil
	case !utf8.Valid(source):
		r.fault(start, ruleFile, "the file is not UTF-8 text")
		return nil
	}
	var first, second yaml.Node
	loader, err := yaml.NewLoader(bytes.NewReader(source))
	if err == nil {
		err = loader.Load(&first)
	}
	if errors.Is(err, io.EOF) || err == nil && len(first.Content) == 0 {
		r.fault(start, ruleMissingKey, "the file is empty").Hint = "begin with environments:"
		return nil
	}
	if err == nil {
		err = loader.Load(&second)
		switch {
		case err == nil:
			r.fault(&second, ruleYAMLFeature, "a second document begins here").Hint = "one file is one document: remove the ---"
			return nil
		case errors.Is(err, io.EOF):
			return first.Content[0]
		}
	}
	r.syntax(err)
	return nil
}

// syntax reports the first place at which the file stops being YAML.
func (r *reader) syntax(err error) {
	n, message := &yaml.Node{Line: 1, Column: 1}, "it cannot be read"
	var cause *yaml.LoadError
	if errors.As(err, &cause) {
		message = cause.Message
		n.Line, n.Column = max(cause.Mark.Line, 1), max(cause.Mark.Column, 1)
	}
	d := r.fault(n, ruleSyntax, "this is not YAML: %s", message)
	switch {
	case strings.Contains(message, "cannot start any token") && n.Line <= len(r.lines) && strings.Contains(r.lines[n.Line-1], "\t"):
		d.Hint = "indent with spaces: YAML takes no tabs"
	case strings.Contains(message, "mapping values are not allowed"):
		d.Hint = "check the indentation, and put a text with a colon in quotes"
	}
	if cause != nil && cause.ContextMark.Line > 0 && cause.ContextMark != cause.Mark {
		place := &yaml.Node{Line: cause.ContextMark.Line, Column: cause.ContextMark.Column}
		d.Related = []diag.Related{{Message: cause.ContextMsg, Range: r.rangeOf(place)}}
	}
}

// plain refuses what hides or repeats values. False: the rest cannot be judged.
func (r *reader) plain(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		r.fault(n, ruleYAMLFeature, "aliases are not read here").Hint = "write the value again"
		return false
	}
	if n.Anchor != "" {
		r.fault(n, ruleYAMLFeature, "anchors are not read here").Hint = "remove &" + n.Anchor
	}
	if n.Style&yaml.TaggedStyle != 0 {
		r.fault(n, ruleYAMLFeature, "tags are not read here").Hint = "a value that begins with ! needs quotes"
	}
	good := true
	for _, c := range n.Content {
		if c.Kind == yaml.ScalarNode && c.ShortTag() == "!!merge" {
			r.fault(c, ruleYAMLFeature, "merge keys are not read here").Hint = "write the values again"
			good = false
			continue
		}
		good = r.plain(c) && good
	}
	return good
}

// CheckFlows says which flows the file names that are not among names.
func (c *Config) CheckFlows(names []string) []diag.Diagnostic {
	var found []diag.Diagnostic
	check := func(name, path, otherwise string) {
		if slices.Contains(names, name) {
			return
		}
		if c.At(path) == (diag.Range{}) {
			path = otherwise
		}
		d := diag.Diagnostic{Severity: diag.Error, Rule: "unknown-flow", Summary: "there is no flow " + shown(name), Subject: c.At(path)}
		if d.Hint = diag.DidYouMean(name, names, "The flows are"); d.Hint == "" {
			d.Hint = "the folder has no flows: save one there, or leave flows out to serve those that come with Vigil"
		}
		found = append(found, d)
	}
	flowsOnly := names
	for i, e := range c.Environments {
		path := item("environments", i)
		names = slices.Clone(flowsOnly)
		for j, policy := range e.FlowPolicies {
			here := item(path+".flowPolicies", j)
			if slices.Contains(names, policy.Name) {
				found = append(found, diag.Diagnostic{
					Severity: diag.Error, Rule: "unknown-flow", Summary: "a flow is called " + shown(policy.Name) + " too",
					Hint: "give the policy another name", Subject: c.At(here + ".name"),
				})
			}
			for k, share := range policy.Flows {
				check(share.Flow, item(here+".flows", k)+".flow", here)
			}
		}
		for _, policy := range e.FlowPolicies {
			names = append(names, policy.Name)
		}
		if c.places[path+".defaultFlow"] != (diag.Range{}) || slices.ContainsFunc(e.Applications, withoutPolicies) {
			check(e.DefaultFlow, path+".defaultFlow", path)
		}
		for key, name := range map[string]string{"deviceFlow": e.DeviceFlow, "registrationFlow": e.RegistrationFlow} {
			if name != "" {
				check(name, path+"."+key, path)
			}
		}
		for j, a := range e.Applications {
			for k, name := range a.FlowPolicies {
				check(name, item(item(path+".applications", j)+".flowPolicies", k), path)
			}
		}
	}
	return found
}

func withoutPolicies(a *tenant.Application) bool { return len(a.FlowPolicies) == 0 }
