package expression

import (
	"fmt"
	"regexp/syntax"
	"slices"

	"github.com/expr-lang/expr/ast"

	"vigil/engine/connector"
	"vigil/engine/diag"
)

func (c *walk) unary(n *ast.UnaryNode) shape {
	if n.Operator == "!" || n.Operator == "not" {
		if !c.condition(&n.Node, "what follows "+n.Operator) {
			return shape{}
		}
		return of(connector.Bool)
	}
	written, where := n.Node, c.spanOf(n.Node)
	s := c.visit(&n.Node, 0)
	switch {
	case s.Kind == "" || c.absent(written, where, s):
		return shape{}
	case s.Kind != connector.Number:
		return c.over(where, fmt.Sprintf("what follows %s is %s, wanted a number", n.Operator, typeName(s.Type)), wantedHint(connector.Number, s.Type))
	}
	return shape{Type: s.Type, integer: s.integer}
}

func (c *walk) binary(slot *ast.Node, n *ast.BinaryNode, m mode) shape {
	switch n.Operator {
	case "??":
		return c.coalesce(n, m)
	case "..":
		return c.at(n, "expression-cost", "there are no ranges", "compare with >= and <=")
	case "&&", "||", "and", "or":
		left := c.condition(&n.Left, "the left side of "+n.Operator)
		right := c.condition(&n.Right, "the right side of "+n.Operator)
		if !left || !right {
			return shape{}
		}
		return of(connector.Bool)
	}
	writtenLeft, writtenRight := n.Left, n.Right
	sides := [2]diag.Range{c.spanOf(n.Left), c.spanOf(n.Right)}
	left, right := c.visit(&n.Left, 0), c.visit(&n.Right, 0)
	if left.Kind == "" || right.Kind == "" || c.absent(writtenLeft, sides[0], left) || c.absent(writtenRight, sides[1], right) {
		return shape{}
	}
	switch n.Operator {
	case "matches":
		return c.matches(n, left)
	case "in":
		return c.sided(c.in(n, left, right), sides, left, right)
	}
	for i := range operations {
		if op := &operations[i]; op.serves(n.Operator, left, right) {
			if n.Operator == "*" && op.result == connector.Duration {
				// expr-lang makes a plain number of a duration times a number with a fraction.
				ast.Patch(slot, &ast.CallNode{Callee: &ast.IdentifierNode{Value: timesName}, Arguments: []ast.Node{n.Left, n.Right}})
			}
			return shape{Type: connector.Type{Kind: op.result}, integer: op.result == connector.Number && left.integer && right.integer && n.Operator != "/"}
		}
	}
	return c.sided(c.at(n, "type", fmt.Sprintf("%s does not go between %s and %s", n.Operator, typeName(left.Type), typeName(right.Type)), operatorHint(n.Operator, left, right)), sides, left, right)
}

// sided says of the mistake that was named last what stands on the two sides. Nothing, where there was none.
func (c *walk) sided(s shape, sides [2]diag.Range, left, right shape) shape {
	if s.Kind == "" && len(c.found) > 0 {
		last := &c.found[len(c.found)-1]
		last.Related = append(last.Related,
			diag.Related{Message: "this is " + typeName(left.Type), Range: sides[0]}, diag.Related{Message: "this is " + typeName(right.Type), Range: sides[1]})
	}
	return s
}

// spanOf is the range of a node with all that is in it.
func (c *walk) spanOf(n ast.Node) diag.Range {
	s := &span{n.Location().From, n.Location().To}
	ast.Walk(&n, s)
	return c.place(s.from, s.to-s.from)
}

type span struct{ from, to int }

// Visit takes a node into the span.
func (s *span) Visit(n *ast.Node) {
	loc := (*n).Location()
	s.from, s.to = min(s.from, loc.From), max(s.to, loc.To)
}

// operation is one row of what operators take and give.
type operation struct {
	operators   []string
	left, right connector.Kind
	integers    bool
	result      connector.Kind
}

