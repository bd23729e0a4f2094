package diag

import (
	"encoding/json"
	"io"
)

// position is a place as programs read it: both count from 1, columns in characters.
type position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

type jsonRelated struct {
	Message string   `json:"message"`
	File    string   `json:"file"`
	Start   position `json:"start"`
	End     position `json:"end"`
}

type jsonDiagnostic struct {
	File     string        `json:"file"`
	Start    position      `json:"start"`
	End      position      `json:"end"`
	Severity Severity      `json:"severity"`
	Rule     string        `json:"rule"`
	Summary  string        `json:"summary"`
	Detail   string        `json:"detail,omitempty"`
	Hint     string        `json:"hint,omitempty"`
	Related  []jsonRelated `json:"related,omitempty"`
	Fix      *jsonFix      `json:"fix,omitempty"`
}

// jsonFix is a text in the place of a range.
type jsonFix struct {
	Start position `json:"start"`
	End   position `json:"end"`
	Text  string   `json:"text"`
}

// WriteJSON writes diagnostics as one JSON list, one object each, in their order. An empty list is [].
func WriteJSON(w io.Writer, list []Diagnostic) error {
	out := make([]jsonDiagnostic, len(list))
	for i := range list {
		d := &list[i]
		out[i] = jsonDiagnostic{
			File: d.Subject.File, Start: position(d.Subject.Start), End: position(d.Subject.End),
			Severity: d.Severity, Rule: d.Rule, Summary: d.Summary, Detail: d.Detail, Hint: d.Hint,
		}
		if fix, ok := FixOf(d); ok {
			out[i].Fix = &jsonFix{position(fix.Range.Start), position(fix.Range.End), fix.Text}
		}
		for _, r := range d.Related {
			out[i].Related = append(out[i].Related, jsonRelated{r.Message, r.Range.File, position(r.Range.Start), position(r.Range.End)})
		}
	}
	return encode(w, out)
}

func encode(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
