package format

import (
	"fmt"
	"slices"
	"strings"

	"vigil/engine/vocabulary"
)

// Source brings the text of a flow file into form. It fails with the line on what no flow file may hold.
func Source(source []byte) ([]byte, error) {
	text := strings.ReplaceAll(strings.TrimPrefix(string(source), "\uFEFF"), "\r\n", "\n")
	r := &reader{lines: strings.Split(text, "\n")}
	top, err := r.file()
	if err != nil {
		return nil, err
	}
	w := &writer{}
	w.head(top)
	w.block(top, 0, vocabulary.Find(vocabulary.Top))
	formatted := w.b.String()
	if letters(formatted) != letters(text) {
		return nil, fmt.Errorf("line 1: the file cannot be brought into form without losing something")
	}
	return []byte(formatted), nil
}

// letters counts every byte that is no space. Formatting only moves them.
func letters(text string) (count [256]int) {
	for i := range len(text) {
		if text[i] > ' ' {
			count[text[i]]++
		}
	}
	return count
}

// block is a map or a list in lines of its own.
type block struct {
	list  bool
	items []item
	tail  []string // comments after the last item
}

// item is an entry of a block.
type item struct {
	blank    bool     // a blank line stands above
	comments []string // the lines above
	key      string   // as written, quotes and all. Empty: an entry of a list
	value    string   // as written: what stands in the line. Empty: nothing
	flow     *flow    // the value is a collection in braces, in one line
	more     []string // further lines of a text, without their indentation
	inside   []string // further lines of a collection in braces, with their indentation beside that of the key
	comment  string   // at the end of the line
	below    *block
}

// flow is a value inside braces or brackets.
type flow struct {
	open    byte // { or [, or 0 for a text
	text    string
	keys    []string // of a map, as written
	entries []*flow  // nil: a key without a value
}

// writer writes blocks.
type writer struct{ b strings.Builder }

func (w *writer) line(indent int, text string) {
	if text != "" {
		w.b.WriteString(strings.Repeat(" ", indent))
	}
	w.b.WriteString(text)
	w.b.WriteByte('\n')
}

// head writes the comments that a file begins with, when a blank line parts them from its first key: they stay where they are, whatever key comes first.
func (w *writer) head(top *block) {
	if len(top.items) == 0 {
		return
	}
	comments := top.items[0].comments
	for i := len(comments) - 1; i >= 0; i-- {
		if comments[i] != "" {
			continue
		}
		for _, comment := range comments[:i+1] {
			w.line(0, comment)
		}
		top.items[0].comments = comments[i+1:]
		return
	}
}

// block writes the entries in the order of the vocabulary. Of nil nothing is known: they stay as they are.
func (w *writer) block(b *block, indent int, of *vocabulary.Map) {
	sortItems(b.items, of)
	steps := of != nil && of.Name == "nodes"
	for i := range b.items {
		it := &b.items[i]
		blank := it.blank && i > 0
		if steps && i > 0 && (it.long() || b.items[i-1].long()) {
			blank = true
		}
		if of != nil && of.Name == vocabulary.Top && it.key == "nodes" && i > 0 {
			blank = true
		}
		if blank {
			w.line(0, "")
		}
		for _, comment := range it.comments {
			w.line(indent, comment)
		}
		if b.list {
			w.entry(it, indent, of)
		} else {
			w.item(it, indent, it.key+":", of.Below(it.key))
		}
	}
	for _, comment := range b.tail {
		w.line(indent, comment)
	}
}

// long tells that an entry takes several lines.
func (it *item) long() bool {
	return it.below != nil || len(it.more) > 0 || len(it.inside) > 0 || len(it.comments) > 0
}

// item writes an entry of a map, or of a list where lead is the dash.
func (w *writer) item(it *item, indent int, lead string, of *vocabulary.Map) {
	line := lead
	switch {
	case it.flow != nil:
		line += " " + it.flow.write(of)
	case it.value != "":
		line += " " + it.value
	}
	if it.comment != "" {
		line += "  " + it.comment
	}
	w.line(indent, line)
	for _, text := range it.more {
		w.line(indent+2, text)
	}
	for _, text := range it.inside {
		w.line(indent, text)
	}
	if it.below != nil {
		w.block(it.below, indent+2, of)
	}
}

// entry writes an entry of a list. A map begins in the line of its dash.
func (w *writer) entry(it *item, indent int, of *vocabulary.Map) {
	if it.below == nil || it.below.list || it.value != "" || it.comment != "" || len(it.below.items[0].comments) > 0 {
		w.item(it, indent, "-", of)
		return
	}
	inner := &writer{}
	inner.block(it.below, indent+2, of)
	text := inner.b.String()
	if strings.HasPrefix(strings.TrimLeft(text, " "), "#") { // sorting brought a comment to the front
		w.line(indent, "-")
		w.b.WriteString(text)
		return
	}
	w.b.WriteString(strings.Repeat(" ", indent) + "- " + text[indent+2:])
}

func sortItems(items []item, of *vocabulary.Map) {
	slices.SortStableFunc(items, func(a, b item) int { return rank(of, a.key) - rank(of, b.key) })
}

// rank is the place of a key in the order of its map. Keys that it does not have come last and keep their order.
func rank(of *vocabulary.Map, key string) int {
	if of == nil || len(of.Keys) == 0 || key == "" {
		return 0
	}
	key = strings.Trim(key, `'"`)
	if at := slices.IndexFunc(of.Keys, func(k vocabulary.Key) bool { return k.Name == key }); at >= 0 {
		return at
	}
	return len(of.Keys)
}

// write puts a collection into one line.
func (f *flow) write(of *vocabulary.Map) string {
	switch {
	case f == nil:
		return ""
	case f.open == 0:
		return f.text
	case f.open == '[':
		parts := make([]string, len(f.entries))
		for i := range f.entries {
			parts[i] = f.entries[i].write(of)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	order := make([]int, len(f.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rank(of, f.keys[a]) - rank(of, f.keys[b]) })
	parts := make([]string, len(f.keys))
	for i, at := range order {
		parts[i] = f.keys[at]
		if f.entries[at] != nil {
			parts[i] += ": " + f.entries[at].write(of.Below(f.keys[at]))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
