package compile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

const (
	defaultTimeout = 15 * time.Minute
	defaultEvery   = 2 * time.Second
)

// shells makes all nodes with their outcomes, so that references between them can be resolved before any value is compiled.
func (c *compiler) shells() {
	for i := range c.file.Nodes {
		n := &c.file.Nodes[i]
		node := &graph.Node{Name: n.Name.Value, Range: n.Name.Range, Limit: n.Limit, Then: map[string]*graph.Edge{}}
		if slices.Contains(expression.Functions(), node.Name) {
			c.report("name", n.Name.Range, fmt.Sprintf("a node cannot be called %q: a function is called so", node.Name), "choose another name")
		}
		if n.Broken {
			c.quiet[n.Name.Value] = true
			c.holes = true
		}
		c.nodes[node.Name] = node
		if name := syntax.AsName(node.Name); name != node.Name { // of which the mistake is named: others may call it as it should be called
			if name != "" && c.nodes[name] == nil {
				node.Name, c.nodes[name], c.quiet[name] = name, node, c.quiet[node.Name]
			}
		} else {
			c.names = append(c.names, node.Name)
		}
		c.flow.Nodes = append(c.flow.Nodes, node)
		switch {
		case n.Form != nil:
			node.Form = c.formShell(node, n.Form)
		case n.Do != nil:
			node.Do = c.doShell(n)
		case n.Call != nil:
			node.Call = c.callShell(n)
		case n.End != nil:
			node.End = c.endShell(n)
		}
	}
}

func (c *compiler) doShell(n *syntax.Node) *graph.Do {
	name := n.Do.Name
	if name.Value == "" {
		c.quiet[n.Name.Value] = true
		return &graph.Do{}
	}
	capability := c.around.Registry.Lookup(name.Value)
	if capability == nil {
		c.quiet[n.Name.Value] = true
		c.holes = true
		c.report("unknown-capability", name.Range, fmt.Sprintf("there is no capability %q", name.Value),
			orElse(c.workHint(n.Do.Name.Value), orElse(capabilityHint(name.Value, c.around.Registry.Names()), "none is registered")))
	}
	if capability != nil && capability.Expects != nil {
		capability = c.expecting(n, capability)
	}
	do := &graph.Do{Capability: capability}
	if capability != nil && capability.Opens != nil {
		do.Opens = c.openShell(n)
	}
	return do
}

func (c *compiler) callShell(n *syntax.Node) *graph.Call {
	name := n.Call.Name
	if name.Value == "" {
		c.quiet[n.Name.Value] = true
		return &graph.Call{}
	}
	return &graph.Call{Part: c.partOf(name, n.Name.Value)}
}

// partOf finds a part by name for a node. Nil: it is not there or cannot be served, and that is named.
func (c *compiler) partOf(name syntax.Scalar, node string) *graph.Flow {
	part := c.around.Parts[name.Value]
	quiet := func(rule, summary, hint string) *graph.Flow {
		c.quiet[node] = true
		c.holes = true
		c.report(rule, name.Range, summary, hint)
		return nil
	}
	if c.around.Refused[name.Range] || c.around.Broken[name.Value] { // which is said already
		c.quiet[node], c.holes = true, true
		return nil
	}
	switch {
	case part == nil:
		var names []string
		for _, p := range sortedParts(c.around.Parts) {
			if p.Part {
				names = append(names, p.Name)
			}
		}
		hint := diag.DidYouMean(name.Value, names, "The parts are")
		switch {
		case c.around.Registry.Lookup(name.Value) != nil:
			hint = fmt.Sprintf("it is a capability: write do: %s", name.Value)
		case hint == "":
			hint = fmt.Sprintf("a part is a file beside this one: %s.yaml, with outcomes", name.Value)
		}
		return quiet("unknown-part", fmt.Sprintf("there is no part %q", name.Value), hint)
	case !part.Part:
		return quiet("unknown-part", fmt.Sprintf("%q is a sign-on flow, no part", name.Value), "only a flow that declares outcomes can be called or opened")
	}
	return part
}

