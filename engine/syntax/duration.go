package syntax

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigil/engine/connector"
)

// durationHint says how every duration is written.
const durationHint = "write a number and a unit: 90s, 15m, 8h, 30d, 1h30m"

// DurationHint says how a duration is written, and, where it can be told, this one.
func DurationHint(written string) string {
	if count, err := strconv.Atoi(written); err == nil && count > 0 && count < 1_000_000 {
		return fmt.Sprintf("a duration has a unit: write %ds for seconds, %dm for minutes", count, count)
	}
	if d, known := readDuration(written); known {
		return fmt.Sprintf("write %s: a number and a unit, as in 90s, 15m, 8h, 30d, 1h30m", connector.FormatDuration(d))
	}
	return durationHint
}

var (
	isoDuration   = regexp.MustCompile(`^P[0-9.DTHMS]+$`)
	durationPiece = regexp.MustCompile(`(\d+(?:[.,]\d+)?)\s*([a-z]+)?`)
	durationWords = []struct {
		unit  time.Duration
		words string
	}{
		{time.Millisecond, " ms msec millis millisecond milliseconds "},
		{time.Second, " s sec secs second seconds "},
		{time.Minute, " m min mins minute minutes "},
		{time.Hour, " h hr hrs hour hours "},
		{24 * time.Hour, " d day days "},
		{7 * 24 * time.Hour, " w week weeks "},
	}
)

// readDuration reads a duration as people write it elsewhere: 15 m, PT8H, 1.5h, 30m1h, 8 hours, 1h30. False: it is none, or less than a second.
func readDuration(written string) (sum time.Duration, known bool) {
	text := strings.TrimSpace(written)
	if isoDuration.MatchString(text) {
		text = strings.NewReplacer("P", "", "T", "").Replace(text)
	}
	text = strings.ReplaceAll(strings.ToLower(text), " and ", " ")
	rest := durationPiece.ReplaceAllString(text, "")
	if strings.Trim(rest, " ,") != "" || len(written) > 40 {
		return 0, false
	}
	last := time.Duration(0)
	for _, piece := range durationPiece.FindAllStringSubmatch(text, 10) {
		count, err := strconv.ParseFloat(strings.Replace(piece[1], ",", ".", 1), 64)
		unit := unitOf(piece[2])
		if piece[2] == "" && last > time.Second {
			unit = last / 60 // 1h30
		}
		if err != nil || unit == 0 || count > 1e6 {
			return 0, false
		}
		sum, last = sum+time.Duration(count*float64(unit)), unit
	}
	return sum, sum >= time.Second
}

func unitOf(word string) time.Duration {
	for _, d := range durationWords {
		if word != "" && strings.Contains(d.words, " "+word+" ") {
			return d.unit
		}
	}
	return 0
}
