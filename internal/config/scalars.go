package config

import (
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// text reads a text that is not empty. Numbers and words such as true need quotes.
func text(name string) kind[string] {
	return kind[string]{name: name, read: func(r *reader, n *yaml.Node, _ string) (string, bool) {
		switch {
		case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str":
			d := r.fault(n, ruleType, "wanted %s, got %s", name, what(n))
			if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
				d.Hint = `put it in quotes: "` + n.Value + `"`
			}
			return "", false
		case n.Value == "":
			r.fault(n, ruleValue, "wanted %s, got an empty text", name)
			return "", false
		case strings.ContainsFunc(n.Value, unicode.IsControl):
			r.fault(n, ruleValue, "wanted %s, got a text with line breaks or control characters", name)
			return "", false
		case strings.Contains(n.Value, "${"):
			r.fault(n, ruleSecret, "environment variables are read in secret fields only").Hint = "write the value itself"
			return "", false
		}
		return n.Value, true
	}}
}

// that narrows a kind of text by a pattern, which hint puts in words.
func that(k kind[string], pattern *regexp.Regexp, hint string) kind[string] {
	return checked(k, func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		if pattern.MatchString(v) {
			return nil
		}
		d := r.fault(n, ruleValue, "%s is not %s", shown(v), k.name)
		d.Hint = hint
		return d
	})
}

// checked narrows a kind of text by a function that reports what it refuses.
func checked(k kind[string], refuse func(r *reader, n *yaml.Node, v string) *diag.Diagnostic) kind[string] {
	return kind[string]{name: k.name, read: func(r *reader, n *yaml.Node, path string) (string, bool) {
		v, ok := k.read(r, n, path)
		return v, ok && refuse(r, n, v) == nil
	}}
}

// oneOf reads one of a few words, spelled exactly.
func oneOf(words ...string) kind[string] {
	plain := text("one of " + listed(words))
	if len(words) == 1 {
		plain = text(words[0])
	}
	return checked(plain, func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		if slices.Contains(words, v) {
			return nil
		}
		d := r.fault(n, ruleValue, "%s is not %s", shown(v), plain.name)
		if near := diag.Nearest(v, words); near != "" {
			d.Hint = "did you mean " + near + "?"
		}
		return d
	})
}

func flag() kind[bool] {
	const name = "true or false"
	return kind[bool]{name: name, read: func(r *reader, n *yaml.Node, _ string) (bool, bool) {
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool" {
			return strings.EqualFold(n.Value, "true"), true
		}
		d := r.fault(n, ruleType, "wanted %s, got %s", name, what(n))
		switch strings.ToLower(n.Value) {
		case "yes", "on":
			d.Hint = "write true"
		case "no", "off":
			d.Hint = "write false"
		}
		return false, false
	}}
}

// duration reads a length of time of at least shortest: 90s, 15m, 8h, 30d, 1h30m; or a number of seconds, as PingOne gives them.
func duration(shortest time.Duration) kind[time.Duration] {
	const name = "a duration"
	return kind[time.Duration]{name: name, read: func(r *reader, n *yaml.Node, _ string) (time.Duration, bool) {
		const hint = "write numbers and units such as 90s, 15m, 8h, 30d, 1h30m, or a number of seconds"
		if n.Kind != yaml.ScalarNode || !slices.Contains([]string{"!!str", "!!int"}, n.ShortTag()) {
			r.fault(n, ruleType, "wanted %s, got %s", name, what(n)).Hint = hint
			return 0, false
		}
		d, ok := parseDuration(n.Value)
		switch {
		case !ok:
			r.fault(n, ruleDuration, "%s is not a duration", shown(n.Value)).Hint = hint
		case d < shortest:
			r.fault(n, ruleDuration, "%s is too short: at least %s", shown(n.Value), strings.TrimSuffix(shortest.String(), "0s"))
			ok = false
		case d > longestDuration:
			r.fault(n, ruleDuration, "%s is too long: at most 3650d", shown(n.Value))
			ok = false
		}
		return d, ok
	}}
}

const (
	day             = 24 * time.Hour
	longestDuration = 3650 * day
)

// parseDuration reads descending units, or seconds without a unit.
func parseDuration(s string) (total time.Duration, ok bool) {
	if seconds, err := strconv.ParseUint(s, 10, 62); err == nil {
		if seconds > uint64(math.MaxInt64/time.Second) {
			return math.MaxInt64, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	units := []struct {
		letter string
		length time.Duration
	}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
	for _, u := range units {
		number, rest, found := strings.Cut(s, u.letter)
		if !found {
			continue
		}
		count, err := strconv.ParseUint(number, 10, 32)
		if err != nil || count > uint64(2*longestDuration/u.length) {
			return math.MaxInt64, err == nil
		}
		total, s, ok = total+time.Duration(count)*u.length, rest, true
	}
	return total, ok && s == ""
}

func logLevel() kind[slog.Level] {
	words := oneOf("debug", "info", "warn", "error")
	return kind[slog.Level]{name: words.name, read: func(r *reader, n *yaml.Node, path string) (slog.Level, bool) {
		v, ok := words.read(r, n, path)
		var level slog.Level
		if ok {
			ok = level.UnmarshalText([]byte(v)) == nil
		}
		return level, ok
	}}
}

// folder reads a path; a relative one begins at the file's folder.
func folder(mustExist bool) kind[string] {
	plain := text("a folder")
	return kind[string]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (string, bool) {
		v, ok := plain.read(r, n, path)
		if !ok {
			return "", false
		}
		if !filepath.IsAbs(v) {
			v = filepath.Join(r.folder, v)
		}
		info, err := os.Stat(v)
		switch {
		case err != nil && mustExist:
			r.fault(n, ruleFile, "there is no folder %s", shown(v))
			return "", false
		case err == nil && !info.IsDir():
			r.fault(n, ruleFile, "%s is not a folder", shown(v))
			return "", false
		}
		return v, true
	}}
}
