package compile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// body compiles the values of one node and lays its edges.
func (c *compiler) body(n *syntax.Node) {
	node := c.nodes[n.Name.Value]
	c.here = []string{node.Name}
	switch {
	case n.Form != nil:
		c.form(node, n.Form)
	case n.Do != nil:
		if node.Do.Capability != nil {
			work := n.Do
			if node.Do.Opens != nil {
				work = c.opening(n, node)
			}
			node.Do.With = c.arguments(work, node.Do.Capability.Inputs, fmt.Sprintf("capability %q", node.Do.Capability.Name))
			if meant := c.askedMethod(n.Do, node.Do.Capability); meant != "" {
				for i := range node.Do.With {
					if a := &node.Do.With[i]; a.Name == "method" {
						a.Value = expression.NewLiteral(meant, a.Type)
					}
				}
			}
		}
	case n.Call != nil:
		if node.Call.Part != nil {
			node.Call.With = c.arguments(n.Call, node.Call.Part.Inputs, fmt.Sprintf("part %q", node.Call.Part.Name))
		}
	case n.End != nil:
		c.end(node, n.End)
		return
	case n.Choose != nil:
		c.choose(node, n.Choose)
		return
	}
	c.wiring(n, node)
}

// arguments compiles `with:` against what is declared.
func (c *compiler) arguments(w *syntax.Work, declared []connector.Field, what string) []graph.Argument {
	names := make([]string, len(declared))
	for i := range declared {
		names[i] = declared[i].Name
	}
	given := make(map[string]bool, len(w.With))
	for i := range w.With {
		given[w.With[i].Key.Value] = true
	}
	missing := missingOf(declared, given)
	list := make([]graph.Argument, 0, len(w.With))
	for i := range w.With {
		entry := &w.With[i]
		at := slices.Index(names, entry.Key.Value)
		if at < 0 {
			meant := c.strangeInput(entry.Key, &missing, names, given, what)
			if at = slices.Index(names, meant); at < 0 {
				c.value(&entry.Value, connector.Type{}, entry.Key.Value)
				continue
			}
			given[meant] = true
		}
		input := &declared[at]
		if said := c.saidBy(input, &entry.Value); said != nil {
			list = append(list, graph.Argument{Name: input.Name, Type: input.Type, Said: said, Range: entry.Value.Range})
			continue
		}
		if value := c.value(&entry.Value, input.Type, fmt.Sprintf("the input %q", input.Name)); value != nil {
			list = append(list, graph.Argument{Name: input.Name, Type: input.Type, Value: value, Range: entry.Value.Range, Items: itemRanges(&entry.Value)})
		}
	}
	list = append(list, c.saidAnyway(w, declared, given)...)
	c.missingInputs(w, missing, what)
	return list
}

// missingInputs names all that are needed and not given.
func (c *compiler) missingInputs(w *syntax.Work, missing []string, what string) {
	if len(missing) == 0 || w.Torn {
		return
	}
	inputs, hint := fmt.Sprintf("the input %q", missing[0]), "add "+strings.Join(missing, ": and ")+": under with"
	if len(missing) > 1 {
		inputs = "the inputs " + strings.Join(missing, ", ")
	}
	if len(w.With) == 0 {
		hint = "add with: {" + strings.Join(missing, ": …, ") + ": …}"
	}
	c.report("missing-input", w.Name.Range, what+" needs "+inputs, hint)
}

// saidBy are the words that are written out for an input of words. Nil: it is none of words, or they are computed.
func (c *compiler) saidBy(input *connector.Field, v *syntax.Value) *graph.Text {
	if !input.Said || v.Scalar == nil {
		return nil
	}
	if _, _, computed := v.Scalar.Expression(); computed {
		return nil
	}
	return c.said(v.Scalar, input.Name)
}

// saidAnyway are the words of a capability that a flow leaves out, where a language has others: they have places like those that are written.
func (c *compiler) saidAnyway(w *syntax.Work, declared []connector.Field, given map[string]bool) []graph.Argument {
	var list []graph.Argument
	for i := range declared {
		in := &declared[i]
		words, _ := in.Default.(string)
		if !in.Said || words == "" || given[in.Name] || len(c.around.Locales) == 0 {
			continue
		}
		said := c.said(&syntax.Scalar{Value: words, Range: w.Name.Range}, in.Name)
		list = append(list, graph.Argument{Name: in.Name, Type: in.Type, Said: said, Range: w.Name.Range})
	}
	return list
}

// missingOf are the names of inputs that are needed and not given.
func missingOf(declared []connector.Field, given map[string]bool) []string {
	var missing []string
	for i := range declared {
		if in := &declared[i]; !given[in.Name] && !in.Type.Optional && in.Default == nil {
			missing = append(missing, in.Name)
		}
	}
	return missing
}

func itemRanges(v *syntax.Value) []diag.Range {
	ranges := make([]diag.Range, len(v.Items))
	for i := range v.Items {
		ranges[i] = v.Items[i].Range
	}
	return ranges
}

