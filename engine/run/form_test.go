package run_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// asking is a flow of one form that ends in what it was given, as claims.
func asking(fields ...graph.FormField) *graph.Flow {
	for i := range fields {
		if fields[i].Gives.Kind == "" {
			fields[i].Gives = typed(connector.String)
		}
	}
	flow := signOn(password(checkPassword))
	page := &graph.Node{Name: "page", Form: &graph.Form{Title: words("Tell"), Fields: fields, Buttons: []graph.Button{{Name: "on"}, {Name: "back", Link: true}}}}
	page.Then = map[string]*graph.Edge{"on": to(flow.Node("credentials")), "back": to(page)}
	claims := argument("idTokenClaims", connector.Object, expression(func(s graph.Scope) (any, error) {
		given := map[string]any{}
		for _, f := range fields {
			given[f.Name], _ = s.Lookup("page", f.Name)
		}
		return given, nil
	}))
	done := flow.Node("done").End
	done.With = append(done.With, claims)
	flow.Start, flow.Nodes = page, append(flow.Nodes, page)
	return flow
}

func (p *player) given() map[string]any {
	p.t.Helper()
	p.enter("continue", "username", "ada", "password", "right")
	return p.success().IDTokenClaims
}

func TestEveryFieldTypeGivesItsValueAndRefusesWhatIsNone(t *testing.T) {
	cases := []struct {
		field   graph.FieldType
		good    string
		value   any
		bad     string
		problem run.Problem
	}{
		{graph.TextField, " Ada\x00 ", "Ada", strings.Repeat("a", 1001), run.TooLong},
		{graph.TextField, strings.Repeat("é", 1000), strings.Repeat("é", 1000), strings.Repeat("a", 1<<20), run.TooLong},
		{graph.TextField, "a", "a", " \t ", run.Missing},
		{graph.EmailField, "ada@example.com", "ada@example.com", "ada@", run.Malformed},
		{graph.EmailField, "ada+x@example.com", "ada+x@example.com", "ada@example.com@x", run.Malformed},
		{graph.PhoneField, "+31 (20) 123-4567", "+31 (20) 123-4567", "call me", run.Malformed},
		{graph.NumberField, "3.5", 3.5, "NaN", run.Malformed},
		{graph.NumberField, "-1e3", -1000.0, "1e999", run.Malformed},
		{graph.DateField, "2026-11-21", time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), "21/11/2026", run.Malformed},
		{graph.CheckboxField, "on", true, "", run.Missing},
	}
	for _, c := range cases {
		t.Run(string(c.field)+" "+string(c.problem), func(t *testing.T) {
			p := begin(t, asking(graph.FormField{Name: "x", Type: c.field, Required: true}), run.Environment{})
			p.enter("on", "x", c.bad)
			field := p.page().Fields[0]
			if field.Problem != c.problem || field.Message == "" {
				t.Fatalf("%.20q: problem %q, message %q", c.bad, field.Problem, field.Message)
			}
			if len(field.Value) > 4000 {
				t.Fatalf("%d bytes of a giant entry are kept", len(field.Value))
			}
			p.enter("on", "x", c.good)
			if got := p.given()["x"]; !reflect.DeepEqual(got, c.value) {
				t.Errorf("%q gives %#v", c.good, got)
			}
		})
	}
}

func TestAFieldThatMayBeEmptyGivesNothing(t *testing.T) {
	for field, want := range map[graph.FieldType]any{graph.TextField: "", graph.EmailField: "", graph.NumberField: nil, graph.DateField: nil, graph.CheckboxField: false} {
		p := begin(t, asking(graph.FormField{Name: "x", Type: field}), run.Environment{})
		p.enter("on")
		if got := p.given()["x"]; got != want {
			t.Errorf("%s gives %#v", field, got)
		}
	}
}

func TestAFieldThatIsNotShownKeepsItsValueWhateverIsSent(t *testing.T) {
	p := begin(t, asking(graph.FormField{Name: "x", Type: graph.TextField, Required: true, When: literal{false}, Value: literal{"fixed"}}), run.Environment{})
	if n := len(p.page().Fields); n != 0 {
		t.Fatalf("%d fields are shown", n)
	}
	p.enter("on", "x", "forged", "y", "unknown")
	if got := p.given(); !reflect.DeepEqual(got, map[string]any{"x": "fixed"}) {
		t.Errorf("given %#v", got)
	}
}

