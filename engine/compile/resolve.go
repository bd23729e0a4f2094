package compile

import (
	"fmt"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
)

// roots are the words that begin a reference, beside the names of nodes.
var roots = []string{"inputs", "vars", "request", "settings", "secrets"}

var stringList = connector.Type{Kind: connector.List, Elem: &connector.Type{Kind: connector.String}}

// requestFields are what a flow may know of the request. What the browser or the application left out is an empty text; maxAge may be absent.
var requestFields = []connector.Field{
	{Name: "clientId", Type: anyText},
	{Name: "loginHint", Type: anyText},
	{Name: "scopes", Type: stringList},
	{Name: "acrValues", Type: stringList},
	{Name: "maxAge", Type: connector.Type{Kind: connector.Duration, Optional: true}},
	{Name: "ip", Type: anyText},
	{Name: "country", Type: anyText},
	{Name: "language", Type: anyText},
	{Name: "userCode", Type: anyText},
	{Name: "browser", Type: connector.Type{Kind: connector.Object, Fields: []connector.Field{
		{Name: "name", Type: anyText},
		{Name: "version", Type: anyText},
		{Name: "platform", Type: anyText},
		{Name: "passkeys", Type: connector.Type{Kind: connector.Bool}},
	}}},
}

// resolve says what a reference is.
func (c *compiler) resolve(root, name string) (connector.Type, *expression.Unknown) {
	c.used[root], c.used[root+"."+name] = true, true
	switch root {
	case "vars":
		return c.lostAmong("vars", fieldsOf(c.flow.Vars), name, absence{"unknown-variable", "there is no variable %q", "The variables are", "declare it at the top: vars: {%s: string}"})
	case "inputs":
		if !c.flow.Part {
			return connector.Type{}, &expression.Unknown{Rule: "unknown-input", Summary: "a sign-on flow has no inputs", Hint: "it reads request, such as request.loginHint", AtRoot: true}
		}
		return c.lostAmong("inputs", c.flow.Inputs, name, absence{"unknown-input", "this part has no input %q", "Its inputs are", "declare it at the top: inputs: {%s: string}"})
	case "request":
		return c.among(requestFields, name, absence{"unknown-output", "the request has no %q", "It has", ""})
	case "settings":
		c.readsSetting(name)
		if slices.Contains(c.around.Secrets, name) {
			return connector.Type{}, &expression.Unknown{Rule: "unknown-setting", Summary: fmt.Sprintf("there is no setting %q", name), Hint: fmt.Sprintf("it is a secret: write secrets.%s", name)}
		}
		return c.among(c.around.Settings, name, absence{"unknown-setting", "there is no setting %q", "The settings are", "declare it in vigil.yaml, under settings of the environment: %s: …"})
	case "secrets":
		if slices.Contains(c.around.Secrets, name) && !slices.Contains(c.flow.Secrets, name) {
			c.flow.Secrets = append(c.flow.Secrets, name)
		}
		return c.among(secretFields(c.around.Secrets), name, absence{"unknown-secret", "there is no secret %q", "The secrets are", "declare it in vigil.yaml, under secrets of the environment: %s: ${NAME}"})
	}
	node := c.nodes[root]
	if node == nil {
		return connector.Type{}, c.unknownWord(root, name)
	}
	if name == "" {
		return connector.Type{}, nil
	}
	return c.output(node, name)
}

// readsSetting notes a setting that the flow reads.
func (c *compiler) readsSetting(name string) {
	known := func(f connector.Field) bool { return f.Name == name }
	at := slices.IndexFunc(c.around.Settings, known)
	if at >= 0 && !slices.ContainsFunc(c.flow.Settings, known) {
		c.flow.Settings = append(c.flow.Settings, c.around.Settings[at])
	}
}

// absence is what is said of a name that is not there.
type absence struct{ rule, summary, lead, declare string }

// lostAmong says nothing of a name that is not there when something under its key could not be read.
func (c *compiler) lostAmong(key string, fields []connector.Field, name string, not absence) (connector.Type, *expression.Unknown) {
	t, unknown := c.among(fields, name, not)
	if unknown != nil && c.file.Lost[key] {
		return t, &expression.Unknown{}
	}
	return t, unknown
}

