package compile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// value compiles a literal or an expression for a place of type want. A want without a kind takes anything but records and secrets.
// Nil: there was a mistake, and it is reported.
func (c *compiler) value(v *syntax.Value, want connector.Type, what string) graph.Value {
	switch v.Shape {
	case syntax.ListShape:
		return c.list(v, want, what)
	case syntax.MapShape:
		return c.object(v, want, what)
	}
	if v.Scalar == nil {
		return nil
	}
	source, offset, computed := v.Scalar.Expression()
	if !computed {
		return c.literal(v.Scalar, want, what)
	}
	e := c.expression(v.Scalar, source, offset)
	if e == nil || !c.fits(e.Type(), want, v.Scalar.At(offset, len([]rune(source))), what+" is given "+source) {
		return nil
	}
	return e
}

// expression compiles what stands behind the mark.
func (c *compiler) expression(s *syntax.Scalar, source string, offset int) *expression.Expression {
	if c.tooCostly(s, len(source)) {
		return nil
	}
	e, found := expression.Compile(source, c.resolve, func(at, length int) diag.Range { return s.At(offset+at, length) })
	for i := range found {
		c.cut(s, &found[i])
	}
	for i := range found {
		diag.Add(&c.found, found[i])
	}
	if e != nil {
		c.cost += e.Cost() - len(source)
	}
	return e
}

const (
	maxExpressions = 1000
	maxCost        = 100_000 // characters, and steps of patterns
)

// tooCostly bounds what all expressions of a flow may cost together. It is reported once.
func (c *compiler) tooCostly(s *syntax.Scalar, length int) bool {
	before := c.count > maxExpressions || c.cost > maxCost
	c.count++
	c.cost += length
	if c.count <= maxExpressions && c.cost <= maxCost {
		return false
	}
	if !before {
		c.holes = true
		c.report("expression-cost", s.Range, fmt.Sprintf("the flow has more than %d expressions, or more than %d characters of them", maxExpressions, maxCost), "move nodes that belong together into a part, and call it")
	}
	return true
}

// cut looks for a YAML reader that took a part of the expression for something else.
func (c *compiler) cut(s *syntax.Scalar, d *diag.Diagnostic) {
	if s.Quoted || d.Rule != "expression" {
		return
	}
	if !strings.HasPrefix(d.Summary, expression.EndsEarly) && !strings.HasPrefix(d.Summary, expression.NotClosed) {
		return
	}
	switch {
	case s.Comment:
		d.Rule = "comment-in-expression"
		d.Summary = `a " #" in a plain value begins a comment: the expression ends before it`
		d.Hint = "put the whole value in single quotes, and double those inside"
	case s.InFlow:
		d.Hint += "; inside { } and [ ] quote an expression that holds any of , ? [ ] { }"
	}
}

// fits reports a value of the wrong type.
func (c *compiler) fits(got, want connector.Type, where diag.Range, given string) bool {
	if want.Kind == "" || got.Kind == "" || want.Accepts(got) {
		return true
	}
	given = clip(given)
	mayBeAbsent := want.Optional
	want.Optional = false
	switch {
	case got.Optional && !mayBeAbsent && want.Accepts(connector.Type{Kind: got.Kind, Elem: got.Elem, Fields: got.Fields}):
		c.report("type", where, given+", which may be absent", "say what to take instead: … ?? 'none'")
	case want.Kind == connector.User && got.Kind == connector.Account:
		c.report("unproven-user", where, given+", an account, wanted a user: somebody found is not somebody proved",
			"take the user that an authenticator gives, such as user.checkPassword or session.check")
	case got.Kind == connector.Secret:
		c.report("secret-in-expression", where, fmt.Sprintf("%s, a secret, wanted %s", given, article(want)), "a secret can only be handed on whole, to an input of type secret")
	case want.Kind == connector.Secret:
		c.report("type", where, fmt.Sprintf("%s, %s, wanted a secret", given, article(got)), "secrets come from password and code fields, and from secrets.…")
	case want.Kind == connector.Bool:
		c.report("type", where, fmt.Sprintf("%s, %s, wanted a condition", given, article(got)), "compare it with something: … == 'x'")
	default:
		c.report("type", where, fmt.Sprintf("%s, %s, wanted %s", given, article(got), article(want)), typeHint(got, want))
	}
	return false
}

func typeHint(got, want connector.Type) string {
	switch {
	case want.Kind == connector.String && (got.Kind == connector.Number || got.Kind == connector.Bool):
		return "make a text of it with string(…)"
	case want.Kind == connector.String && (got.Kind == connector.Account || got.Kind == connector.User):
		return "name one of its fields, such as .username"
	case want.Kind == connector.Number && got.Kind == connector.String:
		return "make a number of it with int(…) or float(…)"
	case want.Kind == connector.Duration && got.Kind == connector.String:
		return "make a duration of it with duration(…)"
	case want.Kind == connector.List:
		return "write a list: [a, b]"
	}
	return fmt.Sprintf("give it %s", article(want))
}