func TestARefusedEntryLosesNothingElseAndKeepsTheNotice(t *testing.T) {
	flow := asking(
		graph.FormField{Name: "name", Type: graph.TextField, Required: true},
		graph.FormField{Name: "terms", Type: graph.CheckboxField, Value: literal{true}},
		graph.FormField{Name: "mail", Type: graph.EmailField, Required: true},
	)
	flow.Node("page").Form.Notice = words("Welcome.")
	p := begin(t, flow, run.Environment{})
	if got := p.page().Fields[1].Value; got != "true" {
		t.Errorf("the prefilled box shows %q", got)
	}
	p.enter("on", "name", "Ada", "mail", "nonsense")
	page := p.page()
	if page.Fields[0].Value != "Ada" || page.Fields[1].Value != "" || page.Fields[2].Value != "nonsense" || page.Notice != "Welcome." {
		t.Errorf("page is %#v", page)
	}
	if page.Fields[0].Problem != "" || page.Fields[2].Problem != run.Malformed {
		t.Errorf("problems %q and %q", page.Fields[0].Problem, page.Fields[2].Problem)
	}
	if again, err := p.machine.Redisplay(p.flow, p.state, p.env, p.now); err != nil || !reflect.DeepEqual(again, page) {
		t.Errorf("shown again it is %#v, %v", again, err)
	}
	p.enter("back")
	if page := p.page(); page.Fields[0].Value != "Ada" || page.Fields[2].Problem != "" {
		t.Errorf("after the link the page is %#v", page)
	}
}

func TestANewPasswordIsAskedTwice(t *testing.T) {
	p := begin(t, asking(graph.FormField{Name: "secret", Type: graph.NewPasswordField, Required: true}), run.Environment{})
	field := p.page().Fields[0]
	if field.Repeat == "" || field.Autocomplete != "new-password" {
		t.Errorf("field is %#v", field)
	}
	p.enter("on", "secret", "correct horse", field.Repeat, "correct house")
	if got := p.page().Fields[0]; got.Problem != run.Different || got.Value != "" {
		t.Errorf("field is %#v", got)
	}
	p.enter("on", "secret", "correct horse", field.Repeat, "correct horse")
	if p.page().Node != "credentials" {
		t.Errorf("page is %q", p.page().Node)
	}
}

func TestAChoiceGivesOneOfItsOptionsOnly(t *testing.T) {
	p := begin(t, asking(graph.FormField{Name: "x", Type: graph.ChoiceField, Required: true, Options: []graph.Option{{Value: "a", Label: words("First")}, {Value: "b", Label: words("Second")}}}), run.Environment{})
	if got := p.page().Fields[0].Options; !reflect.DeepEqual(got, []run.PageOption{{"a", "First"}, {"b", "Second"}}) {
		t.Errorf("options are %#v", got)
	}
	p.enter("on", "x", "c")
	if got := p.page().Fields[0].Problem; got != run.Unlisted {
		t.Errorf("problem %q", got)
	}
	p.enter("on", "x", "b")
	if got := p.given()["x"]; got != "b" {
		t.Errorf("gives %#v", got)
	}
}

func TestAChoiceAmongRecordsGivesTheRecord(t *testing.T) {
	records := []any{map[string]any{"id": "d1", "name": "Phone"}, map[string]any{"id": "d2", "name": "Key"}}
	p := begin(t, asking(graph.FormField{Name: "x", Type: graph.ChoiceField, Required: true, From: literal{records}}), run.Environment{})
	if got := p.page().Fields[0].Options; !reflect.DeepEqual(got, []run.PageOption{{"d1", "Phone"}, {"d2", "Key"}}) {
		t.Errorf("options are %#v", got)
	}
	p.enter("on", "x", "d2")
	if got := p.given()["x"]; !reflect.DeepEqual(got, records[1]) {
		t.Errorf("gives %#v", got)
	}
}
