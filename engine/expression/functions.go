package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"vigil/engine/connector"
	"vigil/engine/diag"
)

// signature is what a function takes and gives. A kind of "" takes a list.
type signature struct {
	takes    [][]connector.Kind // allowed kinds of each argument
	optional int                // how many of the last may be left out
	gives    connector.Kind
	integer  bool
}

var (
	anyText   = []connector.Kind{connector.String}
	anyNumber = []connector.Kind{connector.Number}
)

var signatures = map[string]signature{
	"len":      {takes: [][]connector.Kind{{connector.String, connector.List, connector.Object}}, gives: connector.Number, integer: true},
	"lower":    {takes: [][]connector.Kind{anyText}, gives: connector.String},
	"upper":    {takes: [][]connector.Kind{anyText}, gives: connector.String},
	"trim":     {takes: [][]connector.Kind{anyText, anyText}, optional: 1, gives: connector.String},
	"indexOf":  {takes: [][]connector.Kind{anyText, anyText}, gives: connector.Number, integer: true},
	"int":      {takes: [][]connector.Kind{{connector.Number, connector.String}}, gives: connector.Number, integer: true},
	"float":    {takes: [][]connector.Kind{{connector.Number, connector.String}}, gives: connector.Number},
	"string":   {takes: [][]connector.Kind{{connector.String, connector.Number, connector.Bool}}, gives: connector.String},
	"min":      {takes: [][]connector.Kind{anyNumber, anyNumber, anyNumber, anyNumber}, optional: 3, gives: connector.Number},
	"max":      {takes: [][]connector.Kind{anyNumber, anyNumber, anyNumber, anyNumber}, optional: 3, gives: connector.Number},
	"duration": {takes: [][]connector.Kind{anyText}, gives: connector.Duration},
	"date":     {takes: [][]connector.Kind{anyText}, gives: connector.Time},
	"mask":     {takes: [][]connector.Kind{anyText}, gives: connector.String},
	"now":      {gives: connector.Time},
	"split":    {takes: [][]connector.Kind{anyText, anyText}, gives: connector.List},
	"join":     {takes: [][]connector.Kind{{connector.List}, anyText}, optional: 1, gives: connector.String},
	"first":    {takes: [][]connector.Kind{{connector.List}}},
	"last":     {takes: [][]connector.Kind{{connector.List}}},
}

// predicates are the functions that ask a question of each entry of a list.
var predicates = map[string]connector.Kind{
	"all": connector.Bool, "any": connector.Bool, "none": connector.Bool, "one": connector.Bool, "count": connector.Number,
	"filter": connector.List, "find": "",
}

// Functions lists the names of all functions, sorted.
func Functions() []string {
	return []string{
		"all", "any", "count", "date", "duration", "filter", "find", "first", "float", "indexOf", "int", "join", "last", "len", "lower",
		"mask", "max", "min", "none", "now", "one", "split", "string", "trim", "upper",
	}
}

func (c *walk) function(slot *ast.Node, name string, args []ast.Node) shape {
	if _, ok := predicates[name]; ok {
		return c.predicate(*slot, name, args)
	}
	s, ok := signatures[name]
	if !ok {
		return c.at(*slot, "unknown-function", fmt.Sprintf("there is no function %q", name), functionHint(name))
	}
	if len(args) > len(s.takes) || len(args) < len(s.takes)-s.optional {
		return c.at(*slot, "expression", fmt.Sprintf("%s takes %s, not %d", name, counted(len(s.takes)-s.optional, len(s.takes)), len(args)), "put the values in the parentheses, with commas between them")
	}
	var first shape
	for i := range args {
		written, where := args[i], c.spanOf(args[i])
		arg := c.visit(&args[i], 0)
		if arg.Kind == "" || c.absent(written, where, arg) {
			return shape{}
		}
		if !slices.Contains(s.takes[i], arg.Kind) {
			return c.over(where, fmt.Sprintf("%s is given %s, wanted %s", name, typeName(arg.Type), kindNames(s.takes[i])), wantedHint(s.takes[i][0], arg.Type))
		}
		if i == 0 {
			first = arg
		}
	}
	return c.gives(slot, name, s, first)
}

