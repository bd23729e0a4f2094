package graph

import (
	"maps"
	"slices"
	"strings"
)

// problemWords tell a person what was wrong with an entry, by the names under which other languages say it.
var problemWords = map[string]string{
	"missing":         "Please fill this in.",
	"missingTick":     "Please tick this box.",
	"missingChoice":   "Please choose one.",
	"missingPasskey":  "No passkey was used. Please try again, or choose another way.",
	"missingReturn":   "You did not come back from there. Please try again, or choose another way.",
	"tooLong":         "That is too long.",
	"unlisted":        "Please choose one of these.",
	"different":       "The two entries differ.",
	"malformed":       "Please give this in another way.",
	"malformedEmail":  "Please give an e-mail address, such as name@example.com.",
	"malformedPhone":  "Please give a phone number, such as +31 20 123 4567.",
	"malformedNumber": "Please give a number.",
	"malformedDate":   "Please give a date, such as 2026-11-21.",
}

// reasonWords are the sentences in which capabilities say why they refuse what somebody chose, by the names under which other languages say them.
var reasonWords = map[string]string{
	"passwordShort":      "Use at least 8 characters.",
	"passwordIsName":     "Use something else than your name.",
	"passwordIsPresent":  "Use another password than the present one.",
	"passwordUnusable":   "This password cannot be used: it is too long or holds control characters.",
	"nameTaken":          "This name or address cannot be had.",
	"usernameUnusable":   "This user name cannot be had: use letters, digits and the signs . _ - @ +.",
	"emailUnusable":      "This is not an e-mail address.",
	"givenNameUnusable":  "This given name is too long, or holds characters that are not text.",
	"familyNameUnusable": "This family name is too long, or holds characters that are not text.",
	"phoneUnusable":      "This phone number is too long, or holds characters that are not text.",
	"userUnusable":       "This is more than can be kept.",
}

// ProblemNames are the names of all problems that an entry can have, be they found by the form or by a capability, sorted.
func ProblemNames() []string {
	all := maps.Clone(problemWords)
	maps.Copy(all, reasonWords)
	return slices.Sorted(maps.Keys(all))
}

// ProblemWords says what was wrong, in a language if there are words for it, else in English.
func (f *Flow) ProblemWords(language, name string) string {
	if other := f.Problems[language][name]; other != "" {
		return other
	}
	return problemWords[name]
}

// ReasonWords says the reasons of a capability in a language, one sentence or several with a space between. Where that language lacks one of
// them, and of sentences that have no name, all stays as it is.
func (f *Flow) ReasonWords(language, reasons string) string {
	others := f.Problems[language]
	if len(others) == 0 {
		return reasons
	}
	var words []string
	for rest := reasons; rest != ""; {
		name, behind := firstReason(rest)
		if others[name] == "" {
			return reasons
		}
		words, rest = append(words, others[name]), behind
	}
	return strings.Join(words, " ")
}

// firstReason is the name of the sentence that a text begins with, and what is behind it. Empty: it is none of ours.
func firstReason(text string) (name, behind string) {
	for name, sentence := range reasonWords {
		behind, begins := strings.CutPrefix(text, sentence)
		if begins && (behind == "" || behind[0] == ' ') {
			return name, strings.TrimPrefix(behind, " ")
		}
	}
	return "", ""
}
