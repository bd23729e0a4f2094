package compile

import (
	"fmt"
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
	if e == nil || !c.fits(e.Type(), want, v.Scalar.At(offset, len([]rune(source))), what, source) {
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

// insteadOf writes what to take where a value is absent.
func insteadOf(source string, want connector.Type) string {
	other := map[connector.Kind]string{connector.String: "'none'", connector.Number: "0", connector.Bool: "false", connector.Duration: "duration('1h')", connector.Time: "now()", connector.List: "[]"}[want.Kind]
	if other == "" {
		other = "…"
	}
	return clip(source) + " ?? " + other
}

// fits reports a value of the wrong type: what is given the source of an expression.
func (c *compiler) fits(got, want connector.Type, where diag.Range, what, source string) bool {
	if want.Kind == "" || got.Kind == "" || want.Accepts(got) {
		return true
	}
	given := clip(what + " is given " + source)
	mayBeAbsent := want.Optional
	want.Optional = false
	switch {
	case got.Optional && !mayBeAbsent && want.Accepts(connector.Type{Kind: got.Kind, Elem: got.Elem, Fields: got.Fields}):
		c.report("type", where, given+", which may be absent", "say what to take instead: "+insteadOf(source, want))
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
	case got.Kind == connector.Session && (want.Kind == connector.User || want.Kind == connector.Account):
		return "name its field .user"
	case want.Kind == connector.User && got.Kind == connector.String:
		return "give it the user itself: no field of one, and no name"
	case want.Kind == connector.Time && got.Kind == connector.String:
		return "make a time of it with date(…)"
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