// gives is the type of a call whose arguments are well.
func (c *walk) gives(slot *ast.Node, name string, s signature, first shape) shape {
	switch name {
	case "now":
		c.clock = true
		ast.Patch(slot, &ast.IdentifierNode{Value: clock})
	case "split":
		return shape{Type: listing}
	case "first", "last":
		if first.Elem == nil {
			return c.at(*slot, "type", name+" of an empty list gives nothing", "name a list that holds something")
		}
		t := *first.Elem
		t.Optional = true
		return shape{Type: t}
	case "join":
		if first.Elem != nil && first.Elem.Kind != connector.String {
			return c.at(*slot, "type", fmt.Sprintf("join is given %s, wanted a list<string>", typeName(first.Type)), wantedHint(connector.List, first.Type))
		}
	case "duration", "date":
		return c.constant(*slot, name, s)
	}
	return shape{Type: connector.Type{Kind: s.gives}, integer: s.integer}
}

// constant looks at the text given to duration and date where it is written out.
func (c *walk) constant(n ast.Node, name string, s signature) shape {
	if call, ok := n.(*ast.CallNode); ok {
		if written, ok := call.Arguments[0].(*ast.StringNode); ok {
			if _, err := ownFunctions[name].call(written.Value); err != nil {
				hint := "write a number and a unit: 90s, 15m, 8h, 30d, 1h30m"
				if name == "date" {
					hint = "write 2026-11-21, or 2026-11-21T08:00:00Z"
				}
				return c.at(written, "type-literal", fmt.Sprintf("%q is no %s", written.Value, name), hint)
			}
		}
	}
	return shape{Type: connector.Type{Kind: s.gives}}
}

func (c *walk) predicate(n ast.Node, name string, args []ast.Node) shape {
	if c.element != nil {
		return c.at(n, "expression-cost", "a predicate inside a predicate may cost the square of the list", "filter the inner list in a step before, or compare with in")
	}
	written, where := args[0], c.spanOf(args[0])
	list := c.visit(&args[0], 0)
	if list.Kind == "" || c.absent(written, where, list) {
		return shape{}
	}
	if list.Kind != connector.List || list.Elem == nil {
		return c.over(where, fmt.Sprintf("%s is given %s, wanted a list", name, typeName(list.Type)), wantedHint(connector.List, list.Type))
	}
	if len(args) > 1 {
		question, ok := args[1].(*ast.PredicateNode)
		if !ok {
			return c.at(args[1], "expression", name+" takes a list and a condition", "write "+name+"(list, # == 'a')")
		}
		c.element = &shape{Type: *list.Elem}
		well := c.condition(&question.Node, "the condition of "+name)
		c.element = nil
		if !well {
			return shape{}
		}
	} else if list.Elem.Kind != connector.Bool {
		return c.at(n, "expression", name+" takes a list and a condition", "write "+name+"(list, # == 'a')")
	}
	switch gives := predicates[name]; gives {
	case connector.List:
		return shape{Type: list.Type}
	case "":
		t := *list.Elem
		t.Optional = true
		return shape{Type: t}
	default:
		return shape{Type: connector.Type{Kind: gives}, integer: gives == connector.Number}
	}
}

func functionHint(name string) string {
	switch name {
	case "map", "reduce", "sum", "groupBy", "sortBy", "sort":
		return "lists are only searched, counted and filtered: any, all, none, one, count, filter, find"
	}
	if hint := foreignFunction(name); hint != "" && diag.Nearest(name, Functions()) == "" {
		return hint
	}
	return diag.DidYouMean(name, Functions(), "The functions are")
}

func counted(least, most int) string {
	switch {
	case least != most:
		return fmt.Sprintf("%d to %d values", least, most)
	case most == 1:
		return "one value"
	case most == 0:
		return "no value"
	}
	return fmt.Sprintf("%d values", most)
}

func kindNames(kinds []connector.Kind) string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = typeName(connector.Type{Kind: kind})
	}
	return strings.Join(names, " or ")
}
