package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
)

// shape is what the walk knows of a node of the tree. Kind empty: a mistake is reported already, so nothing more is said of it.
type shape struct {
	connector.Type
	integer bool // a number without fraction
	path    bool // nothing but a reference, or a field of one, or several of them with ?? between
	// anyOf are those references of a path that give a value whenever they are there.
	anyOf []graph.Reference
}

// mode is what the place of a node allows.
type mode int

const (
	soft        mode = 1 << iota // absent is well here: it stands before ??
	mayBeSecret                  // a secret is handed on whole
)

// walk goes through the tree once. It gives every node a type and replaces references by identifiers of the environment.
type walk struct {
	resolve Resolver
	place   Place
	refs    []reference
	env     map[string]int // name in the environment -> index of refs
	needs   []graph.Need
	found   []diag.Diagnostic
	element *shape // of the list that the predicate at hand is asked of. Nil: outside
	clock   bool
	// silent: some reference is known to be a mistake, and that is said elsewhere.
	silent bool
	// patterns is what the patterns of matches take together.
	patterns int
}

func (c *walk) problem(offset, length int, rule, summary, hint string) shape {
	c.found = append(c.found, diag.Diagnostic{Severity: diag.Error, Rule: rule, Summary: summary, Hint: hint, Subject: c.place(offset, length)})
	return shape{}
}

// over reports a wrong type of a whole stretch.
func (c *walk) over(where diag.Range, summary, hint string) shape {
	c.found = append(c.found, diag.Diagnostic{Severity: diag.Error, Rule: "type", Summary: summary, Hint: hint, Subject: where})
	return shape{}
}

// at reports a problem of a node.
func (c *walk) at(n ast.Node, rule, summary, hint string) shape {
	loc := n.Location()
	return c.problem(loc.From, loc.To-loc.From, rule, summary, hint)
}

func of(kind connector.Kind) shape { return shape{Type: connector.Type{Kind: kind}} }

// visit gives a node its type. Every kind of node that is not named here is refused.
func (c *walk) visit(slot *ast.Node, m mode) shape {
	switch n := (*slot).(type) {
	case *ast.StringNode:
		return of(connector.String)
	case *ast.BoolNode:
		return of(connector.Bool)
	case *ast.IntegerNode:
		return shape{Type: connector.Type{Kind: connector.Number}, integer: true}
	case *ast.FloatNode:
		return of(connector.Number)
	case *ast.IdentifierNode:
		return c.bareWord(n)
	case *ast.MemberNode:
		return c.member(slot, n, m)
	case *ast.ChainNode:
		return c.visit(&n.Node, m)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(slot, n, m)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.BuiltinNode:
		return c.function(slot, n.Name, n.Arguments)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.function(slot, callee.Value, n.Arguments)
		}
		if member, ok := n.Callee.(*ast.MemberNode); ok {
			if name, ok := member.Property.(*ast.StringNode); ok {
				return c.at(name, "expression", fmt.Sprintf("a value has no function %q of its own", name.Value), methodHint(member.Node.String(), name.Value))
			}
		}
		return c.at(n, "expression", "a value has no functions of its own", "write the function first: upper(a.x)")
	case *ast.NilNode:
		return c.at(n, "expression", "there is no nil", "say what to take instead of an absent value: a.x ?? 'none'")
	}
	return c.refuse(*slot)
}

// refuse names a part of expr-lang that flows do not have.
func (c *walk) refuse(n ast.Node) shape {
	what := "this"
	switch n.(type) {
	case *ast.SliceNode:
		what = "[from:to]"
	case *ast.MapNode, *ast.PairNode:
		what = "{key: value}"
	case *ast.VariableDeclaratorNode:
		what = "let"
	case *ast.SequenceNode:
		what = ";"
	case *ast.BytesNode:
		what = "b'…'"
	}
	return c.at(n, "expression", what+" is no part of the language", languageHint)
}

const languageHint = "there are ?:, ??, in, contains, startsWith, endsWith, matches, arithmetic and the functions of the manual"

func (c *walk) bareWord(n *ast.IdentifierNode) shape {
	_, unknown := c.resolve(n.Value, "")
	if unknown != nil && unknown.Summary == "" {
		c.silent = true
		return shape{}
	}
	if unknown != nil {
		return c.at(n, unknown.Rule, unknown.Summary, unknown.Hint)
	}
	return c.at(n, "expression", fmt.Sprintf("%q alone is no value", n.Value), fmt.Sprintf("name what you want of it: %s.…", n.Value))
}

// reference resolves root.name and puts an identifier of the environment in its place.
func (c *walk) reference(slot *ast.Node, root *ast.IdentifierNode, name *ast.StringNode, m mode) shape {
	t, unknown := c.resolve(root.Value, name.Value)
	if unknown != nil {
		if unknown.Summary == "" {
			c.silent = true
			return shape{}
		}
		if unknown.AtRoot {
			return c.at(root, unknown.Rule, unknown.Summary, unknown.Hint)
		}
		return c.at(name, unknown.Rule, unknown.Summary, unknown.Hint)
	}
	ref := reference{Reference: graph.Reference{Root: root.Value, Name: name.Value}, typ: t, soft: m&soft != 0 || t.Optional}
	from := root.Location().From
	length := name.Location().To - from
	if t.Kind == connector.Secret && m&mayBeSecret == 0 {
		return c.problem(from, length, "secret-in-expression", "a secret can only be handed on whole, to an input of type secret", "write = "+ref.String()+" and nothing else")
	}
	if m&soft == 0 {
		c.needs = append(c.needs, graph.Need{OneOf: []graph.Reference{ref.Reference}, Range: c.place(from, length)})
	}
	key := ref.String()
	if ref.soft {
		key += "?"
	}
	_, known := c.env[key]
	if !known {
		c.env[key] = len(c.refs)
		c.refs = append(c.refs, ref)
	}
	ast.Patch(slot, &ast.IdentifierNode{Value: key})
	s := shape{Type: t, path: true}
	if !t.Optional {
		s.anyOf = []graph.Reference{ref.Reference}
	}
	return s
}

