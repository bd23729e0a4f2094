package syntax

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigil/engine/diag"
)

// shapely are the reader's messages that are about brackets, columns and colons, and not about one character.
var shapely = []string{
	"mapping values are not allowed", "expected ',' or '}'", "expected ',' or ']'", "expected key", "expected '-' indicator", "expected node content",
	"could not find expected ':'", "block sequence entries", "<document start>",
}

// stumble says what an author did where the YAML reader stumbled, as far as the lines tell. Part is of the reader's message. Nil: they do not.
func (r *reader) stumble(at diag.Pos, part string, ended bool) *diag.Diagnostic {
	line := r.source.line(at.Line)
	for column, c := range []rune(line) {
		if c == ' ' {
			continue
		}
		if c == '\t' {
			return r.mistake(at.Line, column+1, 1, "a tab cannot indent", "indent with spaces")
		}
		if unicode.IsSpace(c) {
			return r.mistake(at.Line, column+1, 1, fmt.Sprintf("the character U+%04X looks like a space and is none", c), "indent with spaces")
		}
		break
	}
	if d := r.openQuote(at); d != nil {
		return d
	}
	if !slices.Contains(shapely, part) {
		return nil
	}
	open := r.openAt(at)
	if ended {
		open = r.openAt(diag.Pos{Line: at.Line, Column: at.Column + 1})
	}
	switch {
	case ended && open != nil, open != nil && at.Line > open.at.Line && r.indent(at.Line) <= r.indent(open.at.Line):
		return r.mistake(open.at.Line, open.at.Column, 1, fmt.Sprintf("this %c is never closed", open.bracket), fmt.Sprintf("write %c where it ends", closing(open.bracket)))
	case open != nil:
		return r.insideBrackets(at, open)
	}
	return r.outsideBrackets(at, part)
}

// mistake makes a diagnostic of some characters of a line.
func (r *reader) mistake(line, column, length int, summary, hint string) *diag.Diagnostic {
	return &diag.Diagnostic{Severity: diag.Error, Rule: "yaml", Summary: summary, Hint: hint, Subject: r.source.at(line, column, length)}
}

// opened is a bracket that is open at some place.
type opened struct {
	bracket rune
	at      diag.Pos
}

func closing(bracket rune) rune {
	if bracket == '{' {
		return '}'
	}
	return ']'
}

// openAt finds the innermost bracket of a flow collection that is open at a place. Nil: none is.
func (r *reader) openAt(at diag.Pos) *opened {
	var stack []opened
	for number := 1; number <= at.Line && number <= len(r.source.starts); number++ {
		line := []rune(r.source.line(number))
		if number == at.Line {
			line = line[:min(max(at.Column-1, 0), len(line))]
		}
		stack = passBrackets(stack, line, number)
	}
	if len(stack) == 0 {
		return nil
	}
	return &stack[len(stack)-1]
}

// passBrackets opens and closes the brackets of a line. Those inside of texts count for nothing.
func passBrackets(stack []opened, line []rune, number int) []opened {
	before, quote := ' ', rune(0) // the last character that is no blank, and the quote that is open
	for i, c := range line {
		begins := strings.ContainsRune(" :-,{[", before) && (i == 0 || line[i-1] == ' ' || len(stack) > 0)
		switch {
		case quote != 0:
			if c == quote && (c != '"' || line[i-1] != '\\') {
				quote = 0
			}
		case c == '#' && (i == 0 || line[i-1] == ' '):
			return stack
		case (c == '\'' || c == '"') && begins:
			quote = c
		case (c == '{' || c == '[') && begins:
			stack = append(stack, opened{c, diag.Pos{Line: number, Column: i + 1}})
		case (c == '}' || c == ']') && len(stack) > 0:
			stack = stack[:len(stack)-1]
		}
		if c != ' ' {
			before = c
		}
	}
	return stack
}

func (r *reader) indent(line int) int {
	text := r.source.line(line)
	return len(text) - len(strings.TrimLeft(text, " "))
}

