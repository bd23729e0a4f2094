package expression

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"

	"vigil/engine/connector"
	"vigil/engine/diag"
)

// absent reports a value that may be absent where one is needed.
func (c *walk) absent(n ast.Node, where diag.Range, s shape) bool {
	if !s.Optional {
		return false
	}
	written := strings.ReplaceAll(n.String(), "?", "")
	c.over(where, fmt.Sprintf("%s may be absent", written), "say what to take instead: ("+written+" ?? …)")
	return true
}

// condition visits a node that must be true or false, and be there.
func (c *walk) condition(slot *ast.Node, what string) bool {
	written, where := *slot, c.spanOf(*slot)
	s := c.visit(slot, 0)
	switch {
	case s.Kind == "" || c.absent(written, where, s):
		return false
	case s.Kind != connector.Bool:
		c.over(where, fmt.Sprintf("%s is %s, wanted %s", what, typeName(s.Type), typeName(connector.Type{Kind: connector.Bool})), wantedHint(connector.Bool, s.Type))
		return false
	}
	return true
}

// wantedHint says how to come from one type to another.
func wantedHint(want connector.Kind, got connector.Type) string {
	switch {
	case want == connector.Bool:
		return "compare it with something: … == 'x'"
	case want == connector.String && (got.Kind == connector.Number || got.Kind == connector.Bool):
		return "make a text of it with string(…)"
	case want == connector.Number && got.Kind == connector.String:
		return "make a number of it with int(…) or float(…)"
	case (got.Kind == connector.Account || got.Kind == connector.User) && want == connector.String:
		return "name one of its fields, such as .username"
	case want == connector.List:
		return "name a list, such as vars.user.groups, or write one: ['a', 'b']"
	}
	return "give it " + typeName(connector.Type{Kind: want})
}
