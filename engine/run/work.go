package run

import (
	"strconv"
	"strings"
)

// Work is a puzzle in its parts, for whoever shows a form without scripts of ours: find a decimal number such that the SHA-256 of the challenge, a
// dot and the number begins with as many zero bits as the difficulty says.
type Work struct {
	Purpose    string `json:"purpose"`   // proofOfWork
	Algorithm  string `json:"algorithm"` // SHA-256
	Challenge  string `json:"challenge"`
	Difficulty int    `json:"difficulty"` // bits
}

// Work reads the puzzle of an effort. False: the flow gave it none.
func (f *PageField) Work() (Work, bool) {
	bits, seed, found := strings.Cut(f.Puzzle, ".")
	difficulty, err := strconv.Atoi(bits)
	if !found || err != nil {
		return Work{}, false
	}
	return Work{Purpose: "proofOfWork", Algorithm: "SHA-256", Challenge: seed, Difficulty: difficulty}, true
}
