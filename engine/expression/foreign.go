package expression

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// foreignWords are words of other languages, and the operators that mean them here.
var foreignWords = map[string]string{
	"eq": "==", "is": "==", "equals": "==", "ne": "!=", "neq": "!=", "isnot": "!=", "gt": ">", "gte": ">=", "ge": ">=", "lt": "<", "lte": "<=", "le": "<=",
	"xor": "!=", "mod": "%", "div": "/", "like": "contains, or matches with a regular expression", "includes": "in, or contains", "has": "in, or contains",
	"then": "a ? b : c", "else": "a ? b : c", "if": "a ? b : c", "between": ">= and <=",
}

// foreignMethods are functions that values have in other languages, and what is written here. %s is the value.
var foreignMethods = map[string]string{
	"includes": "write 'x' in %s, or, of a text, %[1]s contains 'x'", "contains": "write %s contains 'x', or 'x' in a list", "has": "write 'x' in %s",
	"startsWith": "write %s startsWith 'x'", "startswith": "write %s startsWith 'x'", "endsWith": "write %s endsWith 'x'", "endswith": "write %s endsWith 'x'",
	"toLowerCase": "write lower(%s)", "toLower": "write lower(%s)", "lower": "write lower(%s)", "toUpperCase": "write upper(%s)", "toUpper": "write upper(%s)", "upper": "write upper(%s)",
	"trim": "write trim(%s)", "split": "write split(%s, ',')", "join": "write join(%s, ',')", "length": "write len(%s)", "size": "write len(%s)", "count": "write len(%s)",
	"toString": "write string(%s)", "match": "write %s matches '…'", "matches": "write %s matches '…'", "test": "write a.text matches '…'", "equals": "write %s == 'x'",
	"isEmpty": "write len(%s) == 0", "some": "write any(%s, # == 'x')", "every": "write all(%s, # == 'x')", "filter": "write filter(%s, # == 'x')", "find": "write find(%s, # == 'x')",
}

// foreignSentence is what is said of a piece of another language.
type foreignSentence struct {
	at, length    int
	summary, hint string
}

// foreign finds what somebody who knows another language wrote where the parser stumbled. Nil: it is none of these.
func foreign(source string, at int) *foreignSentence {
	runes := []rune(source)
	at = min(max(at, 0), len(runes))
	for _, sign := range []struct{ written, instead string }{{"===", "=="}, {"!==", "!="}, {"<>", "!="}, {"=>", "#, as in any(list, # == 'a')"}, {"++", "+ 1"}, {"+=", "+"}, {"=~", "matches"}} {
		length := len(sign.written)
		for from := max(at-length, 0); from <= at && from+length <= len(runes); from++ {
			if string(runes[from:from+length]) == sign.written {
				return &foreignSentence{from, length, fmt.Sprintf("there is no operator %s", sign.written), "write " + sign.instead}
			}
		}
	}
	from, to := wordAt(runes, at)
	word := string(runes[from:to])
	before := []rune(strings.TrimRight(string(runes[:from]), " "))
	start, end := wordAt(before, len(before)-1)
	last := string(before[start:end])
	switch {
	case foreignWord(word) != nil:
		return foreignWord(word).from(from)
	case (strings.EqualFold(last, "if") || strings.EqualFold(last, "not")) && foreignWord(last) != nil:
		return foreignWord(last).from(start)
	case at < len(runes) && runes[at] == '&':
		return &foreignSentence{at, 1, "there is no operator &", "write &&, or and"}
	case at < len(runes) && runes[at] == '/' && last == "matches":
		return &foreignSentence{at, 1, "a pattern is a text", "write it in single quotes: matches '^10[.]'"}
	case at < len(runes) && strings.ContainsRune("‘’“”„´", runes[at]):
		return &foreignSentence{at, 1, fmt.Sprintf("%c is no quote of this language", runes[at]), "write texts in straight single quotes: 'NL'"}
	case at < len(runes) && strings.ContainsRune(")]}", runes[at]):
		return closes(runes, at)
	case at > 0 && at+1 < len(runes) && runes[at] == ',' && unicode.IsDigit(runes[at-1]) && unicode.IsDigit(runes[at+1]):
		return &foreignSentence{at, 1, "a comma stands in a number", "write it with a point, such as 1.5"}
	case slices.Contains(Functions(), last) && word != "":
		return &foreignSentence{start, len([]rune(last)), fmt.Sprintf("%s takes its values in parentheses", last), fmt.Sprintf("write %s(…)", last)}
	case at < len(runes) && single(runes, at, '|') >= 0:
		return &foreignSentence{single(runes, at, '|'), 1, "there is no operator |", "write ||, or or; what templates filter is written as a function: upper(a.x)"}
	}
	return nil
}

