package compile

import (
	"strings"
	"unicode/utf8"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// plain makes a text without values.
func plain(text string, where diag.Range) *graph.Text {
	return &graph.Text{Source: text, Range: where, Parts: []graph.TextPart{{Literal: text}}}
}

// text compiles a text with {{ }} in it. Nil stays nil.
func (c *compiler) text(s *syntax.Scalar) *graph.Text {
	if s == nil {
		return nil
	}
	t := &graph.Text{Source: s.Value, Range: s.Range}
	if source, offset, computed := s.Expression(); computed {
		c.part(t, s, source, offset)
		return t
	}
	if strings.HasPrefix(s.Value, "=") {
		c.literal(s, anyText, "text")
		return t
	}
	c.forgottenMark(s, "this")
	if at := c.foreignBraces(s.Value); at != nil && !strings.HasPrefix(s.Value[at[1]:], "}") {
		c.warnForeign(s, "this", at, "write {{ "+s.Value[at[2]:at[3]]+" }}")
	}
	rest, offset := s.Value, 0
	pass := func(bytes int) string {
		passed := rest[:bytes]
		offset += utf8.RuneCountInString(passed)
		rest = rest[bytes:]
		return passed
	}
	for {
		open := strings.Index(rest, "{{")
		if open < 0 {
			if strings.Contains(rest, "}}") {
				c.report("expression", s.At(offset+utf8.RuneCountInString(rest[:strings.Index(rest, "}}")]), 2), "}} closes nothing", "write {{ before the expression")
			}
			if rest != "" || len(t.Parts) == 0 {
				t.Parts = append(t.Parts, graph.TextPart{Literal: rest})
			}
			return t
		}
		if open > 0 {
			t.Parts = append(t.Parts, graph.TextPart{Literal: pass(open)})
		}
		length := closing(rest)
		if length < 0 {
			c.report("expression", s.At(offset, 2), "{{ is never closed", "write }} behind the expression")
			return t
		}
		at := offset
		written := pass(length)
		source := strings.TrimSuffix(strings.TrimPrefix(written, "{{"), "}}")
		trimmed := strings.TrimLeft(source, " \n")
		c.part(t, s, strings.TrimRight(trimmed, " \n"), at+2+utf8.RuneCountInString(source)-utf8.RuneCountInString(trimmed))
	}
}

// closing finds the end of a text that begins with {{, looking over strings inside. Negative: there is none.
func closing(text string) int {
	quote := byte(0)
	for i := 2; i < len(text); i++ {
		switch {
		case quote != 0 && text[i] == '\\':
			i++
		case quote != 0 && text[i] == quote:
			quote = 0
		case quote == 0 && (text[i] == '\'' || text[i] == '"'):
			quote = text[i]
		case quote == 0 && strings.HasPrefix(text[i:], "}}"):
			return i + 2
		}
	}
	return -1
}

// foreignPart names what others write inside of {{ }}. False: it is of this language, or has other mistakes.
func (c *compiler) foreignPart(s *syntax.Scalar, source string, offset int) bool {
	inner := strings.TrimSpace(strings.Trim(source, "{= "))
	switch {
	case source == "":
		c.report("expression", s.At(max(offset-2, 0), 2), "nothing stands inside {{ }}", "write what is to be filled in, such as {{ vars.user.givenName }}")
	case strings.HasPrefix(source, "{"):
		c.report("expression", s.At(offset, 1), "two braces are enough", "write {{ "+clip(inner)+" }}")
	case strings.HasPrefix(source, "= "):
		c.report("expression", s.At(offset, 1), "inside {{ }} an expression has no mark", "write {{ "+clip(inner)+" }}")
	default:
		return false
	}
	return true
}

// part compiles one expression of a text.
func (c *compiler) part(t *graph.Text, s *syntax.Scalar, source string, offset int) {
	if c.foreignPart(s, source, offset) {
		return
	}
	e := c.expression(s, source, offset)
	if e == nil {
		return
	}
	where := s.At(offset, utf8.RuneCountInString(source))
	switch got := e.Type(); {
	case got.Kind == connector.Secret:
		c.report("secret-in-text", where, source+" is a secret: it cannot stand in a text", "a secret can only be handed on whole, to an input of type secret")
		return
	case got.Optional:
		c.report("type", where, clip(source)+" may be absent", "say what to write instead: "+clip(source)+" ?? ''")
		return
	case got.Kind != connector.String && got.Kind != connector.Number && got.Kind != connector.Bool && got.Kind != connector.Time:
		c.report("type", where, clip(source)+" is "+article(got)+": it cannot stand in a text", "a text holds strings, numbers, conditions and times: name a field of it")
		return
	}
	t.Parts = append(t.Parts, graph.TextPart{Value: e})
}
