package format

import "strings"

// value reads what stands behind a key or a dash, its further lines included.
func (r *reader) value(it *item, rest string, indent int) error {
	switch {
	case rest == "" || rest[0] == '#':
		it.comment = comment(strings.TrimSpace(rest))
		r.at++
		return r.below(it, indent)
	case rest[0] == '|' || rest[0] == '>':
		return r.text(it, rest, indent)
	case rest[0] == '{' || rest[0] == '[':
		return r.collection(it, rest, indent)
	case rest[0] == '"' || rest[0] == '\'':
		return r.quoted(it, rest)
	case strings.ContainsRune("&*!%@`", rune(rest[0])):
		return r.fail(errForeign)
	}
	it.value = strings.TrimSpace(rest)
	if cut := strings.Index(rest, " #"); cut >= 0 {
		it.value, it.comment = strings.TrimSpace(rest[:cut]), comment(strings.TrimSpace(rest[cut+1:]))
	}
	r.at++
	if it.comment == "" {
		r.further(it, indent)
	}
	return nil
}

// below reads the block under a key that has nothing behind it.
func (r *reader) below(it *item, indent int) error {
	begin := r.at
	r.skip()
	if r.at == len(r.lines) {
		r.at = begin
		return nil
	}
	line := r.lines[r.at]
	inner := indentOf(line)
	r.at = begin
	if inner <= indent && (inner < indent || it.key == "" || !isEntry(line)) {
		return nil
	}
	if it.key != "" && keyEnd(line[inner:]) <= 0 && !isEntry(line) {
		return r.fail(errForeign)
	}
	b, err := r.block(inner)
	it.below = b
	return err
}

// further takes the lines of a plain or quoted text that goes on: they stand deeper than the key.
func (r *reader) further(it *item, indent int) {
	for r.at < len(r.lines) && !isBlank(r.lines[r.at]) && !isComment(r.lines[r.at]) && indentOf(r.lines[r.at]) > indent {
		it.more = append(it.more, strings.TrimSpace(r.lines[r.at]))
		r.at++
	}
}

// quoted reads a text in quotes, over several lines if need be.
func (r *reader) quoted(it *item, rest string) error {
	whole := rest
	for quoteEnd(whole) < 0 {
		it.more = append(it.more, "")
		r.at++
		if r.at == len(r.lines) {
			return r.fail(errForeign)
		}
		whole += "\n" + strings.TrimSpace(r.lines[r.at])
	}
	end := quoteEnd(whole)
	after := strings.TrimSpace(whole[end:])
	if after != "" && after[0] != '#' {
		return r.fail(errForeign)
	}
	lines := strings.Split(whole[:end], "\n")
	for i := range lines[:len(lines)-1] {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	it.value, it.more = lines[0], lines[1:]
	if after != "" {
		if len(it.more) > 0 {
			return r.fail(errForeign) // the comment would stand in the text
		}
		it.comment = comment(after)
	}
	r.at++
	return nil
}

// text reads a block text: its lines keep their indentation to each other.
func (r *reader) text(it *item, rest string, indent int) error {
	it.value = strings.TrimSpace(rest)
	if cut := strings.Index(rest, " #"); cut >= 0 {
		it.value, it.comment = strings.TrimSpace(rest[:cut]), comment(strings.TrimSpace(rest[cut+1:]))
	}
	if strings.ContainsAny(it.value, "123456789") {
		return r.fail(errForeign) // its indentation is counted: it could not be moved
	}
	r.at++
	begin, end, inner := r.at, r.at, 0
	for ; r.at < len(r.lines); r.at++ {
		line := r.lines[r.at]
		if isBlank(line) {
			if inner > 0 && len(line) > inner { // spaces of the text itself
				end = r.at + 1
			}
			continue
		}
		if indentOf(line) <= indent {
			break
		}
		if inner == 0 {
			inner = indentOf(line)
		}
		if indentOf(line) < inner {
			return r.fail(errForeign)
		}
		end = r.at + 1
	}
	r.at = end
	if strings.HasSuffix(it.value, "+") || end == len(r.lines) && !strings.HasSuffix(it.value, "-") {
		return r.fail(errForeign) // blank lines at its end, or the end of the file, would count
	}
	for _, line := range r.lines[begin:end] {
		it.more = append(it.more, line[min(inner, len(line)):])
	}
	return nil
}

// collection reads { } or [ ]. One of several lines keeps its lines.
func (r *reader) collection(it *item, rest string, indent int) error {
	if f, left, ok := readFlow(rest); ok {
		left = strings.TrimSpace(left)
		if left == "" || left[0] == '#' {
			it.flow, it.comment = f, comment(left)
			r.at++
			return nil
		}
		return r.fail(errForeign)
	}
	it.value = strings.TrimSpace(rest)
	r.at++
	for open := depth(rest, 0); open > 0; r.at++ {
		if r.at == len(r.lines) || !isBlank(r.lines[r.at]) && indentOf(r.lines[r.at]) < indent {
			return r.fail(errForeign)
		}
		line := r.lines[r.at]
		text := strings.TrimSpace(line)
		open = depth(line, open)
		deeper := indentOf(line) - indent
		if text != "" && !strings.ContainsRune("}]", rune(text[0])) {
			deeper = max(deeper, 2)
		}
		it.inside = append(it.inside, strings.Repeat(" ", max(deeper, 0))+text)
	}
	return nil
}

// depth counts how many collections are open after a line.
func depth(line string, open int) int {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '{', '[':
			open++
		case '}', ']':
			open--
		case '"', '\'':
			if i == 0 || strings.ContainsRune(" ,{[", rune(line[i-1])) {
				if end := quoteEnd(line[i:]); end > 0 {
					i += end - 1
				}
			}
		case '#':
			if i == 0 || line[i-1] == ' ' {
				return open
			}
		}
	}
	return open
}

