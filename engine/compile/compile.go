package compile

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// Surroundings are what a flow may refer to beside itself.
type Surroundings struct {
	Registry *connector.Registry
	Parts    map[string]*graph.Flow // by name; only whole ones
	Broken   map[string]bool        // parts that are there but have errors
	Settings []connector.Field      // of the environment
	Secrets  []string               // names only
	Locales  []*Locale              // other languages
	Refused  map[diag.Range]bool    // calls of which it is said already that they cannot be
	Pages    map[string]string      // what the host's own pages say, by name. Nil: nothing is known of them
	Spoken   []string               // languages in which they say all of it without a file
}

// Result is a graph and what may be concluded from it.
type Result struct {
	Flow *graph.Flow
	// Holes: some node or edge could not be laid. Rules that conclude from what is missing would then only repeat it.
	Holes bool
	// Quiet nodes could not be read, so nothing may be concluded from what they lack.
	Quiet map[string]bool
	Found []diag.Diagnostic
}

// Flow compiles a tree. The graph must not be run when an error was found.
func Flow(file *syntax.File, around Surroundings) Result {
	c := &compiler{
		file: file, around: around,
		flow: &graph.Flow{
			Name: file.Flow.Value, Title: file.Title.Value, Timeout: file.Timeout, Part: file.Part, Source: file.Source.Bytes,
		},
		missing: map[string][]untranslated{}, translated: map[string]bool{},
		nodes: make(map[string]*graph.Node, len(file.Nodes)), quiet: map[string]bool{}, used: map[string]bool{}, vars: map[string]connector.Type{}, inputs: map[string]connector.Type{},
	}
	if c.flow.Timeout == 0 {
		c.flow.Timeout = defaultTimeout
	}
	c.declarations()
	c.shells()
	for i := range file.Nodes {
		c.body(&file.Nodes[i])
	}
	c.start()
	c.tellMissing()
	return Result{Flow: c.flow, Holes: c.holes, Quiet: c.quiet, Found: c.once()}
}

// compiler is one flow under way.
type compiler struct {
	file   *syntax.File
	around Surroundings
	flow   *graph.Flow
	nodes  map[string]*graph.Node
	names  []string        // of the nodes, in the order of the file
	quiet  map[string]bool // nodes of which nothing may be concluded: their mistake is named already
	used   map[string]bool // what something leads to or reads: nodes, vars.x, node.x
	vars   map[string]connector.Type
	inputs map[string]connector.Type
	open   []pending // choices whose entries are computed: their type follows from the expression
	holes  bool
	here   []string // the place of texts: a node, and what is in it
	// missing are texts that a language lacks, and translated the languages that have some, by tag.
	missing    map[string][]untranslated
	translated map[string]bool
	count      int // of expressions
	cost       int // of expressions
	found      []diag.Diagnostic
}

func (c *compiler) report(rule string, where diag.Range, summary, hint string) {
	diag.Add(&c.found, diag.Diagnostic{Severity: diag.Error, Rule: rule, Summary: summary, Hint: hint, Subject: where})
}

// full reports that more will not be told: then nothing needs to be looked for.
func (c *compiler) full() bool { return len(c.found) >= diag.Most }

func (c *compiler) warn(rule string, where diag.Range, summary, hint string) {
	diag.Add(&c.found, diag.Diagnostic{Severity: diag.Warning, Rule: rule, Summary: summary, Hint: hint, Subject: where})
}

// start finds the first node.
func (c *compiler) start() {
	name := c.file.Start
	if name.Value == "" {
		c.holes = true
		return
	}
	if c.flow.Start = c.nodes[name.Value]; c.flow.Start == nil {
		c.unknownNode(name)
	}
	c.used[name.Value] = true
}

func (c *compiler) unknownNode(name syntax.Scalar) {
	c.holes = true
	if c.file.Lost["nodes"] || c.full() {
		return // it may be one of those that could not be read
	}
	c.report("unknown-node", name.Range, fmt.Sprintf("there is no node %q", name.Value), orElse(diag.DidYouMean(name.Value, c.names, "The nodes are"), "write it under nodes"))
}