var (
	equal   = []string{"==", "!="}
	ordered = []string{"==", "!=", "<", "<=", ">", ">="}
	texts   = []string{"contains", "startsWith", "endsWith"}
)

var operations = []operation{
	{operators: ordered, left: connector.Number, right: connector.Number, result: connector.Bool},
	{operators: ordered, left: connector.String, right: connector.String, result: connector.Bool},
	{operators: ordered, left: connector.Time, right: connector.Time, result: connector.Bool},
	{operators: ordered, left: connector.Duration, right: connector.Duration, result: connector.Bool},
	{operators: equal, left: connector.Bool, right: connector.Bool, result: connector.Bool},
	{operators: texts, left: connector.String, right: connector.String, result: connector.Bool},
	{operators: []string{"%"}, left: connector.Number, right: connector.Number, integers: true, result: connector.Number},
	{operators: []string{"+", "-", "*", "/", "**", "^"}, left: connector.Number, right: connector.Number, result: connector.Number},
	{operators: []string{"+"}, left: connector.String, right: connector.String, result: connector.String},
	{operators: []string{"+", "-"}, left: connector.Duration, right: connector.Duration, result: connector.Duration},
	{operators: []string{"+", "-"}, left: connector.Time, right: connector.Duration, result: connector.Time},
	{operators: []string{"+"}, left: connector.Duration, right: connector.Time, result: connector.Time},
	{operators: []string{"-"}, left: connector.Time, right: connector.Time, result: connector.Duration},
	{operators: []string{"*"}, left: connector.Number, right: connector.Duration, result: connector.Duration},
	{operators: []string{"*"}, left: connector.Duration, right: connector.Number, result: connector.Duration},
}

func (o *operation) serves(operator string, left, right shape) bool {
	if left.Kind != o.left || right.Kind != o.right || o.integers && !(left.integer && right.integer) {
		return false
	}
	for _, known := range o.operators {
		if known == operator {
			return true
		}
	}
	return false
}

func operatorHint(operator string, left, right shape) string {
	record := func(s shape) bool { return s.Kind == connector.Account || s.Kind == connector.User }
	switch {
	case operator == "contains" && left.Kind == connector.List:
		return "ask the other way round: 'staff' in vars.user.groups"
	case (operator == "==" || operator == "!=") && record(left) && record(right):
		return "compare their id"
	case (operator == "==" || operator == "!=") && (left.Kind == connector.List) != (right.Kind == connector.List):
		return "look into a list with in: 'staff' in vars.user.groups"
	case operator == "%":
		return "make whole numbers of both with int(…)"
	case operator == "+" && (left.Kind == connector.String || right.Kind == connector.String):
		return "make a text of the other side with string(…)"
	case between(left, right, connector.Duration, connector.Number) || between(left, right, connector.Duration, connector.String):
		return "write the duration as duration('15m')"
	case between(left, right, connector.Time, connector.String) || between(left, right, connector.Time, connector.Number):
		return "write the time as date('2026-11-21'), or a moment from now as now() - duration('1h')"
	case between(left, right, connector.Number, connector.String):
		return "make a number of the text with int(…) or float(…), or write it without quotes"
	case between(left, right, connector.Bool, connector.String):
		return "write true and false without quotes"
	case left.Kind == right.Kind && (operator == "<" || operator == ">" || operator == "<=" || operator == ">="):
		return "only numbers, texts, times and durations have an order"
	case left.Kind == right.Kind && left.Kind == connector.List:
		return "look into a list with in, any, all or len"
	case left.Kind == right.Kind:
		return fmt.Sprintf("%s is not made for %ss", operator, left.Kind)
	case record(left) || record(right):
		return "name a field of the record, such as .id or .username"
	}
	return "both sides must be of one type"
}

// between reports two kinds on the two sides, in either order.
func between(left, right shape, a, b connector.Kind) bool {
	return left.Kind == a && right.Kind == b || left.Kind == b && right.Kind == a
}

