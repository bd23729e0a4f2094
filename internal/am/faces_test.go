package am

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/fixture"
)

// shown are forms that have what the manual's table names, and nothing else.
func shown(what string) []run.Page {
	field := run.PageField{Name: "f", Type: graph.FieldType(what), Puzzle: "18.ab", Provider: "company"}
	switch what {
	case "text", "email":
		name := field
		name.Autocomplete = "username"
		return []run.Page{{Fields: []run.PageField{field}}, {Fields: []run.PageField{name}}}
	case "text:":
		return []run.Page{{Text: "x"}}
	case "notice:":
		return []run.Page{{Notice: "x"}}
	case "message":
		return []run.Page{{Message: "x"}}
	case "show:":
		return []run.Page{{Show: "x"}}
	case "image:":
		return []run.Page{{Image: "x"}}
	case "qr:":
		return []run.Page{{QR: "x"}}
	case "wait:":
		return []run.Page{{Wait: &run.PageWait{Every: time.Second}}}
	case "buttons:":
		return []run.Page{{Buttons: []run.PageButton{{Name: "a"}, {Name: "b"}, {Name: "c", Link: true}}}}
	}
	return []run.Page{{Fields: []run.PageField{field}}}
}

func TestTheManualTellsWhatBecomesOfEachFieldAndPartOfAForm(t *testing.T) {
	by := means{map[string]json.RawMessage{"f": json.RawMessage(`{"challenge":"Af8"}`)}, map[string]string{"f": "https://sso.example.com/leave"}}
	told := map[graph.FieldType]bool{}
	for _, row := range fixture.Table(t, "../../docs/flows.md", "| in a form | as a field of pi.flow | as a callback of AM |") {
		for _, what := range row[0] {
			var got []string
			for _, page := range shown(what) {
				q, err := questionOf(page, by)
				if err != nil {
					t.Fatal(err)
				}
				if what == string(graph.ExternalField) {
					q.callbacks = append(q.callbacks, redirectTo("x")...)
				}
				for _, c := range q.callbacks {
					got = append(got, c.Type)
				}
			}
			if told[graph.FieldType(what)] = true; !slices.Equal(got, row[2]) {
				t.Errorf("%s becomes %v, and the manual says %v", what, got, row[2])
			}
		}
	}
	for _, kind := range []graph.FieldType{
		graph.TextField, graph.EmailField, graph.PhoneField, graph.NumberField, graph.DateField, graph.CheckboxField, graph.ChoiceField,
		graph.PasswordField, graph.NewPasswordField, graph.CodeField, graph.PasskeyField, graph.NewPasskeyField, graph.ExternalField, graph.EffortField,
	} {
		if !told[kind] {
			t.Errorf("the table says nothing of %s", kind)
		}
	}
}
