package manual

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// block is one fenced block of a page.
type block struct {
	page string
	line int // of its first line of text
	kind string
	text string
}

const top = "../.."

// blocks gives every fenced block of README and of the pages of docs/.
func blocks(t *testing.T) []block {
	t.Helper()
	pages, err := filepath.Glob(top + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	for _, page := range append(pages, top+"/README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fenced(filepath.Base(page), string(text))...)
	}
	return all
}

func fenced(page, text string) []block {
	var found []block
	var open *block
	for i, line := range strings.SplitAfter(text, "\n") {
		kind, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open == nil:
			open = &block{page: page, line: i + 2, kind: kind}
		case fence:
			found, open = append(found, *open), nil
		case open != nil:
			open.text += line
		}
	}
	return found
}
