package piflow_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/fixture"
	"vigil/internal/piflow"
)

// shown are forms that have what the manual's table names, and nothing else.
func shown(what string) []run.Page {
	field := func(kind graph.FieldType) run.PageField {
		return run.PageField{Name: "f", Type: kind, Puzzle: "18.ab", Provider: "company"}
	}
	switch kind := graph.FieldType(what); kind {
	case graph.ChoiceField:
		few, many := field(kind), field(kind)
		few.Options, many.Options = options("12345"), options("123456")
		return []run.Page{{Fields: []run.PageField{few}}, {Fields: []run.PageField{many}}}
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
	default:
		return []run.Page{{Fields: []run.PageField{field(kind)}}}
	}
}

func TestTheManualTellsWhatBecomesOfEachFieldAndPartOfAForm(t *testing.T) {
	place := piflow.Place{
		Passkeys: map[string]json.RawMessage{"f": json.RawMessage(`{"challenge":"Af8"}`)}, Leaving: map[string]string{"f": "https://sso.example.com/leave"},
	}
	told := 0
	for _, row := range fixture.Table(t, "../../docs/flows.md", "| in a form | as a field of pi.flow | as a callback of AM |") {
		for _, what := range row[0] {
			var got []string
			for _, page := range shown(what) {
				var form struct {
					Form struct {
						Components struct{ Fields []struct{ Type string } }
					}
				}
				if err := json.Unmarshal([]byte(reply(t, place.Page(page))), &form); err != nil {
					t.Fatal(err)
				}
				for _, f := range form.Form.Components.Fields {
					got = append(got, f.Type)
				}
			}
			if told++; !slices.Equal(got, row[1]) {
				t.Errorf("%s becomes %v, and the manual says %v", what, got, row[1])
			}
		}
	}
	if told < 20 {
		t.Errorf("the table has %d entries", told)
	}
}
