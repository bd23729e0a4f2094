package connector

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads a duration as flow authors write it: 90s, 15m, 8h, 30d, 1h30m. Unlike Go's it knows days, and no fractions.
// It fails on an empty text, an unknown unit, units out of order and more than 10,000 days.
func ParseDuration(text string) (time.Duration, error) {
	const most = 10_000 * 24 * time.Hour
	var sum time.Duration
	rest, last := text, most
	for rest != "" {
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if digits == 0 || digits > 12 || digits == len(rest) {
			return 0, fmt.Errorf("%q is not a duration", text)
		}
		unit, known := durationUnits[rest[digits]]
		if !known || unit >= last {
			return 0, fmt.Errorf("%q is not a duration", text)
		}
		count, _ := strconv.ParseInt(rest[:digits], 10, 64)
		if count > int64(most/unit) {
			return 0, fmt.Errorf("%q is longer than 10,000 days", text)
		}
		sum, last, rest = sum+time.Duration(count)*unit, unit, rest[digits+1:]
	}
	if text == "" {
		return 0, errors.New("an empty text is not a duration")
	}
	return sum, nil
}

var durationUnits = map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}

// FormatDuration writes a duration the way ParseDuration reads it: 30d, 1h30m. Parts of a second are dropped; zero is 0s.
func FormatDuration(d time.Duration) string {
	var b strings.Builder
	for _, unit := range []byte("dhms") {
		if n := d / durationUnits[unit]; n > 0 {
			fmt.Fprintf(&b, "%d%c", n, unit)
			d -= n * durationUnits[unit]
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}

// ParseTime reads a day (2026-11-21, midnight in UTC) or a moment (RFC 3339).
func ParseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date", text)
}

// Kinds are all kinds that authors can write, in the order of the manual.
func Kinds() []Kind {
	return []Kind{String, Bool, Number, Duration, Time, List, Object, Account, User, Session, Device, Challenge, DeviceRequest, Secret}
}

// ParseType reads a type as authors write it: string, string?, list<account>. It fails on anything else, naming the unknown word.
func ParseType(text string) (Type, error) {
	word, optional := strings.CutSuffix(text, "?")
	if inner, ok := strings.CutPrefix(word, "list<"); ok && strings.HasSuffix(inner, ">") {
		elem, err := ParseType(strings.TrimSuffix(inner, ">"))
		if err != nil {
			return Type{}, err
		}
		if elem.Kind == List || elem.Optional {
			return Type{}, fmt.Errorf("a list cannot hold %s", elem)
		}
		return Type{Kind: List, Elem: &elem, Optional: optional}, nil
	}
	for _, kind := range Kinds() {
		if string(kind) == word && kind != List {
			return Type{Kind: kind, Optional: optional}, nil
		}
	}
	return Type{}, UnknownTypeError{Word: word}
}

// UnknownTypeError says that a word names no type.
type UnknownTypeError struct{ Word string }

// Error names the word.
func (e UnknownTypeError) Error() string { return fmt.Sprintf("there is no type %q", e.Word) }