// readFlow reads a value inside braces, and gives what follows. False: it does not end in this line, or cannot be read.
func readFlow(text string) (f *flow, rest string, ok bool) {
	text = strings.TrimLeft(text, " ")
	if text == "" {
		return nil, "", false
	}
	if text[0] != '{' && text[0] != '[' {
		return readFlowText(text)
	}
	f = &flow{open: text[0]}
	closing := text[0] + 2 // in ASCII } and ] stand two after { and [
	text = strings.TrimLeft(text[1:], " ")
	for text != "" && text[0] != closing {
		entry, after, ok := readFlow(text)
		if !ok {
			return nil, "", false
		}
		after = strings.TrimLeft(after, " ")
		if f.open == '{' {
			if entry.open != 0 || entry.text == "" {
				return nil, "", false
			}
			f.keys = append(f.keys, entry.text)
			entry = nil
			if strings.HasPrefix(after, ":") {
				if after = strings.TrimLeft(after[1:], " "); after != "" && after[0] != ',' && after[0] != closing {
					if entry, after, ok = readFlow(after); !ok {
						return nil, "", false
					}
				}
			}
		}
		f.entries = append(f.entries, entry)
		after = strings.TrimLeft(after, " ")
		switch {
		case strings.HasPrefix(after, ","):
			text = strings.TrimLeft(after[1:], " ")
			if text != "" && text[0] == closing {
				return nil, "", false // a comma before the end would be lost
			}
		case after == "" || after[0] != closing:
			return nil, "", false
		default:
			text = after
		}
	}
	if text == "" {
		return nil, "", false
	}
	return f, text[1:], true
}

// readFlowText reads a text: quoted, or plain up to what ends it inside braces.
func readFlowText(text string) (*flow, string, bool) {
	if text[0] == '"' || text[0] == '\'' {
		end := quoteEnd(text)
		if end < 0 {
			return nil, "", false
		}
		return &flow{text: text[:end]}, text[end:], true
	}
	if strings.ContainsRune("&*!|>%@`#,", rune(text[0])) {
		return nil, "", false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case strings.IndexByte(",{}[]", c) >= 0:
			return &flow{text: strings.TrimSpace(text[:i])}, text[i:], true
		case c == ':' && (i+1 == len(text) || strings.IndexByte(" ,{}[]", text[i+1]) >= 0):
			return &flow{text: strings.TrimSpace(text[:i])}, text[i:], true
		case c == '#' && i > 0 && text[i-1] == ' ':
			return nil, "", false
		}
	}
	return nil, "", false
}