// declarations reads what a flow says of itself.
func (c *compiler) declarations() {
	for i := range c.file.Inputs {
		field := c.declared(&c.file.Inputs[i], true)
		c.flow.Inputs = append(c.flow.Inputs, field)
		c.inputs[field.Name] = field.Type
	}
	for i := range c.file.Vars {
		d := &c.file.Vars[i]
		field := c.declared(d, false)
		c.flow.Vars = append(c.flow.Vars, graph.Variable{Field: field, Range: d.Name.Range})
		c.vars[field.Name] = field.Type
	}
	for _, o := range c.file.Outcomes {
		outcome := connector.Outcome{Name: o.Name.Value}
		for i := range o.Outputs {
			outcome.Outputs = append(outcome.Outputs, c.declared(&o.Outputs[i], false))
		}
		c.flow.Outcomes = append(c.flow.Outcomes, outcome)
	}
}

// declared reads one declaration. Secrets may come into a part, but nothing may keep or give them.
func (c *compiler) declared(d *syntax.Declaration, input bool) connector.Field {
	field := connector.Field{Name: d.Name.Value}
	if d.Type.Value == "" {
		field.Type = connector.Type{}
		return field
	}
	t, err := connector.ParseType(d.Type.Value)
	if err != nil {
		c.unknownType(d.Type, err)
		return field
	}
	field.Type = t
	if t.Kind == connector.Secret && !input {
		c.report("secret-in-variable", d.Type.Range, fmt.Sprintf("%q cannot hold a secret", d.Name.Value), "hand the secret on whole, from the form to the capability that needs it")
		field.Type.Optional = true // that nothing gives it is no further mistake
	}
	if d.Default != nil {
		field.Default = "" // with a mistake it still counts as a default
		if value := c.value(d.Default, t, "the default of "+d.Name.Value); value != nil {
			if constant, ok := expression.Constant(value); ok {
				field.Default = constant
			} else {
				c.report("type-literal", d.Default.Range, "a default cannot be computed", "write the value itself")
			}
		}
	}
	return field
}

func (c *compiler) unknownType(written syntax.Scalar, err error) {
	names := make([]string, 0, 13)
	for _, kind := range connector.Kinds() {
		if kind == connector.List {
			names = append(names, "list<string>")
			continue
		}
		names = append(names, string(kind))
	}
	var unknown connector.UnknownTypeError
	if !errors.As(err, &unknown) {
		c.report("unknown-type", written.Range, err.Error(), "a list holds plain values or records, such as list<string>")
		return
	}
	at := strings.Index(written.Value, unknown.Word)
	where := written.At(utf8.RuneCountInString(written.Value[:at]), utf8.RuneCountInString(unknown.Word))
	hint := diag.DidYouMean(unknown.Word, names, "The types are")
	switch other := otherTypes[strings.ToLower(strings.TrimSpace(unknown.Word))]; {
	case other != "":
		hint = fmt.Sprintf("did you mean %q?", other)
	case strings.ContainsAny(unknown.Word, "0123456789") || unknown.Word == "true" || unknown.Word == "false":
		hint = fmt.Sprintf("a value stands behind default: {type: …, default: %s}. %s", unknown.Word, hint)
	}
	c.report("unknown-type", where, err.Error(), hint)
}

// otherTypes are what other languages call the types.
var otherTypes = map[string]string{
	"boolean": "bool", "int": "number", "integer": "number", "float": "number", "double": "number", "decimal": "number", "long": "number",
	"text": "string", "str": "string", "varchar": "string", "date": "time", "datetime": "time", "timestamp": "time", "instant": "time",
	"list": "list<string>", "array": "list<string>", "string[]": "list<string>", "map": "object", "dict": "object", "json": "object", "interval": "duration",
	"person": "user", "password": "secret",
}
