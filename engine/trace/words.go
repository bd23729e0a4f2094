package trace

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"vigil/engine/connector"
)

// person describes somebody as users of a test file are.
func person(a connector.AccountValue) string {
	fields := []string{"username: " + spell(a.Username)}
	for _, field := range [][2]string{{"email", a.Email}, {"givenName", a.GivenName}, {"familyName", a.FamilyName}, {"phone", a.Phone}} {
		if field[1] != "" {
			fields = append(fields, field[0]+": "+spell(field[1]))
		}
	}
	if !a.Enabled {
		fields = append(fields, "enabled: false")
	}
	if len(a.Groups) > 0 {
		groups := make([]string, len(a.Groups))
		for i := range a.Groups {
			groups[i] = spell(a.Groups[i])
		}
		fields = append(fields, "groups: ["+strings.Join(groups, ", ")+"]")
	}
	return strings.Join(fields, ", ")
}

// spell writes a text so that YAML reads it as it is.
func spell(text string) string {
	plain := text != ""
	for i, r := range text {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		plain = plain && (letter || i > 0 && (r >= '0' && r <= '9' || strings.ContainsRune("-_.@ ", r)))
	}
	if plain && strings.TrimSpace(text) == text && !slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(text)) {
		return text
	}
	return strconv.Quote(text)
}

// plain marks what could steer a terminal.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
