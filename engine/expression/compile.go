package expression

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
)

const (
	maxLength = 1000
	maxNodes  = 200
)

// clock is the name under which now() stands in the environment.
const clock = "now()"

// Compile parses, checks and compiles an expression, given without its mark. Nil: it is not well, and the diagnostics say why;
// without diagnostics the reason stood in the resolver's answer.
func Compile(source string, resolve Resolver, place Place) (*Expression, []diag.Diagnostic) {
	c := &walk{resolve: resolve, place: place, env: map[string]int{}}
	switch length := utf8.RuneCountInString(source); {
	case source == "":
		c.problem(0, 1, "expression", "an expression is missing here", "write it behind the mark = and a space")
		return nil, c.found
	case length > maxLength:
		c.problem(0, length, "expression-cost", fmt.Sprintf("the expression has %d characters, at most %d are allowed", length, maxLength), "split it with choose, or set a variable first")
		return nil, c.found
	}
	if strings.HasSuffix(source, ";") {
		c.problem(utf8.RuneCountInString(source)-1, 1, "expression", "an expression is one value: there is no ;", "remove it")
		return nil, c.found
	}
	tree, err := parser.ParseWithConfig(source, parsing())
	if err != nil {
		c.unparsed(source, err)
		return nil, c.found
	}
	head := headOf(tree.Node)
	shape := c.visit(&tree.Node, mayBeSecret)
	if len(c.found) > 0 || c.silent || shape.Kind == "" {
		return nil, c.found
	}
	e := &Expression{source: source, typ: shape.Type, refs: c.refs, needs: c.needs, usesClock: c.clock, cost: len(source) + c.patterns, head: head}
	if ident, ok := tree.Node.(*ast.IdentifierNode); ok && ident.Value != clock {
		e.whole = &graph.Reference{Root: c.refs[0].Root, Name: c.refs[0].Name}
		return e, nil
	}
	if err := e.assemble(tree); err != nil {
		c.problem(0, utf8.RuneCountInString(source), "expression", "the expression cannot be compiled: "+firstLine(err), "write it in another way")
		return nil, c.found
	}
	return e, nil
}

// headOf is the text at the left of a sum. Empty: something else stands there.
func headOf(n ast.Node) string {
	for {
		switch left := n.(type) {
		case *ast.StringNode:
			return left.Value
		case *ast.BinaryNode:
			if left.Operator != "+" {
				return ""
			}
			n = left.Left
		default:
			return ""
		}
	}
}

// What is said of expressions that stop in the middle, as they do when a YAML reader took the rest for something else.
const (
	EndsEarly = "the expression ends too early"
	NotClosed = "a text in the expression is not closed"
)

// ours and theirs are the functions that expr-lang is told of. It is told of no others.
var ours, theirs = functionTables()

func functionTables() (ours, theirs conf.FunctionsTable) {
	ours, theirs = conf.FunctionsTable{}, conf.FunctionsTable{}
	for name, f := range ownFunctions {
		ours[name] = &builtin.Function{Name: name, Func: f.call, Types: f.types}
	}
	for _, f := range builtin.Builtins {
		_, plain := signatures[f.Name]
		_, predicate := predicates[f.Name]
		if plain && ours[f.Name] == nil || predicate {
			theirs[f.Name] = f
		}
	}
	return ours, theirs
}

// parsing is the configuration of expr-lang: no optimizer, which has surprised people, and no `if`.
func parsing() *conf.Config {
	return &conf.Config{MaxNodes: maxNodes, DisableIfOperator: true, ShortCircuit: true, Functions: ours, Builtins: theirs}
}

