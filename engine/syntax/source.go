package syntax

import (
	"strings"
	"unicode/utf8"

	"vigil/engine/diag"
)

// Source is the text of a file, by lines.
type Source struct {
	Name   string
	Bytes  []byte // as they were read
	Text   string
	starts []int // where each line begins
	passed passed
}

// passed is how far a line was walked through: from there the next columns of a long line are near.
type passed struct {
	at     diag.Pos
	offset int // bytes of the line
}

// NewSource splits a text into lines. A byte order mark before it is no part of it.
func NewSource(name string, text []byte) *Source {
	s := &Source{Name: name, Bytes: text, Text: strings.TrimPrefix(string(text), "\uFEFF"), starts: []int{0}}
	for i := 0; i < len(s.Text); i++ {
		if s.Text[i] == '\n' {
			s.starts = append(s.starts, i+1)
		}
	}
	return s
}

// line gives a line, counted from 1, without its end.
func (s *Source) line(n int) string {
	if n < 1 || n > len(s.starts) {
		return ""
	}
	end := len(s.Text)
	if n < len(s.starts) {
		end = s.starts[n] - 1
	}
	return strings.TrimSuffix(s.Text[s.starts[n-1]:end], "\r")
}

// from gives what stands in a line from a column on.
func (s *Source) from(at diag.Pos) string {
	line := s.line(at.Line)
	if s.passed.at.Line != at.Line || s.passed.at.Column > at.Column {
		s.passed = passed{at: diag.Pos{Line: at.Line, Column: 1}}
	}
	column, offset := s.passed.at.Column, s.passed.offset
	for ; column < at.Column && offset < len(line); column++ {
		_, size := utf8.DecodeRuneInString(line[offset:])
		offset += size
	}
	if column == at.Column {
		s.passed = passed{at, offset}
	}
	return line[offset:]
}

// pos is the place of a byte.
func (s *Source) pos(offset int) diag.Pos {
	low, high := 0, len(s.starts)
	for high-low > 1 {
		if middle := (low + high) / 2; s.starts[middle] <= offset {
			low = middle
		} else {
			high = middle
		}
	}
	return diag.Pos{Line: low + 1, Column: utf8.RuneCountInString(s.Text[s.starts[low]:min(offset, len(s.Text))]) + 1}
}

// at makes a range of some characters in one line. It never leaves the file: line and column are at least 1.
func (s *Source) at(line, column, length int) diag.Range {
	start := diag.Pos{Line: max(line, 1), Column: max(column, 1)}
	if line > len(s.starts) {
		start = diag.Pos{Line: len(s.starts), Column: utf8.RuneCountInString(s.line(len(s.starts))) + 1}
	}
	return diag.Range{File: s.Name, Start: start, End: diag.Pos{Line: start.Line, Column: start.Column + max(length, 1)}}
}