// foreignWord is for a word that is an operator elsewhere, or here in small letters. Nil: it is none.
func foreignWord(word string) *foreignSentence {
	small := strings.ToLower(word)
	switch instead := foreignWords[small]; {
	case small != word && slices.Contains([]string{"and", "or", "not", "in", "contains", "matches"}, small):
		return &foreignSentence{0, len([]rune(word)), fmt.Sprintf("there is no operator %s", word), "write " + small}
	case word != "" && instead != "":
		return &foreignSentence{0, len([]rune(word)), fmt.Sprintf("there is no word %q here", word), "write " + instead}
	}
	return nil
}

func (f *foreignSentence) from(at int) *foreignSentence {
	f.at = at
	return f
}

// single finds the last sign up to a place that does not stand doubled. Below 0: there is none.
func single(runes []rune, at int, sign rune) int {
	for i := min(at, len(runes)-1); i >= 0; i-- {
		if runes[i] == sign && (i == 0 || runes[i-1] != sign) && (i+1 == len(runes) || runes[i+1] != sign) {
			return i
		}
	}
	return -1
}

// closes is for a bracket that was not expected: it closes nothing, or a value is missing before it.
func closes(runes []rune, at int) *foreignSentence {
	open := map[rune]rune{')': '(', ']': '[', '}': '{'}[runes[at]]
	depth := 0
	for _, c := range runes[:at] {
		switch c {
		case open:
			depth++
		case runes[at]:
			depth--
		}
	}
	if depth <= 0 {
		return &foreignSentence{at, 1, fmt.Sprintf("this %c closes nothing", runes[at]), "remove it"}
	}
	hint := "write the value, or remove what stands before it"
	for _, name := range Functions() {
		if _, asks := predicates[name]; asks && strings.Contains(string(runes[:at]), name+"(") {
			hint = fmt.Sprintf("%s takes a list and a condition: write %s(list, # == 'a')", name, name)
		}
	}
	return &foreignSentence{at, 1, fmt.Sprintf("a value is missing before this %c", runes[at]), hint}
}

// filtered finds a | with a word behind it at the end, as templates have it. Nil: there is none.
func filtered(source string) *foreignSentence {
	at := strings.LastIndex(source, "|")
	if at <= 0 || source[at-1] == '|' {
		return nil
	}
	name := strings.TrimSpace(source[at+1:])
	if name == "" || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsLetter(c) }) {
		return nil
	}
	value := strings.TrimSpace(source[:at])
	hint := "there are functions instead, such as upper(" + value + ")"
	if slices.Contains(Functions(), name) {
		hint = "write " + name + "(" + value + ")"
	}
	return &foreignSentence{len([]rune(source[:at])), 1, "there are no filters behind |", hint}
}

// wordAt is the word around a place.
func wordAt(runes []rune, at int) (from, to int) {
	if at < 0 || at >= len(runes) || !unicode.IsLetter(runes[at]) {
		return max(at, 0), max(at, 0)
	}
	from, to = at, at
	for from > 0 && (unicode.IsLetter(runes[from-1]) || unicode.IsDigit(runes[from-1])) {
		from--
	}
	for to < len(runes) && (unicode.IsLetter(runes[to]) || unicode.IsDigit(runes[to])) {
		to++
	}
	return from, to
}

// foreignFunctions are what functions of ours are called elsewhere, beside what foreignMethods says.
var foreignFunctions = map[string]string{
	"today": "write now()", "currentTime": "write now()", "time": "write now(), or date('2026-11-21')", "concat": "join texts with +", "isNull": "write a.x ?? 'none'",
	"isNotEmpty": "write len(a.x) > 0", "empty": "write len(a.x) == 0", "substring": "write a.x startsWith 'x', or matches with a pattern", "replace": "a flow cannot change texts so: see the functions of the manual",
	"str": "write string(a.x)", "number": "write int(a.x) or float(a.x)", "toNumber": "write int(a.x) or float(a.x)", "parseInt": "write int(a.x)", "bool": "compare it: a.x == 'true'",
}

// foreignFunction says how a function of another language is written here. Empty: it is not known.
func foreignFunction(name string) string {
	if hint := foreignFunctions[name]; hint != "" {
		return hint
	}
	if hint := foreignMethods[name]; hint != "" {
		return fmt.Sprintf(hint, "a.x")
	}
	return ""
}

// methodHint says how a function is written that a value has in other languages.
func methodHint(value, name string) string {
	if hint := foreignMethods[name]; hint != "" {
		return fmt.Sprintf(hint, value)
	}
	return "write the function first: upper(a.x)"
}
