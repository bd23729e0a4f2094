package graph

import (
	"maps"
	"slices"
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

// ProblemNames are the names of all problems that an entry can have, sorted.
func ProblemNames() []string { return slices.Sorted(maps.Keys(problemWords)) }

// ProblemWords says what was wrong, in a language if there are words for it, else in English.
func (f *Flow) ProblemWords(language, name string) string {
	if other := f.Problems[language][name]; other != "" {
		return other
	}
	return problemWords[name]
}