func clip(text string) string {
	runes := []rune(text)
	if len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return text
}

func article(t connector.Type) string {
	word := t.String()
	if strings.ContainsRune("aeio", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

var numberPattern = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$`)

// literal reads a value that was written out. Nil: it is not one of this type.
func (c *compiler) literal(s *syntax.Scalar, want connector.Type, what string) graph.Value {
	if strings.HasPrefix(s.Value, "=") {
		c.report("expression", s.Range, "an expression begins with = and a space", "write = "+clip(strings.TrimSpace(s.Value[1:])))
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
			c.report("type-literal", s.Range, fmt.Sprintf("%q is a text, wanted a condition: begin it with =", clip(s.Value)), "write = "+clip(s.Value))
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
		c.report("type-literal", s.Range, what+" is written out, wanted a secret", unwritable(want))
		return nil
	default:
		c.report("type-literal", s.Range, fmt.Sprintf("%s is %q, wanted %s", what, clip(s.Value), article(want)), unwritable(want))
		return nil
	}
	if err != nil {
		c.report("type-literal", s.Range, fmt.Sprintf("%s is %q, wanted %s", what, clip(s.Value), article(want)), literalHint(want.Kind))
		return nil
	}
	return expression.NewLiteral(value, want)
}

func literalHint(kind connector.Kind) string {
	switch kind {
	case connector.Number:
		return "write digits, such as 3 or 3.5"
	case connector.Time:
		return "write a day, such as 2026-11-21"
	}
	return syntax.DurationHint
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

// forgottenMark warns of a text that reads like a reference.
func (c *compiler) forgottenMark(s *syntax.Scalar, what string) {
	match := referencePattern.FindStringSubmatch(s.Value)
	if match == nil {
		return
	}
	known := c.nodes[match[1]] != nil
	for _, root := range roots {
		known = known || root == match[1]
	}
	if known {
		c.warn("forgotten-mark", s.Range, fmt.Sprintf("%s is the text %q, not the value of it", what, s.Value), "write = "+s.Value)
	}
}

// keptBraces warns of {{ }} in a text that no page shows, such as that of a letter: it would be sent as it is written.
func (c *compiler) keptBraces(s *syntax.Scalar, what string) {
	if strings.Contains(s.Value, "{{") {
		c.warn("forgotten-mark", s.Range, what+" keeps its {{ }} as it is written: only what a form shows is filled in", "put it together in an expression: = 'Hello ' + vars.name")
	}
}

// list compiles a list that was written out.
func (c *compiler) list(v *syntax.Value, want connector.Type, what string) graph.Value {
	want.Optional = false
	if want.Kind != connector.List && want.Kind != "" {
		c.report("type-literal", v.Range, fmt.Sprintf("%s is a list, wanted %s", what, article(want)), "write one value")
		return nil
	}
	elem := connector.Type{}
	if want.Elem != nil {
		elem = *want.Elem
	}
	list := expression.List{Of: connector.Type{Kind: connector.List, Elem: want.Elem}}
	well := true
	for i := range v.Items {
		item := c.value(&v.Items[i], elem, "an entry")
		well = well && item != nil && c.kept(item, elem, v.Items[i].Range)
		list.Items = append(list.Items, item)
	}
	if !well {
		return nil
	}
	return list
}

// object compiles a map that was written out.
func (c *compiler) object(v *syntax.Value, want connector.Type, what string) graph.Value {
	want.Optional = false
	if want.Kind != connector.Object && want.Kind != "" {
		c.report("type-literal", v.Range, fmt.Sprintf("%s is a map, wanted %s", what, article(want)), mapHint(want))
		return nil
	}
	object := expression.Object{Of: connector.Type{Kind: connector.Object}}
	well := true
	for i := range v.Entries {
		entry := &v.Entries[i]
		value := c.value(&entry.Value, connector.Type{}, entry.Key.Value)
		well = well && value != nil && c.kept(value, connector.Type{}, entry.Value.Range)
		object.Names = append(object.Names, entry.Key.Value)
		object.Values = append(object.Values, value)
	}
	if !well {
		return nil
	}
	return object
}

func mapHint(want connector.Type) string {
	if want.Kind == connector.List {
		return "write a list: [a, b]"
	}
	return "write one value"
}

// kept refuses secrets and records inside a list or a map of anything.
func (c *compiler) kept(v graph.Value, want connector.Type, where diag.Range) bool {
	if want.Kind != "" {
		return true
	}
	switch t := v.Type(); t.Kind {
	case connector.Secret:
		c.report("secret-in-expression", where, "a secret can only be handed on whole, to an input of type secret", "remove it")
		return false
	case connector.Account, connector.User, connector.Session, connector.Device, connector.DeviceRequest, connector.Challenge:
		c.report("type", where, fmt.Sprintf("this is %s, wanted a text, a number or a condition", article(t)), "name one of its fields, such as .username")
		return false
	}
	return true
}