// matches takes a constant pattern only: a pattern out of data could be made to cost anything.
func (c *walk) matches(n *ast.BinaryNode, left shape) shape {
	pattern, constant := n.Right.(*ast.StringNode)
	if !constant {
		return c.at(n.Right, "expression", "the pattern of matches must be written out", "write it in single quotes")
	}
	if left.Kind != connector.String {
		return c.at(n, "type", fmt.Sprintf("matches takes a text on its left, not %s", typeName(left.Type)), wantedHint(connector.String, left.Type))
	}
	tree, err := syntax.Parse(pattern.Value, syntax.Perl)
	if err != nil {
		return c.at(pattern, "expression", "this is no regular expression", "see the syntax of RE2: https://golang.org/s/re2syntax")
	}
	steps := patternSteps(tree)
	if c.patterns += steps; steps > maxPattern {
		return c.at(pattern, "expression-cost", fmt.Sprintf("the pattern takes more than %d steps", maxPattern), "repeat less: a{100} counts a hundred times")
	}
	return of(connector.Bool)
}

const maxPattern = 500

// patternSteps is how large a pattern becomes when its repetitions are written out.
func patternSteps(tree *syntax.Regexp) int {
	steps := 1 + len(tree.Rune)
	for _, sub := range tree.Sub {
		steps += patternSteps(sub)
	}
	if tree.Op == syntax.OpRepeat {
		steps *= max(tree.Min, tree.Max, 1)
	}
	return min(steps, 1<<20)
}

func (c *walk) in(n *ast.BinaryNode, left, right shape) shape {
	if right.Kind != connector.List {
		hint := "write a list: request.country in ['NL', 'BE']"
		if right.Kind == connector.String && left.Kind == connector.String {
			hint = "ask the other way round: a.text contains 'word'"
		}
		return c.at(n, "type", fmt.Sprintf("in looks into a list, not into %s", typeName(right.Type)), hint)
	}
	plain := left.Kind == connector.String || left.Kind == connector.Number || left.Kind == connector.Bool
	if !plain || right.Elem != nil && right.Elem.Kind != left.Kind {
		return c.at(n, "type", fmt.Sprintf("%s cannot be in %s", typeName(left.Type), typeName(right.Type)), "look for a text in a list of texts, or for a number in a list of numbers")
	}
	return of(connector.Bool)
}

// coalesce is a ?? b ?? c: the first that is there. All but the last may be absent; where the last is a reference, one of them all must be there.
func (c *walk) coalesce(n *ast.BinaryNode, m mode) shape {
	secret := m & mayBeSecret
	sides := [2]diag.Range{c.spanOf(n.Left), c.spanOf(n.Right)}
	left := c.operand(&n.Left, soft|secret)
	before := len(c.needs)
	right := c.operand(&n.Right, m)
	if left.Kind == "" || right.Kind == "" {
		return shape{}
	}
	if !left.path && !left.Optional {
		return c.at(n, "type", "?? has nothing to do: its left side is always there", "remove it and what follows")
	}
	t, ok := unify(left.Type, right.Type)
	if !ok {
		return c.sided(c.at(n, "type", fmt.Sprintf("?? stands between %s and %s", typeName(left.Type), typeName(right.Type)), "give both sides the same type"), sides, left, right)
	}
	t.Optional = right.Optional
	if right.path && m&soft == 0 && len(c.needs) > before {
		need := &c.needs[len(c.needs)-1]
		need.OneOf = append(slices.Clone(left.anyOf), need.OneOf...)
	}
	return shape{Type: t, path: right.path, anyOf: append(slices.Clone(left.anyOf), right.anyOf...)}
}

// operand visits one side of ??. Where a path was made to stop at what is absent, it must be closed as a chain.
func (c *walk) operand(slot *ast.Node, m mode) shape {
	s := c.visit(slot, m)
	if member, ok := (*slot).(*ast.MemberNode); ok && m&soft != 0 {
		chain := &ast.ChainNode{Node: member}
		chain.SetLocation(member.Location())
		*slot = chain
	}
	return s
}