// endShell holds the name of an outcome against what this flow may end with.
func (c *compiler) endShell(n *syntax.Node) *graph.End {
	name := n.End.Name
	names := []string{"success", "error"}
	if c.flow.Part {
		names = []string{"error"}
		for _, o := range c.flow.Outcomes {
			names = append(names, o.Name)
		}
	}
	for _, known := range names {
		if known == name.Value {
			return &graph.End{Outcome: name.Value}
		}
	}
	if name.Value != "" && c.file.Lost["outcomes"] {
		c.quiet[n.Name.Value] = true
		return &graph.End{}
	}
	if name.Value != "" {
		c.quiet[n.Name.Value] = true
		what := "a sign-on flow"
		if c.flow.Part {
			what = "this part"
		}
		hint := diag.DidYouMean(name.Value, names, "Its outcomes are")
		if other := otherEnds[strings.ToLower(name.Value)]; other != "" && !c.flow.Part {
			hint = fmt.Sprintf("did you mean %q? %s", other, hint)
		}
		c.report("unknown-outcome", name.Range, fmt.Sprintf("%s has no outcome %q", what, name.Value), hint)
	}
	return &graph.End{}
}

// otherEnds are what people call the two ends elsewhere.
var otherEnds = map[string]string{
	"failure": "error", "fail": "error", "failed": "error", "denied": "error", "deny": "error", "reject": "error", "abort": "error",
	"ok": "success", "done": "success", "complete": "success", "approved": "success", "allow": "success",
}

// workHint is for a word behind do that is no capability, but something else that a flow has. Empty: it is nothing.
func (c *compiler) workHint(name string) string {
	switch {
	case slices.Contains([]string{"form", "choose", "end", "call"}, name):
		return fmt.Sprintf("%s is a key of the node, in the place of do: write %s:", name, name)
	case name == "success" || name == "error":
		return fmt.Sprintf("a flow ends by end: write end: %s", name)
	case c.around.Parts[name] != nil && c.around.Parts[name].Part || c.around.Broken[name]:
		return fmt.Sprintf("it is a part: write call: %s", name)
	}
	return ""
}

// capabilityHint names the capability that was most likely meant, by its whole name or by what stands behind its dot; or else those that begin alike.
func capabilityHint(name string, names []string) string {
	const lead = "The capabilities are"
	if diag.Nearest(name, names) != "" {
		return diag.DidYouMean(name, names, lead)
	}
	subject, verb, _ := strings.Cut(name, ".")
	var alike []string
	for _, known := range names {
		its, does, _ := strings.Cut(known, ".")
		if verb != "" && strings.EqualFold(does, verb) {
			return fmt.Sprintf("did you mean %q?", known)
		}
		if strings.EqualFold(its, subject) {
			alike = append(alike, known)
		}
	}
	if len(alike) > 0 {
		return "Those of " + subject + " are " + strings.Join(alike, ", ") + "."
	}
	return diag.DidYouMean(name, names, lead)
}

// wiring lays the edges of a node and names what is left open.
func (c *compiler) wiring(n *syntax.Node, node *graph.Node) {
	outcomes := node.Outcomes()
	names := make([]string, len(outcomes))
	for i := range outcomes {
		names[i] = outcomes[i].Name
	}
	if c.lacksButtons(n, names) {
		return
	}
	meant := map[string]bool{} // by a misspelt word: that it is missing would only repeat the mistake
	other, only := onlyUnwired(n, names)
	for i := range n.Then {
		exit := &n.Then[i]
		if exit.Outcome.Value == "limit" && !slices.Contains(names, "limit") {
			c.holes = true
			c.report("unknown-outcome", exit.Outcome.Range, fmt.Sprintf("node %q has no outcome %q", node.Name, "limit"), "limit stands beside then, not under it")
			continue
		}
		name := exit.Outcome.Value
		if _, known := node.Outcome(name); !known && !c.quiet[node.Name] {
			if c.full() {
				c.holes = true
				continue
			}
			hint := c.outcomeHint(node, name, names)
			if name = diag.Nearest(name, names); name == "" && only {
				name, hint = other, fmt.Sprintf("did you mean %q? It leads nowhere.", other)
			}
			c.report("unknown-outcome", exit.Outcome.Range, fmt.Sprintf("node %q has no outcome %q", node.Name, exit.Outcome.Value), hint)
			if meant[name] = true; laid(n, name) {
				name = ""
			}
		}
		edge := c.edge(name, &exit.Edge)
		if name == "" {
			c.holes = true
			continue
		}
		node.Then[name] = edge
	}
	if c.quiet[node.Name] {
		return
	}
	var open []string
	for _, name := range names {
		if node.Then[name] == nil && name != "error" && !laid(n, name) && !meant[name] {
			open = append(open, name)
		}
	}
	c.unwired(n, node, open)
}

