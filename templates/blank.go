package templates

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

const (
	maxBlanks = 256      // forms that are kept
	maxBlank  = 16 << 10 // bytes of one
)

// blanks are forms that were rendered before, with gaps where they differ from run to run. What stands in a gap is escaped each time; all the
// rest, which html/template escaped in its context, is the same text for the same page. Nothing is kept of a page that shows a secret.
type blanks struct {
	mu    sync.RWMutex
	known map[string]blank // by blankKey
	room  sync.Pool        // of *bytes.Buffer, in which pages are filled in
}

// blank is what stands before, between and behind the gaps: one piece more than there are gaps.
type blank []string

// repeats tells whether a page of this kind comes again but for its gaps. The others are few, hold secrets, or are made for one run.
func (p *FormPage) repeats() bool {
	if p.Words != nil || p.Wait != nil || p.Image != "" || p.QR != "" || p.Show != "" || !plainPath(p.Action) {
		return false
	}
	for i := range p.Fields {
		if f := &p.Fields[i]; f.Passkey != nil || f.Puzzle != "" || f.Type == Effort {
			return false
		}
	}
	return true
}

// plainPath: it begins at the root of this host, and HTML and URLs spell it alike.
func plainPath(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return false
	}
	for i := range len(path) {
		c := path[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/?=._~-", c) >= 0 {
			continue
		}
		return false
	}
	return true
}

// gaps calls visit for every text of the page that goes into a gap, in the order of the page. Each stands alone between the quotes of an attribute.
func (p *FormPage) gaps(visit func(text *string)) {
	visit(&p.Action)
	for i := range p.Hidden {
		visit(&p.Hidden[i].Value)
	}
	for i := range p.Fields {
		if f := &p.Fields[i]; f.Value != "" && f.typed() {
			visit(&f.Value)
		}
	}
}

// typed: its value is shown as it was typed.
func (f *Field) typed() bool {
	switch f.Type {
	case Text, Email, Phone, Number, Date:
		return true
	}
	return false
}

// blankKey spells all of a page but what is in its gaps: two pages with one key differ in nothing else.
func (p *FormPage) blankKey(b []byte) []byte {
	b = appendTexts(b, p.Language, p.Product, p.StyleURL, p.LogoURL, p.IconURL, p.Application, p.Layout, p.Title, p.Text, p.Notice, p.Error, p.ErrorField)
	if f := p.Follow; f != nil {
		b = appendTexts(append(b, 'f'), f.Ask, f.Cookie)
	}
	b = append(strconv.AppendInt(b, int64(len(p.Hidden)), 10), ' ')
	for i := range p.Hidden {
		b = appendTexts(b, p.Hidden[i].Name)
	}
	b = append(strconv.AppendInt(b, int64(len(p.Buttons)), 10), ' ')
	for i := range p.Buttons {
		b = appendBool(appendTexts(b, p.Buttons[i].Name, p.Buttons[i].Label), p.Buttons[i].Link)
	}
	for i := range p.Fields {
		f := &p.Fields[i]
		b = appendTexts(b, f.Name, string(f.Type), f.Label, f.Hint, f.Autocomplete, f.Error)
		b = appendBool(b, f.Required)
		if f.typed() {
			b = appendBool(b, f.Value == "")
		} else {
			b = appendTexts(b, f.Value)
		}
		b = append(strconv.AppendInt(b, int64(len(f.Options)), 10), ' ')
		for _, o := range f.Options {
			b = appendTexts(b, o.Value, o.Label)
		}
	}
	return b
}

// appendTexts spells texts with their lengths, so that no two lists are spelled alike.
func appendTexts(b []byte, texts ...string) []byte {
	for _, text := range texts {
		b = append(strconv.AppendInt(b, int64(len(text)), 10), ' ')
		b = append(b, text...)
	}
	return b
}

func appendBool(b []byte, yes bool) []byte {
	if yes {
		return append(b, '+')
	}
	return append(b, '-')
}

// attribute escapes a text for an attribute in double quotes, byte for byte as html/template does.
var attribute = strings.NewReplacer("\x00", "\ufffd", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")

// fill writes the page.
func (p *Pages) fill(w io.Writer, rest blank, page *FormPage) error {
	out, _ := p.blanks.room.Get().(*bytes.Buffer)
	if out == nil {
		out = new(bytes.Buffer)
	}
	defer p.blanks.room.Put(out)
	out.Reset()
	page.gaps(func(text *string) {
		out.WriteString(rest[0])
		out.WriteString(attribute.Replace(*text))
		rest = rest[1:]
	})
	out.WriteString(rest[0])
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// blank gives the blank of a page, made now if need be. Nil: it has none.
func (p *Pages) blank(page *FormPage) (blank, error) {
	var room [1 << 10]byte
	key := page.blankKey(room[:0])
	p.blanks.mu.RLock()
	known, ok := p.blanks.known[string(key)]
	p.blanks.mu.RUnlock()
	if ok {
		return known, nil
	}
	made, err := p.punch(*page)
	if err != nil {
		return nil, err
	}
	p.blanks.mu.Lock()
	defer p.blanks.mu.Unlock()
	if p.blanks.known == nil || len(p.blanks.known) >= maxBlanks {
		p.blanks.known = make(map[string]blank)
	}
	p.blanks.known[string(key)] = made
	return made, nil
}

// punch renders a page with marks for its gaps and cuts it there. Nil: it is too long, or some mark does not stand alone between quotes where it
// was put and nowhere else, as where a text of the page spells one.
func (p *Pages) punch(page FormPage) (blank, error) {
	page.Hidden, page.Fields = append([]Hidden(nil), page.Hidden...), append([]Field(nil), page.Fields...)
	var marks []string
	page.gaps(func(text *string) {
		mark := "/gap" + strconv.Itoa(len(marks)) + "/"
		marks, *text = append(marks, mark), mark
	})
	page.Page = p.dress(page.Page)
	var out bytes.Buffer
	if err := render(&out, p.form, newFormView(page)); err != nil {
		return nil, err
	}
	rest := out.String()
	if len(rest) > maxBlank {
		return nil, nil
	}
	for _, mark := range marks {
		if strings.Count(rest, mark) != 1 {
			return nil, nil
		}
	}
	made := make(blank, 0, len(marks)+1)
	for _, mark := range marks {
		before, after, found := strings.Cut(rest, mark)
		if !found || !strings.HasSuffix(before, `="`) || !strings.HasPrefix(after, `"`) {
			return nil, nil
		}
		made, rest = append(made, before), after
	}
	return append(made, rest), nil
}