// insideBrackets says what cannot stand inside { } and [ ].
func (r *reader) insideBrackets(at diag.Pos, open *opened) *diag.Diagnostic {
	line := []rune(r.source.line(at.Line))
	next := ' '
	if at.Column <= len(line) {
		next = line[at.Column-1]
	}
	related := func(d *diag.Diagnostic) *diag.Diagnostic {
		d.Related = []diag.Related{{Message: fmt.Sprintf("the %c is opened here", open.bracket), Range: r.source.at(open.at.Line, open.at.Column, 1)}}
		return d
	}
	both := "{ }"
	if open.bracket == '[' {
		both = "[ ]"
	}
	before := strings.TrimRight(string(line[:min(at.Column-1, len(line))]), " ")
	switch {
	case (next == '}' || next == ']') && next != closing(open.bracket):
		return related(r.mistake(at.Line, at.Column, 1, fmt.Sprintf("a %c closes what %c opened", next, open.bracket), fmt.Sprintf("write %c", closing(open.bracket))))
	case next == '[' || next == '{' || next == '?':
		return related(r.mistake(at.Line, at.Column, 1, fmt.Sprintf("inside %s a plain value cannot hold a %c", both, next), "put the whole value in single quotes, and double those inside"))
	case at.Line > open.at.Line && strings.TrimSpace(before) == "" || at.Line > open.at.Line && next == ':':
		above := r.lineAbove(at.Line)
		if text := strings.TrimRight(r.source.line(above), " "); above > 0 && !strings.HasSuffix(text, ",") && !strings.HasSuffix(text, string(open.bracket)) {
			return related(r.mistake(above, utf8.RuneCountInString(text), 1, "a comma is missing behind this entry", "inside "+both+" a comma stands between entries, at the end of a line too"))
		}
	}
	if next == ':' && at.Column > 1 && line[at.Column-2] == ' ' {
		return related(r.mistake(at.Line, at.Column, 1, "inside "+both+" a plain value cannot hold a \": \"", "put the whole value in single quotes, and double those inside"))
	}
	if words := strings.Fields(before); next == ':' && len(words) > 1 && loneWord.MatchString(words[len(words)-1]) {
		word := words[len(words)-1]
		column := utf8.RuneCountInString(before) - utf8.RuneCountInString(word) + 1
		return related(r.mistake(at.Line, column, utf8.RuneCountInString(word), fmt.Sprintf("a comma is missing before %q", word), "inside "+both+" a comma stands between entries; or quote the whole value, where this is no key"))
	}
	quote := quoteBefore(before)
	if quote == 0 {
		return nil
	}
	if begun := strings.LastIndex(before[:len(before)-1], string(quote)); begun > 0 {
		if rest := strings.TrimRight(before[:begun], " "); strings.HasSuffix(rest, ",") {
			return related(r.mistake(at.Line, utf8.RuneCountInString(rest), 1, "inside "+both+" a comma ends the value before it", "put the whole value in single quotes, and double those inside"))
		}
	}
	return related(r.quoteEnded(at, quote))
}

// quoteBefore is the quote at the end of what stands before a place, where it closes a text. Zero: there is none.
func quoteBefore(before string) rune {
	if strings.HasSuffix(before, "'") || strings.HasSuffix(before, `"`) {
		return rune(before[len(before)-1])
	}
	return 0
}

// quoteEnded says that a text in quotes ended before its author thought.
func (r *reader) quoteEnded(at diag.Pos, quote rune) *diag.Diagnostic {
	hint := "put all of it inside the quotes; a quote inside single quotes is doubled: ''"
	if quote == '"' {
		hint = `put all of it inside single quotes, in which " is a character like others`
	}
	return r.mistake(at.Line, at.Column, 1, "the text in quotes ended before this", hint)
}

var (
	loneWord     = regexp.MustCompile(`^ *(?:- )?([A-Za-z][A-Za-z0-9_-]*)$`)
	noSpace      = regexp.MustCompile(`^ *(?:- )?([A-Za-z][A-Za-z0-9_-]*):(\S.*)$`)
	noColon      = regexp.MustCompile(`^ *(?:- )?([A-Za-z][A-Za-z0-9_-]*)(?: *= *| +)(\S.*)$`)
	noColonBrace = regexp.MustCompile(`^ *([A-Za-z][A-Za-z0-9_-]*) +\{`)
	noDash       = regexp.MustCompile(`^ *-[^ \-]`)
	keyAlone     = regexp.MustCompile(`^ *(?:- )?('[^']*'|"[^"]*"|[A-Za-z][A-Za-z0-9_.-]*):( |$)`)
	valueThere   = regexp.MustCompile(`^ *(?:- )?[A-Za-z][A-Za-z0-9_.-]*: +[^ |>#]`)
)