// unwired names all outcomes of a node that lead nowhere.
func (c *compiler) unwired(n *syntax.Node, node *graph.Node, open []string) {
	if len(open) == 0 {
		return
	}
	c.holes = true
	summary, hint := fmt.Sprintf("node %q: outcome %q leads nowhere", node.Name, open[0]), fmt.Sprintf("add %s: and a node under its then", strings.Join(open, ": and "))
	if len(open) > 1 {
		summary = fmt.Sprintf("node %q: the outcomes %s lead nowhere", node.Name, strings.Join(open, ", "))
		hint = fmt.Sprintf("add %s: under its then, each with a node", strings.Join(open, ": and "))
	}
	if len(n.Then) == 0 {
		hint = fmt.Sprintf("add then: {%s: …}, with the node to which %s leads", strings.Join(open, ": …, "), map[bool]string{true: "each", false: "it"}[len(open) > 1])
	}
	c.report("unwired-outcome", node.Range, summary, hint)
}

// lacksButtons names a form without buttons whose then names some: that each of them is unknown would only repeat it.
func (c *compiler) lacksButtons(n *syntax.Node, names []string) bool {
	if n.Form == nil || len(n.Form.Buttons) > 0 || len(n.Then) < 2 || c.quiet[n.Name.Value] || !slices.Contains(names, "continue") {
		return false
	}
	var buttons []string
	for i := range n.Then {
		word := n.Then[i].Outcome.Value
		if word == "continue" {
			return false
		}
		if !slices.Contains(names, word) {
			buttons = append(buttons, word)
		}
		c.edge(word, &n.Then[i].Edge) // for the mistakes in it
	}
	if len(buttons) < 2 {
		return false
	}
	c.holes = true
	c.report("unknown-outcome", n.Then[0].Outcome.Range, fmt.Sprintf("the form %q has no buttons, and its then names %s", n.Name.Value, strings.Join(buttons, ", ")),
		fmt.Sprintf("add buttons: [{name: %s, label: …}], or lead continue: somewhere", strings.Join(buttons, ", label: …}, {name: ")))
	return true
}

// onlyUnwired finds the one outcome that leads nowhere, where there is one word under then that is no outcome: they belong together.
func onlyUnwired(n *syntax.Node, names []string) (string, bool) {
	var strange, open []string
	for i := range n.Then {
		if word := n.Then[i].Outcome.Value; !slices.Contains(names, word) {
			strange = append(strange, word)
		}
	}
	for _, name := range names {
		if name != "error" && !laid(n, name) {
			open = append(open, name)
		}
	}
	if len(strange) != 1 || len(open) != 1 || strange[0] == "limit" || strange[0] == "exhausted" {
		return "", false
	}
	return open[0], true
}

// laid reports an outcome whose edge stands there but could not be laid: its mistake is named already.
func laid(n *syntax.Node, outcome string) bool {
	for i := range n.Then {
		if n.Then[i].Outcome.Value == outcome {
			return true
		}
	}
	return false
}

func (c *compiler) outcomeHint(node *graph.Node, word string, names []string) string {
	if word == "exhausted" && (node.Do != nil || node.Call != nil) {
		return "a node is left by exhausted when it has a limit: add one, or remove this line"
	}
	return strings.Replace(diag.DidYouMean(word, names, "Its outcomes are"), ", error.", " and error.", 1)
}
