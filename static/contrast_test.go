package static_test

import (
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"testing"

	"vigil/static"
)

var (
	darkPart = regexp.MustCompile(`(?s)@media \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}`)
	rootPart = regexp.MustCompile(`(?s):root \{(.*?)\}`)
	colour   = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`)
)

// The least contrast of what is read, and of edges that tell where something is (WCAG 2.2 1.4.3, 1.4.11).
const (
	read = 4.5
	seen = 3.0
)

type pair struct {
	front, back string
	least       float64
}

func TestEveryPairOfColoursCanBeToldApart(t *testing.T) {
	for name, pairs := range map[string][]pair{
		"vigil.css": {
			{"ink", "ground", read},
			{"ink", "glow", read},
			{"ink", "card", read},
			{"ink", "field", read},
			{"soft", "card", read},
			{"soft", "ground", read},
			{"lamp", "card", read},
			{"action-ink", "action", read},
			{"action-ink", "action-over", read},
			{"bad", "card", read},
			{"bad", "bad-ground", read},
			{"good", "good-ground", read},
			{"bad-ground", "bad", read},
			{"good-ground", "good", read},
			{"line", "card", seen},
			{"line", "field", seen},
			{"ring", "card", seen},
			{"ring", "ground", seen},
			{"action", "card", seen},
			{"bad", "field", seen},
		},
		"demo/app.css": {
			{"ink", "ground", read},
			{"ink", "panel", read},
			{"soft", "ground", read},
			{"soft", "panel", read},
			{"bad", "panel", read},
			{"action-ink", "action", read},
			{"action-ink", "action-over", read},
			{"line", "panel", seen},
			{"ring", "panel", seen},
			{"ring", "ground", seen},
			{"good", "panel", seen},
		},
	} {
		light, dark := palettes(t, name)
		for _, p := range pairs {
			for scheme, colours := range map[string]map[string]uint64{"light": light, "dark": dark} {
				if got := contrast(t, colours, p.front, p.back); got < p.least {
					t.Errorf("%s, %s: %s on %s has a contrast of %.2f, want %.1f", name, scheme, p.front, p.back, got, p.least)
				}
			}
		}
	}
}

// palettes gives the colours of a style sheet in both schemes. What the dark one leaves out is as in the light one.
func palettes(t *testing.T, name string) (light, dark map[string]uint64) {
	t.Helper()
	sheet, err := fs.ReadFile(static.FS(), name)
	if err != nil {
		t.Fatal(err)
	}
	light, dark = map[string]uint64{}, map[string]uint64{}
	root, over := rootPart.FindSubmatch(sheet), darkPart.FindSubmatch(sheet)
	if root == nil || over == nil {
		t.Fatalf("%s has no palette for both schemes", name)
	}
	for _, found := range colour.FindAllSubmatch(root[1], -1) {
		value, _ := strconv.ParseUint(string(found[2]), 16, 32)
		light[string(found[1])], dark[string(found[1])] = value, value
	}
	for _, found := range colour.FindAllSubmatch(over[1], -1) {
		dark[string(found[1])], _ = strconv.ParseUint(string(found[2]), 16, 32)
	}
	return light, dark
}

// contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
func contrast(t *testing.T, colours map[string]uint64, one, other string) float64 {
	t.Helper()
	for _, name := range []string{one, other} {
		if _, known := colours[name]; !known {
			t.Fatalf("no colour is called %s", name)
		}
	}
	a, b := luminance(colours[one]), luminance(colours[other])
	return (max(a, b) + .05) / (min(a, b) + .05)
}

// luminance of an sRGB colour (WCAG 2.2, "relative luminance").
func luminance(rgb uint64) float64 {
	part := func(shift uint) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*part(16) + .7152*part(8) + .0722*part(0)
}