// outsideBrackets says what is wrong with a line, or with the one above that it was taken for a part of.
func (r *reader) outsideBrackets(at diag.Pos, part string) *diag.Diagnostic {
	line := r.source.line(at.Line)
	runes := []rune(line)
	before := strings.TrimRight(string(runes[:min(at.Column-1, len(runes))]), " ")
	above := r.lineAbove(at.Line)
	switch {
	case strings.HasSuffix(before, "}") && strings.Contains(before, "{{") && quoteBefore(strings.TrimRight(before[:len(before)-1], " ")) != 0:
		return r.quoteEnded(diag.Pos{Line: at.Line, Column: utf8.RuneCountInString(before)}, quoteBefore(strings.TrimRight(before[:len(before)-1], " ")))
	case (part == "mapping values are not allowed" || part == "expected key") && noSpace.MatchString(line) && strings.ContainsAny(noSpace.FindStringSubmatch(line)[2][:1], "{['\""):
		m := noSpace.FindStringSubmatch(line)
		return r.mistake(at.Line, r.indent(at.Line)+1, utf8.RuneCountInString(m[1])+1, "behind the colon of a key a space is missing", fmt.Sprintf("write %s: %s…", m[1], m[2][:1]))
	case at.Column <= len(runes) && (runes[at.Column-1] == '}' || runes[at.Column-1] == ']'):
		return r.mistake(at.Line, at.Column, 1, fmt.Sprintf("this %c closes nothing", runes[at.Column-1]), "remove it")
	case noDash.MatchString(line) && part == "mapping values are not allowed":
		return r.mistake(at.Line, r.indent(at.Line)+1, 1, "behind the - of an entry a space is missing", "write - and a space")
	case part == "mapping values are not allowed" && noColonBrace.MatchString(line):
		word := noColonBrace.FindStringSubmatch(line)[1]
		return r.mistake(at.Line, r.indent(at.Line)+1, utf8.RuneCountInString(word), "a colon is missing behind "+word, fmt.Sprintf("write %s: {…", word))
	case part == "<document start>" && strings.TrimSpace(before) == "":
		return r.misplaced(at.Line)
	case part == "could not find expected ':'":
		return r.keyWithoutColon(at)
	case part == "mapping values are not allowed" && keyAlone.MatchString(line) && strings.TrimSpace(before) == strings.TrimSpace(strings.SplitN(line, ":", 2)[0]) && above > 0 && r.indent(above) < r.indent(at.Line):
		return r.deeper(at.Line, above)
	case part == "expected key" && isEntry(line) && strings.TrimSpace(before) == "":
		return r.mistake(at.Line, at.Column, 1, "an entry of a list begins here, and the lines above it in this column are keys", "begin every entry of the list with a dash, or none")
	case part == "expected key" && strings.TrimSpace(before) == "":
		return r.misplaced(at.Line)
	}
	if quote := quoteBefore(before); quote != 0 && part == "expected key" {
		return r.quoteEnded(at, quote)
	}
	return nil
}

func isEntry(line string) bool {
	text := strings.TrimSpace(line)
	return text == "-" || strings.HasPrefix(text, "- ")
}

// lineAbove is the last line before another that holds more than a comment. Zero: there is none.
func (r *reader) lineAbove(line int) int {
	for line--; line > 0; line-- {
		if text := strings.TrimSpace(r.source.line(line)); text != "" && text[0] != '#' {
			return line
		}
	}
	return 0
}

// keyWithoutColon names the last line before the reader gave up that has no colon where one belongs.
func (r *reader) keyWithoutColon(at diag.Pos) *diag.Diagnostic {
	for line := at.Line; line > 0 && line >= at.Line-3; line = r.lineAbove(line) {
		text := strings.TrimRight(r.source.line(line), " ")
		column := r.indent(line) + 1
		length := utf8.RuneCountInString(text) - column + 1
		switch {
		case keyAlone.MatchString(text):
			continue
		case noSpace.MatchString(text):
			m := noSpace.FindStringSubmatch(text)
			return r.mistake(line, column, length, "behind the colon of a key a space is missing", fmt.Sprintf("write %s: %s", m[1], m[2]))
		case noColon.MatchString(text):
			m := noColon.FindStringSubmatch(text)
			return r.mistake(line, column, length, "a key without a colon", fmt.Sprintf("write %s: %s", m[1], m[2]))
		case loneWord.MatchString(text):
			return r.mistake(line, column, length, "a key without a colon", fmt.Sprintf("write %s:", strings.TrimSpace(text)))
		}
	}
	return nil
}

// deeper is for a key in a line that stands deeper than the line above, which can hold nothing more.
func (r *reader) deeper(line, above int) *diag.Diagnostic {
	text := strings.TrimRight(r.source.line(above), " ")
	column := r.indent(above) + 1
	if loneWord.MatchString(text) {
		return r.mistake(above, column, utf8.RuneCountInString(text)-column+1, "a key without a colon", fmt.Sprintf("write %s:", strings.TrimSpace(text)))
	}
	if !valueThere.MatchString(text) {
		return nil
	}
	key := strings.SplitN(strings.TrimSpace(r.source.line(line)), ":", 2)[0]
	hint := fmt.Sprintf("let both lines begin in one column, where %s belongs to the same map; or write nothing behind the colon of line %d", key, above)
	return r.mistake(line, r.indent(line)+1, utf8.RuneCountInString(key), fmt.Sprintf("this line stands deeper than line %d, which has its value already", above), hint)
}
