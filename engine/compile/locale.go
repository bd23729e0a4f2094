package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// Locale is the texts of flows in another language.
type Locale struct {
	Tag   string
	Texts map[string]syntax.Scalar // by place
	// Places are all that flows have, and Used those of them that were found. They grow as flows are compiled.
	Places, Used map[string]bool
}

// said compiles a text and its translations. Its place is where c.here stands, and these words; the first is empty where nobody knows the place.
func (c *compiler) said(s *syntax.Scalar, words ...string) *graph.Text {
	before := len(c.found)
	t := c.text(s)
	if t == nil || len(c.around.Locales) == 0 || words[0] == "" {
		return t
	}
	well := len(c.found) == before
	place := strings.Join(append(append([]string{c.flow.Name}, c.here...), words...), ".")
	for _, l := range c.around.Locales {
		l.Places[place] = true
		other, there := l.Texts[place]
		if !there {
			c.missing[l.Tag] = append(c.missing[l.Tag], untranslated{place, t.Range})
			continue
		}
		l.Used[place], c.translated[l.Tag] = true, true
		before := len(c.found)
		translation := c.text(&other)
		if well && len(c.found) == before {
			c.sameHoles(t, translation, other.Range)
		}
		if t.In == nil {
			t.In = map[string][]graph.TextPart{}
		}
		t.In[l.Tag] = translation.Parts
	}
	return t
}

// untranslated is a text that a language lacks.
type untranslated struct {
	place string
	where diag.Range
}

// sameHoles holds a translation to compute what the text computes.
func (c *compiler) sameHoles(t, translation *graph.Text, where diag.Range) {
	own, other := holes(t), holes(translation)
	for _, source := range slices.Sorted(maps.Keys(own)) {
		if !other[source] {
			c.report("translation", where, fmt.Sprintf("the translation leaves out {{ %s }}", source), "a translation computes what the text does")
			return
		}
	}
	for _, source := range slices.Sorted(maps.Keys(other)) {
		if !own[source] {
			c.report("translation", where, fmt.Sprintf("the text has no {{ %s }}", source), "a translation computes what the text does")
			return
		}
	}
}

func holes(t *graph.Text) map[string]bool {
	sources := map[string]bool{}
	for i := range t.Parts {
		if e, ok := t.Parts[i].Value.(*expression.Expression); ok {
			sources[e.Source()] = true
		}
	}
	return sources
}

// tellMissing warns of what languages lack: of every text, or of the flow where they have nothing of it.
func (c *compiler) tellMissing() {
	for _, l := range c.around.Locales {
		lacks := c.missing[l.Tag]
		if len(lacks) > 0 && !c.translated[l.Tag] {
			c.warn("missing-translation", c.file.Flow.Range, fmt.Sprintf("%s has no text of %q", l.Tag, c.flow.Name), fmt.Sprintf("add them to locales/%s.yaml, such as %s", l.Tag, lacks[0].place))
			continue
		}
		for _, text := range lacks {
			c.warn("missing-translation", text.where, fmt.Sprintf("%s has no %s", l.Tag, text.place), fmt.Sprintf("add it to locales/%s.yaml", l.Tag))
		}
	}
}
