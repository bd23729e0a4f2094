package compile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vigil/engine/connector"
	"vigil/engine/expression"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

var numberPattern = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$`)

// literal reads a value that was written out. Nil: it is not one of this type.
func (c *compiler) literal(s *syntax.Scalar, want connector.Type, what string) graph.Value {
	if strings.HasPrefix(s.Value, "=") {
		c.report("expression", s.Range, "an expression begins with = and a space", "write = "+orElse(clip(strings.TrimLeft(s.Value, "= ")), "and what is to be computed"))
		return nil
	}
	var value any
	var err error
	want.Optional = false
	switch want.Kind {
	case "":
		return c.guessed(s)
	case connector.String:
		c.forgottenMark(s, what)
		c.keptBraces(s, what)
		return expression.NewLiteral(s.Value, want)
	case connector.Bool:
		if s.Value != "true" && s.Value != "false" || s.Quoted {
			c.report("type-literal", s.Range, fmt.Sprintf("%s is the text %q, wanted true, false or a condition", what, clip(s.Value)), boolHint(s.Value))
			return nil
		}
		value = s.Value == "true"
	case connector.Number:
		if !numberPattern.MatchString(s.Value) {
			err = strconv.ErrSyntax
		}
		value, _ = strconv.ParseFloat(s.Value, 64)
	case connector.Duration:
		value, err = connector.ParseDuration(s.Value)
	case connector.Time:
		value, err = connector.ParseTime(s.Value)
	case connector.Secret:
		c.report("type-literal", s.Range, what+" is written out, wanted a secret", orElse(c.markHint(s.Value), unwritable(want)))
		return nil
	default:
		c.report("type-literal", s.Range, fmt.Sprintf("%s is %q, wanted %s", what, clip(s.Value), article(want)), orElse(c.markHint(s.Value), listHint(s.Value, want)))
		return nil
	}
	if err != nil {
		c.report("type-literal", s.Range, fmt.Sprintf("%s is %q, wanted %s", what, clip(s.Value), article(want)), orElse(c.markHint(s.Value), literalHint(want.Kind, s.Value)))
		return nil
	}
	return expression.NewLiteral(value, want)
}

func literalHint(kind connector.Kind, written string) string {
	switch kind {
	case connector.Number:
		return "write digits, such as 3 or 3.5"
	case connector.Time:
		return "write a day, such as 2026-11-21"
	}
	return syntax.DurationHint(written)
}

// boolHint says how a condition is written that was written otherwise.
func boolHint(written string) string {
	switch strings.ToLower(written) {
	case "true", "yes", "on", "y", "1":
		return "write true"
	case "false", "no", "off", "n", "0":
		return "write false"
	}
	if strings.ContainsAny(written, "=<>()!&|.") {
		return "write = " + clip(written)
	}
	return "write true, false, or = and a condition"
}

// markHint is for a text that reads like a reference, or like one of another language: what was forgotten is its mark. Empty: it does not.
func (c *compiler) markHint(written string) string {
	if reference := c.referenceIn(written); reference != "" {
		return "write = " + reference
	}
	return ""
}

// listHint makes a list of the words of a text.
func listHint(written string, want connector.Type) string {
	words := strings.FieldsFunc(written, func(c rune) bool { return c == ' ' || c == ',' })
	if want.Kind != connector.List || len(words) == 0 || len(words) > 9 {
		return unwritable(want)
	}
	return "write a list: [" + strings.Join(words, ", ") + "]"
}

// unwritable says how to give a value of a type that has no literals.
func unwritable(t connector.Type) string {
	switch t.Kind {
	case connector.List:
		return "write a list: [a, b]"
	case connector.Object:
		return "write a map: {a: 1}"
	case connector.Secret:
		return "a secret is never written in a flow: write = secrets.name, or = and a field of a form"
	}
	return fmt.Sprintf("%s cannot be written out: write = and where it comes from", article(t))
}

// guessed reads a literal whose type nobody declared, such as a claim.
func (c *compiler) guessed(s *syntax.Scalar) graph.Value {
	switch {
	case !s.Quoted && (s.Value == "true" || s.Value == "false"):
		return expression.NewLiteral(s.Value == "true", connector.Type{Kind: connector.Bool})
	case !s.Quoted && numberPattern.MatchString(s.Value):
		number, _ := strconv.ParseFloat(s.Value, 64)
		return expression.NewLiteral(number, connector.Type{Kind: connector.Number})
	}
	c.forgottenMark(s, "this")
	c.keptBraces(s, "this")
	return expression.NewLiteral(s.Value, connector.Type{Kind: connector.String})
}

var referencePattern = regexp.MustCompile(`^!?([a-z][A-Za-z0-9]*)\.[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*$`)

// bracedPattern finds references in the braces of other languages: ${a.b}, {a.b}, %a.b%, $a.b.
var bracedPattern = regexp.MustCompile(`(?:\$\{|\{|%|\$)\s*([a-z][A-Za-z0-9]*(?:\.[a-z][A-Za-z0-9]*)+)\s*(?:\}|%|$)?`)

// referenceIn is the one reference that a text is, in whatever braces. Empty: it is something else.
func (c *compiler) referenceIn(text string) string {
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "{{"), "}}")
	text = strings.TrimSpace(text)
	if match := bracedPattern.FindStringSubmatch(text); match != nil && match[0] == text {
		text = match[1]
	}
	if match := referencePattern.FindStringSubmatch(text); match != nil && c.isRoot(match[1]) {
		return text
	}
	return ""
}

func (c *compiler) isRoot(word string) bool {
	return c.nodes[word] != nil || slices.Contains(roots, word)
}

// forgottenMark warns of a text that reads like a reference.
func (c *compiler) forgottenMark(s *syntax.Scalar, what string) {
	if match := referencePattern.FindStringSubmatch(s.Value); match != nil && c.isRoot(match[1]) {
		c.warn("forgotten-mark", s.Range, fmt.Sprintf("%s is the text %q, not the value of it", what, s.Value), "write = "+s.Value)
	}
}

// keptBraces warns of {{ }} in a text that no page shows and no letter says, and of the braces of other languages: it would be handed on as it is
// written.
func (c *compiler) keptBraces(s *syntax.Scalar, what string) {
	const together = "put it together in an expression: = 'Hello ' + vars.name"
	if strings.Contains(s.Value, "{{") {
		hint := together
		if reference := c.referenceIn(s.Value); reference != "" {
			hint = "write = " + reference
		}
		c.warn("forgotten-mark", s.Range, what+" keeps its {{ }} as it is written: only what a form shows and a letter says is filled in", hint)
		return
	}
	if at := c.foreignBraces(s.Value); at != nil {
		hint := together
		if reference := c.referenceIn(s.Value); reference != "" {
			hint = "write = " + reference
		}
		c.warnForeign(s, what, at, hint)
	}
}

// foreignBraces finds a reference in the braces of other languages: where it begins and ends, and the reference itself. Nil: there is none.
func (c *compiler) foreignBraces(text string) []int {
	for _, at := range bracedPattern.FindAllStringSubmatchIndex(text, -1) {
		root, _, _ := strings.Cut(text[at[2]:at[3]], ".")
		if doubled := at[0] > 0 && text[at[0]-1] == '{'; !doubled && c.isRoot(root) {
			return at
		}
	}
	return nil
}

func (c *compiler) warnForeign(s *syntax.Scalar, what string, at []int, hint string) {
	before, written := utf8.RuneCountInString(s.Value[:at[0]]), s.Value[at[0]:at[1]]
	c.warn("forgotten-mark", s.At(before, utf8.RuneCountInString(written)), fmt.Sprintf("%s keeps %s as it is written", what, written), hint)
}