// member reads root.name, or a field of a record.
func (c *walk) member(slot *ast.Node, n *ast.MemberNode, m mode) shape {
	name, constant := n.Property.(*ast.StringNode)
	if root, ok := n.Node.(*ast.IdentifierNode); ok && constant {
		return c.reference(slot, root, name, m)
	}
	if !constant {
		return c.at(n, "expression", "a list has no numbered places", "take first(…) or last(…), or find(…, …)")
	}
	written := n.Node.String()
	base := c.visit(&n.Node, m&soft)
	if base.Kind == "" {
		return shape{}
	}
	if base.Optional && m&soft == 0 && !n.Optional {
		return c.at(name, "type", fmt.Sprintf("%s may be absent", written), fmt.Sprintf("write %s?.%s ?? and a value to take instead", written, name.Value))
	}
	t, ok := field(base.Type, name.Value)
	if !ok {
		return c.noField(name, base.Type, written)
	}
	if m&soft != 0 {
		n.Optional = true
	}
	t.Optional = t.Optional || base.Optional
	s := shape{Type: t, path: base.path}
	if !t.Optional {
		s.anyOf = base.anyOf
	}
	return s
}

// otherFields are what the fields of people are called elsewhere.
var otherFields = map[string]string{
	"firstName": "givenName", "first_name": "givenName", "firstname": "givenName", "name": "givenName", "lastName": "familyName", "last_name": "familyName",
	"lastname": "familyName", "surname": "familyName", "mail": "email", "emailAddress": "email", "login": "username", "userName": "username", "sub": "id",
	"phoneNumber": "phone", "mobile": "phone", "roles": "groups", "memberOf": "groups", "custom": "attributes", "claims": "attributes",
}

func (c *walk) noField(name *ast.StringNode, t connector.Type, written string) shape {
	names := make([]string, 0, 12)
	for _, f := range fieldsOf(t) {
		names = append(names, f.Name)
	}
	if n := name.Value; (n == "length" || n == "size" || n == "count") && (t.Kind == connector.List || t.Kind == connector.String) {
		return c.at(name, "unknown-output", fmt.Sprintf("%s has no field %q", typeName(t), n), "write len("+written+")")
	}
	if other := otherFields[name.Value]; other != "" && slices.Contains(names, other) {
		return c.at(name, "unknown-output", fmt.Sprintf("%s has no field %q", typeName(t), name.Value), fmt.Sprintf("did you mean %q? Its fields are %s.", other, strings.Join(names, ", ")))
	}
	if len(names) == 0 {
		hint := "it can only be handed on whole"
		if t.Kind != connector.Object && t.Kind != connector.Challenge && t.Kind != connector.Secret {
			hint = "it is one value: leave ." + name.Value + " out"
		}
		return c.at(name, "unknown-output", fmt.Sprintf("%s has no field %q", typeName(t), name.Value), hint)
	}
	return c.at(name, "unknown-output", fmt.Sprintf("%s has no field %q", typeName(t), name.Value), diag.DidYouMean(name.Value, names, "Its fields are"))
}

func (c *walk) conditional(n *ast.ConditionalNode) shape {
	well := c.condition(&n.Cond, "the condition before ?")
	sides := [2]diag.Range{c.spanOf(n.Exp1), c.spanOf(n.Exp2)}
	left, right := c.visit(&n.Exp1, 0), c.visit(&n.Exp2, 0)
	if !well || left.Kind == "" || right.Kind == "" {
		return shape{}
	}
	t, ok := unify(left.Type, right.Type)
	if !ok {
		return c.sided(c.over(sides[1], fmt.Sprintf("one branch gives %s, the other %s", typeName(left.Type), typeName(right.Type)), "give both the same type"), sides, left, right)
	}
	return shape{Type: t, integer: left.integer && right.integer}
}

func (c *walk) array(n *ast.ArrayNode) shape {
	var elem *connector.Type
	for i := range n.Nodes {
		written, where := n.Nodes[i], c.spanOf(n.Nodes[i])
		s := c.visit(&n.Nodes[i], 0)
		if s.Kind == "" || c.absent(written, where, s) {
			return shape{}
		}
		if elem == nil {
			elem = &connector.Type{Kind: s.Kind, Elem: s.Elem, Fields: s.Fields}
			continue
		}
		t, ok := unify(*elem, s.Type)
		if !ok {
			return c.over(where, fmt.Sprintf("a list of %s cannot hold %s", elem, typeName(s.Type)), "give all entries the same type")
		}
		elem = &t
	}
	if elem != nil && elem.Kind == connector.List {
		return c.at(n, "type", "a list cannot hold lists", "make one list of it")
	}
	return shape{Type: connector.Type{Kind: connector.List, Elem: elem}}
}

// pointer reads what a predicate is asked of: # in any(list, # == 'a'), or . in any(list, .id == 'a').
func (c *walk) pointer(n *ast.PointerNode) shape {
	switch {
	case c.element == nil:
		return c.at(n, "expression", "# stands for the entry of a list, and there is no list here", "use it inside any, all, none, one, count, filter or find")
	case n.Name == "index":
		return shape{Type: connector.Type{Kind: connector.Number}, integer: true}
	case n.Name != "":
		return c.at(n, "expression", fmt.Sprintf("there is no #%s", n.Name), "# is the entry, #index its place")
	}
	return *c.element
}