func (c *compiler) among(fields []connector.Field, name string, not absence) (connector.Type, *expression.Unknown) {
	if name == "" {
		return connector.Type{}, nil
	}
	names := make([]string, len(fields))
	for i := range fields {
		if names[i] = fields[i].Name; names[i] == name {
			if fields[i].Type.Kind == "" {
				return connector.Type{}, &expression.Unknown{} // its type is no type, and that is said already
			}
			return fields[i].Type, nil
		}
	}
	if c.full() {
		return connector.Type{}, &expression.Unknown{Rule: not.rule}
	}
	hint := diag.DidYouMean(name, names, not.lead)
	if hint == "" && not.declare != "" {
		hint = fmt.Sprintf(not.declare, name)
	}
	return connector.Type{}, &expression.Unknown{Rule: not.rule, Summary: fmt.Sprintf(not.summary, name), Hint: hint}
}

func fieldsOf(vars []graph.Variable) []connector.Field {
	fields := make([]connector.Field, len(vars))
	for i := range vars {
		fields[i] = vars[i].Field
	}
	return fields
}

func secretFields(names []string) []connector.Field {
	fields := make([]connector.Field, len(names))
	for i, name := range names {
		fields[i] = connector.Field{Name: name, Type: connector.Type{Kind: connector.Secret}}
	}
	return fields
}

// output finds what a node gives by any of its outcomes. Whether it is there on every path is for the rules to prove.
func (c *compiler) output(node *graph.Node, name string) (connector.Type, *expression.Unknown) {
	for i := range c.open {
		if c.open[i].node == node.Name {
			c.settle(&c.open[i])
		}
	}
	var names []string
	var found *connector.Type
	for _, outcome := range node.Outcomes() {
		for _, output := range outcome.Outputs {
			names = append(names, output.Name)
			switch {
			case output.Name != name:
			case output.Type.Kind == "":
				return connector.Type{}, &expression.Unknown{}
			case found == nil:
				found = &output.Type
			case !found.Accepts(output.Type) || !output.Type.Accepts(*found):
				return connector.Type{}, &expression.Unknown{
					Rule: "type", Summary: fmt.Sprintf("%s.%s is %s by one outcome and %s by another", node.Name, name, article(*found), article(output.Type)),
					Hint: "set a variable on the edge of the outcome that is meant",
				}
			}
		}
	}
	if found != nil {
		return *found, nil
	}
	if c.quiet[node.Name] {
		return connector.Type{}, &expression.Unknown{}
	}
	hint := diag.DidYouMean(name, unique(names), "Its outputs are")
	_, isOutcome := node.Outcome(name)
	switch {
	case isOutcome || name == "outcome" || name == "result":
		hint = "by which outcome a node was left is told by the way: set a variable on the edge of that outcome"
	case len(names) == 0:
		hint = "a choice and an end give nothing"
	}
	return connector.Type{}, &expression.Unknown{Rule: "unknown-output", Summary: fmt.Sprintf("node %q has no output %q", node.Name, name), Hint: hint}
}

func unique(names []string) []string {
	var list []string
	seen := map[string]bool{}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}

// constants are words of other languages for values.
var constants = map[string]string{
	"true": "write true", "false": "write false", "yes": "write true", "no": "write false",
	"null": absentHint, "nil": absentHint, "none": absentHint, "undefined": absentHint,
}

const absentHint = "what may be absent is replaced: a.x ?? 'none'; an empty text is ''"

func (c *compiler) unknownWord(root, name string) *expression.Unknown {
	if c.full() || c.file.Lost["nodes"] && name != "" {
		return &expression.Unknown{}
	}
	words := append(append([]string{}, roots...), c.names...)
	near := diag.Nearest(root, words)
	hint := "references begin with a node, or with inputs, vars, request, settings, secrets"
	switch {
	case constants[strings.ToLower(root)] != "" && name == "":
		hint = constants[strings.ToLower(root)]
		return &expression.Unknown{Rule: "unknown-node", Summary: fmt.Sprintf("there is no %s", root), Hint: hint, AtRoot: true}
	case slices.Contains(c.variableNames(), root):
		hint = fmt.Sprintf("did you mean %q? It is a variable.", "vars."+root)
	case c.inputs[root].Kind != "":
		hint = fmt.Sprintf("did you mean %q? It is an input.", "inputs."+root)
	case c.nodes[name] != nil:
		hint = fmt.Sprintf("a reference begins with the node itself: %s.…", name)
	case near != "":
		hint = fmt.Sprintf("did you mean %q?", near)
	case name == "":
		hint = fmt.Sprintf("a text stands in single quotes: '%s'", root)
	}
	return &expression.Unknown{Rule: "unknown-node", Summary: fmt.Sprintf("there is no node %q", root), Hint: hint, AtRoot: true}
}
