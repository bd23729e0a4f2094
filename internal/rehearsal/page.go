package rehearsal

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/templates"
)

//go:embed read.js
var readPage string

//go:embed fill.js
var fillPage string

// seen is a page as the browser shows it. White space is one blank.
type seen struct {
	Path    string      `json:"path"`
	Node    string      `json:"node"` // of the flow. Empty: the page is none of a flow
	Title   string      `json:"title"`
	Text    string      `json:"text"`
	Notice  string      `json:"notice"`
	Message string      `json:"message"` // above the form
	QR      bool        `json:"qr"`
	Lines   []string    `json:"lines"`
	Fields  []seenField `json:"fields"`
	Buttons []seenField `json:"buttons"`
}

type seenField struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Value string `json:"value"` // empty for secrets
	Wrong string `json:"wrong"` // what stands beside it
}

func (t *tab) look() (seen, error) {
	text, err := eval[string](t, readPage)
	if err != nil {
		return seen{}, fmt.Errorf("read the page: %w", err)
	}
	var s seen
	return s, json.Unmarshal([]byte(text), &s)
}

// shortForm is the most fields of a form that tells what is wrong with one of them beside it alone: package templates.
const shortForm = 3

// Shows implements flowtest.Double.
func (p *performance) Shows(page run.Page) error { return p.explained(p.shows(page)) }

// shows holds the page against the stage's. A page that waits for another device is to go on by itself where the stage has gone on.
func (p *performance) shows(page run.Page) error {
	want := expected(page)
	if p.scene.Flow.Part && p.tab == p.first {
		want.Node = underPart + want.Node
	}
	var why string
	var err error
	waitFor(patience+p.tab.pause(), func() bool {
		restless := p.tab.restless() // looked at first: a page that comes between is looked at again
		why, err = p.tab.differs(want)
		return err == nil && (why == "" || !restless)
	})
	if err != nil || why == "" {
		return err
	}
	return fmt.Errorf("page %q: %s", page.Node, why)
}

// differs names the first difference between what was expected and what the browser shows. Empty: there is none.
func (t *tab) differs(want seen) (string, error) {
	shown, err := t.look()
	if err != nil {
		return "", err
	}
	return want.differs(shown), nil
}

// pictureOf draws a QR code as pages do.
func pictureOf(text string) template.HTML {
	return templates.FormPage{Page: templates.Page{Words: templates.English()}, QR: text}.Picture()
}

// expected is how a page of the stage would be seen.
func expected(page run.Page) seen {
	s := seen{Node: page.Node, Title: blanks(page.Title), Text: blanks(page.Text), Notice: blanks(page.Notice), QR: page.QR != "", Message: blanks(page.Message)}
	if page.Show != "" {
		s.Lines = strings.Split(strings.TrimRight(page.Show, "\n"), "\n")
	}
	for i := range page.Fields {
		f := &page.Fields[i]
		field := seenField{Name: f.Name, Label: blanks(f.Label), Value: f.Value, Wrong: blanks(f.Message)}
		if f.Message != "" && f.Name == page.MessageField && len(page.Fields) <= shortForm {
			s.Message = "" // it stands beside the field
		}
		switch {
		case f.Type.Pressed():
			field.Value = ""
			s.Buttons = append(s.Buttons, field)
			continue
		case f.Type == graph.EffortField:
			field.Label, field.Value = "", "" // its label gives way to how the work goes
		case f.Type == graph.CheckboxField && f.Value != "true":
			field.Value = ""
		}
		s.Fields = append(s.Fields, field)
		if f.Type == graph.NewPasswordField {
			s.Fields = append(s.Fields, seenField{Name: f.Repeat})
		}
	}
	for _, b := range page.Buttons {
		s.Buttons = append(s.Buttons, seenField{Name: b.Name, Label: blanks(b.Label)})
	}
	return s
}

// differs names the first difference between what was expected and what the browser shows. Empty: there is none. What is drawn by chance, such as
// secrets and codes to keep, is counted and not compared.
func (s seen) differs(shown seen) string {
	pairs := []struct{ what, want, got string }{
		{"text", s.Text, shown.Text},
		{"notice", s.Notice, shown.Notice},
		{"message", s.Message, shown.Message},
		{"QR code", fmt.Sprint(s.QR), fmt.Sprint(shown.QR)},
		{"lines to copy", fmt.Sprint(len(s.Lines)), fmt.Sprint(len(shown.Lines))},
		{"fields", names(s.Fields), names(shown.Fields)},
		{"buttons", names(s.Buttons), names(shown.Buttons)},
	}
	switch {
	case shown.Path == backPath:
		return "the browser is back at the application"
	case s.Title != shown.Title:
		return fmt.Sprintf("its title is %q in the browser and %q on the stage", shown.Title, s.Title)
	case s.Node != shown.Node:
		return fmt.Sprintf("the browser is at %q", strings.TrimPrefix(shown.Node, underPart))
	}
	for _, p := range pairs {
		if p.want != p.got {
			return fmt.Sprintf("its %s is %q in the browser and %q on the stage", p.what, p.got, p.want)
		}
	}
	for i, want := range append(s.Fields, s.Buttons...) {
		got := append(shown.Fields, shown.Buttons...)[i]
		switch {
		case want.Label != "" && got.Label != want.Label:
			return fmt.Sprintf("the label of %q is %q in the browser and %q on the stage", want.Name, got.Label, want.Label)
		case got.Value != want.Value:
			return fmt.Sprintf("%q shows %q in the browser and %q on the stage", want.Name, got.Value, want.Value)
		case got.Wrong != want.Wrong:
			return fmt.Sprintf("beside %q stands %q in the browser and %q on the stage", want.Name, got.Wrong, want.Wrong)
		}
	}
	return ""
}

func names(fields []seenField) string {
	var all []string
	for _, f := range fields {
		all = append(all, f.Name)
	}
	return strings.Join(all, ", ")
}

func blanks(text string) string { return strings.Join(strings.Fields(text), " ") }