// assemble compiles the checked tree against a struct that has one field for each reference.
func (e *Expression) assemble(tree *parser.Tree) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("it is more than the compiler can take")
		}
	}()
	fields := make([]reflect.StructField, 0, len(e.refs)+1)
	field := func(name string, t reflect.Type) {
		tag := reflect.StructTag(`expr:` + strconv.Quote(name))
		fields = append(fields, reflect.StructField{Name: "F" + strconv.Itoa(len(fields)), Type: t, Tag: tag})
	}
	for i := range e.refs {
		ref := &e.refs[i]
		if ref.soft {
			field(ref.String()+"?", anyType)
		} else {
			field(ref.String(), leafType(ref.typ))
		}
	}
	if e.usesClock {
		field(clock, reflect.TypeFor[time.Time]())
	}
	e.envType = reflect.StructOf(fields)
	config := parsing()
	config.WithEnv(reflect.New(e.envType).Interface())
	if _, err := checker.Check(tree, config); err != nil {
		return err
	}
	e.program, err = compiler.Compile(tree, config)
	return err
}

func firstLine(err error) string {
	var known *file.Error
	if errors.As(err, &known) {
		return known.Message
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// unparsed says in plain words what the parser stumbled over.
func (c *walk) unparsed(source string, err error) {
	var known *file.Error
	if !errors.As(err, &known) {
		c.problem(0, 1, "expression", "the expression cannot be read", "")
		return
	}
	at, message, hint := known.From, known.Message, "write texts in single quotes, and compare with =="
	length := max(known.To-known.From, 1)
	rule := "expression"
	ends := strings.Contains(message, "unexpected token EOF") || strings.Contains(message, "unexpected end")
	other := foreign(source, at)
	if ends {
		other = filtered(source)
	}
	if other != nil && !strings.Contains(message, "maximum") && !strings.Contains(message, "not terminated") {
		c.problem(other.at, other.length, rule, other.summary, other.hint)
		return
	}
	switch {
	case strings.Contains(message, "maximum allowed nodes"):
		rule, message, hint = "expression-cost", fmt.Sprintf("the expression has more than %d parts", maxNodes), "split it with choose, or set a variable first"
	case ends:
		message, hint = EndsEarly, "close every ( and [, and give every operator its right side"
	case strings.Contains(message, "not terminated"):
		message, hint = NotClosed, "close it with a single quote"
	case strings.Contains(message, `unexpected token Operator("=")`) && strings.TrimSpace(source[:min(len(source), 1)]) == "=":
		message, hint = "the mark = stands twice", "remove one"
	case strings.Contains(message, `unexpected token Operator("=")`):
		message, hint = "one = does not compare", "write =="
	case strings.Contains(message, `unexpected token Operator(";")`):
		message, hint = "an expression is one value: there is no ;", "choose, or set a variable first"
	case strings.Contains(message, "coalesce expressions"):
		message, hint = "?? beside another operator needs parentheses", "write (a.x ?? b.y) in parentheses"
	case strings.HasPrefix(message, "unexpected token "):
		token := strings.TrimPrefix(message, "unexpected token ")
		if open := strings.Index(token, "("); open >= 0 {
			token = strings.TrimSuffix(token[open+1:], ")")
		}
		hint = tokenHint(token)
		message = fmt.Sprintf("%s was not expected here", token)
	case strings.Contains(message, "char escape"):
		message, hint = "there is no such escape in a text", `write \\ for a backslash, and \' for a quote`
	}
	if end := utf8.RuneCountInString(source); at >= end {
		at, length = max(end-1, 0), 1
	}
	c.problem(at, length, rule, message, hint)
}

// tokenHint says what may be missing before a token that was not expected.
func tokenHint(token string) string {
	word := strings.Trim(token, `"`)
	switch first, _ := utf8.DecodeRuneInString(word); {
	case slices.Contains([]string{"&&", "||", "==", "!=", "<", ">", "<=", ">=", "*", "/", "%", "??", "and", "or", "in", "contains", "matches", "startsWith", "endsWith"}, word):
		return "a value is missing before it: every operator has one on its left and one on its right"
	case word == ",":
		return "commas stand between the entries of a list and the values of a function, and nowhere else"
	case word == ":":
		return "a choice between two values is written a ? b : c"
	case unicode.IsLetter(first) || unicode.IsDigit(first):
		return "an operator is missing before it, such as &&, || or =="
	}
	return "write texts in single quotes, and compare with =="
}

// typeName spells a type with its article.
func typeName(t connector.Type) string {
	word := t.String()
	if strings.ContainsRune("aeio", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}