// strangeInput names an input that is not declared, and gives the one that was most likely meant: one that is missing, if there is any near it, or
// a single one. That it is missing is then no further mistake.
func (c *compiler) strangeInput(key syntax.Scalar, missing *[]string, names []string, given map[string]bool, what string) string {
	if c.full() {
		return ""
	}
	hint := orElse(diag.DidYouMean(key.Value, names, "Its inputs are"), "remove it: there are none")
	near := diag.Nearest(key.Value, *missing)
	switch other := diag.Nearest(key.Value, names); {
	case near == "" && other != "" && !given[other]:
		near = other
	case near == "" && other == "" && len(*missing) == 1:
		near = (*missing)[0]
	}
	if slices.Contains(*missing, near) {
		hint = fmt.Sprintf("did you mean %q? It is needed and missing.", near)
		*missing = slices.DeleteFunc(slices.Clone(*missing), func(name string) bool { return name == near })
	}
	c.report("unknown-input", key.Range, fmt.Sprintf("%s has no input %q", what, key.Value), hint)
	return near
}

// choose compiles the entries of a choice.
func (c *compiler) choose(node *graph.Node, choices []syntax.Choice) {
	for i := range choices {
		entry := graph.Choice{Edge: c.edge(strconv.Itoa(i+1), &choices[i].Edge)}
		if choices[i].When != nil {
			if entry.When = c.value(choices[i].When, connector.Type{Kind: connector.Bool}, "the condition"); entry.When == nil {
				c.holes = true
			}
		}
		if entry.Edge != nil {
			node.Choose = append(node.Choose, entry)
		}
	}
}

// edge compiles the edge of an outcome. Nil: it leads nowhere.
func (c *compiler) edge(outcome string, e *syntax.Edge) *graph.Edge {
	edge := &graph.Edge{Range: e.To.Range, To: c.nodes[e.To.Value]}
	c.used[e.To.Value] = true
	if edge.To == nil {
		c.unknownNode(e.To)
	}
	if e.Torn { // that a variable is not set would only repeat it
		for _, name := range c.variableNames() {
			edge.Set = append(edge.Set, graph.Assignment{Variable: name})
		}
	}
	for i := range e.Set {
		entry := &e.Set[i]
		name := entry.Key.Value
		t, known := c.vars[name]
		c.used["vars."+name] = true
		if !known {
			name = c.unknownVariable(entry.Key)
			t = c.vars[name]
		}
		// A value with a mistake counts as set: that a variable lacks it would only repeat the mistake.
		before := len(c.found)
		value := c.value(&entry.Value, t, fmt.Sprintf("the variable %q", name))
		c.declaredAt(before, name, t)
		edge.Set = append(edge.Set, graph.Assignment{Variable: name, Value: value})
	}
	edge.Message = c.said(e.Message, outcome, "message")
	edge.Notice = c.said(e.Notice, outcome, "notice")
	c.besideField(edge, e)
	if edge.To == nil {
		return nil
	}
	return edge
}

// declaredAt says of a value of a wrong type, which was named since, where its variable is declared.
func (c *compiler) declaredAt(before int, name string, t connector.Type) {
	for i := before; i < len(c.found); i++ {
		if d := &c.found[i]; d.Rule != "type" && d.Rule != "type-literal" && d.Rule != "unproven-user" || len(d.Related) > 0 {
			continue
		}
		for j := range c.flow.Vars {
			if v := &c.flow.Vars[j]; v.Name == name {
				c.found[i].Related = []diag.Related{{Message: fmt.Sprintf("%s is declared here as %s", name, article(t)), Range: v.Range}}
			}
		}
	}
}

// besideField holds `field:` against the form that the edge leads to.
func (c *compiler) besideField(edge *graph.Edge, e *syntax.Edge) {
	if e.Field == nil {
		return
	}
	edge.Field = e.Field.Value
	if e.Message == nil {
		c.report("shape", e.Field.Range, "field stands beside a message, and there is none", "add message: or remove field")
		return
	}
	if edge.To == nil || edge.To.Form == nil || c.quiet[edge.To.Name] {
		return
	}
	var names []string
	for i := range edge.To.Form.Fields {
		names = append(names, edge.To.Form.Fields[i].Name)
	}
	if !slices.Contains(names, e.Field.Value) {
		c.report("unknown-field", e.Field.Range, fmt.Sprintf("the form %q has no field %q", edge.To.Name, e.Field.Value), orElse(diag.DidYouMean(e.Field.Value, names, "Its fields are"), "remove field: the form has none"))
	}
}

// unknownVariable names a variable that is none, and gives the one that was most likely meant.
func (c *compiler) unknownVariable(name syntax.Scalar) string {
	if c.full() {
		return ""
	}
	names := c.variableNames()
	word := strings.TrimPrefix(name.Value, "vars.")
	if !c.file.Lost["vars"] {
		c.report("unknown-variable", name.Range, fmt.Sprintf("there is no variable %q", name.Value),
			orElse(diag.DidYouMean(word, names, "The variables are"), fmt.Sprintf("declare it at the top: vars: {%s: string}", word)))
	}
	return diag.Nearest(word, names)
}

func (c *compiler) variableNames() []string {
	names := make([]string, len(c.flow.Vars))
	for i := range c.flow.Vars {
		names[i] = c.flow.Vars[i].Name
	}
	return names
}

func orElse(text, other string) string {
	if text != "" {
		return text
	}
	return other
}

func sortedParts(parts map[string]*graph.Flow) []*graph.Flow {
	list := make([]*graph.Flow, 0, len(parts))
	for _, p := range parts {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *graph.Flow) int { return strings.Compare(a.Name, b.Name) })
	return list
}
