package diag

import (
	"fmt"
	"strings"
)

// longest is how many right words are listed.
const longest = 60

// DidYouMean makes a hint out of a wrong word and the right ones: `did you mean "success"? Its outcomes are success, failure.`
// Lead begins the list, such as "Its outcomes are". With more than twenty candidates the list is left out unless nothing is near.
func DidYouMean(word string, candidates []string, lead string) string {
	list := ""
	switch {
	case len(candidates) > longest:
		list = fmt.Sprintf("%s %s, and %d more.", lead, strings.Join(candidates[:longest], ", "), len(candidates)-longest)
	case len(candidates) > 0:
		list = lead + " " + strings.Join(candidates, ", ") + "."
	}
	near := Nearest(word, candidates)
	switch {
	case near == "":
		return list
	case list == "" || len(candidates) > 20:
		return fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Sprintf("did you mean %q? %s", near, list)
}

// Nearest finds the candidate that a misspelt word most likely meant. Empty: none is near enough.
func Nearest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	best, least := "", max(1, (len([]rune(word))+1)/3)
	for _, candidate := range candidates {
		if strings.EqualFold(word, candidate) {
			return candidate
		}
		if d := distance(strings.ToLower(word), strings.ToLower(candidate), least); d <= least && (best == "" || d < least) {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the letters to insert, remove, replace or swap with their neighbour. Above most it gives most+1.
func distance(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
