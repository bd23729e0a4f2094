package templates_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"vigil/templates"
)

func form(t *testing.T, page templates.FormPage) *html.Node {
	t.Helper()
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := pages.Form(&out, page); err != nil {
		t.Fatal(err)
	}
	return parse(t, out.String())
}

func controls(root *html.Node) []*html.Node {
	found := append(all(root, "input"), all(root, "select")...)
	return slices.DeleteFunc(found, func(node *html.Node) bool { return attr(node, "type") == "hidden" })
}

func TestEveryInputHasItsLabelAndItsNotes(t *testing.T) {
	root := form(t, templates.FormPage{Title: "All", Error: "Wrong.", ErrorField: "code", Fields: everyField("Name")})
	ids := map[string]int{}
	for node := range root.Descendants() {
		if id := attr(node, "id"); id != "" {
			ids[id]++
		}
	}
	for id, count := range ids {
		if count != 1 {
			t.Errorf("id %q stands %d times in the page", id, count)
		}
	}
	inputs := controls(root)
	if len(inputs) != 13 { // eleven fields, a second option, a password once more
		t.Fatalf("the form asks %d times", len(inputs))
	}
	for _, input := range inputs {
		if text(first(root, "label", "for", attr(input, "id"))) == "" {
			t.Errorf("input %q has no label", attr(input, "name"))
		}
	}
	for node := range root.Descendants() {
		for _, id := range strings.Fields(attr(node, "aria-describedby")) {
			if ids[id] != 1 {
				t.Errorf("<%s> is described by %q, which is not there", node.Data, id)
			}
		}
	}
}

func TestSecretsAreNeverShownAgain(t *testing.T) {
	for _, kind := range []templates.FieldType{templates.Password, templates.NewPassword, templates.Code} {
		root := form(t, templates.FormPage{Fields: []templates.Field{{Name: "secret", Type: kind, Value: "correct horse"}}})
		for node := range root.Descendants() {
			if strings.Contains(node.Data, "correct horse") || strings.Contains(attr(node, "value"), "correct horse") {
				t.Errorf("%s shows its value", kind)
			}
		}
	}
}

func TestPasswordManagersAreToldWhatIsAsked(t *testing.T) {
	root := form(t, templates.FormPage{Fields: []templates.Field{
		{Name: "username"},
		{Name: "mail", Type: templates.Email},
		{Name: "password", Type: templates.Password},
		{Name: "fresh", Type: templates.NewPassword},
		{Name: "digits", Type: templates.Code},
		{Name: "street", Autocomplete: "street-address"},
	}})
	for name, want := range map[string]string{
		"username": "username", "mail": "email", "password": "current-password", "fresh": "new-password",
		"fresh" + templates.RepeatSuffix: "new-password", "digits": "one-time-code", "street": "street-address",
	} {
		if got := attr(first(root, "input", "name", name), "autocomplete"); got != want {
			t.Errorf("%s: autocomplete %q, want %q", name, got, want)
		}
	}
}

func TestFocusStandsWhereThePersonGoesOn(t *testing.T) {
	signOn := []templates.Field{{Name: "username", Value: "ada"}, {Name: "password", Type: templates.Password}}
	long := append(everyField("x"), signOn...)
	for name, c := range map[string]struct {
		page templates.FormPage
		want string
	}{
		"the first empty field":                {templates.FormPage{Fields: signOn}, "field-password"},
		"an error about the form":              {templates.FormPage{Fields: signOn, Error: "No."}, "form-error"},
		"an error about a field that is there": {templates.FormPage{Fields: signOn, Error: "No.", ErrorField: "username"}, "field-username"},
		"an error about a field that is not":   {templates.FormPage{Fields: signOn, Error: "No.", ErrorField: "other"}, "form-error"},
		"an error far down a long form":        {templates.FormPage{Fields: long, Error: "No.", ErrorField: "code"}, "field-code"},
	} {
		var focused []string
		for node := range form(t, c.page).Descendants() {
			if has(node, "autofocus") {
				focused = append(focused, attr(node, "id"))
			}
		}
		if !slices.Equal(focused, []string{c.want}) {
			t.Errorf("%s: focus on %q, want %q", name, focused, c.want)
		}
	}
}

func TestAnErrorIsAnnouncedOnceAndTiedToItsField(t *testing.T) {
	for _, fields := range [][]templates.Field{{{Name: "code", Type: templates.Code}}, everyField("x")} {
		root := form(t, templates.FormPage{Title: "Code", Error: "That code is not right.", ErrorField: "code", Fields: fields})
		alerts := 0
		for node := range root.Descendants() {
			if attr(node, "role") == "alert" {
				alerts++
			}
		}
		if alerts != 1 {
			t.Errorf("%d fields: %d alerts", len(fields), alerts)
		}
		input := first(root, "input", "name", "code")
		if attr(input, "aria-invalid") != "true" || !strings.Contains(attr(input, "aria-describedby"), "field-code-error") {
			t.Errorf("%d fields: the input does not say that it is wrong", len(fields))
		}
		if title := text(first(root, "title")); !strings.HasPrefix(title, "Error: ") {
			t.Errorf("title %q hides the error", title)
		}
	}
}

func TestALinkButtonSkipsTheBrowsersChecks(t *testing.T) {
	root := form(t, templates.FormPage{
		Fields:  []templates.Field{{Name: "a", Required: true}},
		Buttons: []templates.Button{{Name: "check", Label: "Go on"}, {Name: "cancel", Label: "Cancel", Link: true}},
	})
	for value, skips := range map[string]bool{"check": false, "cancel": true} {
		button := first(root, "button", "value", value)
		if attr(button, "name") != templates.ButtonInput || has(button, "formnovalidate") != skips {
			t.Errorf("button %q: name %q, formnovalidate %v", value, attr(button, "name"), has(button, "formnovalidate"))
		}
	}
}

func TestAFormWithoutButtonsHasContinue(t *testing.T) {
	if got := attr(first(form(t, templates.FormPage{}), "button"), "value"); got != "continue" {
		t.Errorf("the button sends %q", got)
	}
}

func TestWhatWasAnsweredIsStillThere(t *testing.T) {
	root := form(t, templates.FormPage{Fields: []templates.Field{
		{Name: "keep", Type: templates.Checkbox, Value: templates.CheckboxOn},
		{Name: "way", Type: templates.Choice, Value: "b", Options: []templates.Option{{Value: "a"}, {Value: "b"}}},
		{Name: "name", Value: "Ada & Co"},
	}})
	if !has(first(root, "input", "name", "keep"), "checked") {
		t.Error("the tick is gone")
	}
	if !has(first(root, "input", "value", "b"), "checked") || has(first(root, "input", "value", "a"), "checked") {
		t.Error("the choice is gone")
	}
	if got := attr(first(root, "input", "name", "name"), "value"); got != "Ada & Co" {
		t.Errorf("the text is %q", got)
	}
}
