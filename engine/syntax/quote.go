package syntax

import (
	"fmt"
	"strings"

	"vigil/engine/diag"
)

// openQuote finds a quote that is not closed in its line, where the next line reads like one of its own. Nil: there is none before the place.
func (r *reader) openQuote(at diag.Pos) *diag.Diagnostic {
	quote, begun, depth := rune(0), diag.Pos{}, 0
	for number := 1; number <= at.Line && number <= len(r.source.starts); number++ {
		before, line := ' ', []rune(r.source.line(number))
		if quote != 0 && number > begun.Line && (keyAlone.MatchString(string(line)) || isEntry(string(line))) {
			hint := fmt.Sprintf("write %c where it ends", quote)
			return r.mistake(begun.Line, begun.Column, 1, "the quote that begins here is not closed in its line", hint)
		}
	characters:
		for i, c := range line {
			begins := strings.ContainsRune(" :-,{[", before) && (i == 0 || line[i-1] == ' ' || depth > 0)
			switch {
			case quote != 0:
				if c == quote && (c != '"' || line[i-1] != '\\') {
					quote = 0
				}
			case c == '#' && (i == 0 || line[i-1] == ' '):
				break characters
			case (c == '\'' || c == '"') && begins:
				quote, begun = c, diag.Pos{Line: number, Column: i + 1}
			case (c == '{' || c == '[') && begins:
				depth++
			case c == '}' || c == ']':
				depth = max(depth-1, 0)
			}
			if c != ' ' {
				before = c
			}
		}
	}
	return nil
}
