package templates_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"vigil/templates"
)

func TestBothInputsOfANewPasswordTellWhatIsWrong(t *testing.T) {
	root := form(t, templates.FormPage{Title: "Choose", Fields: []templates.Field{
		{Name: "secret", Type: templates.NewPassword, Hint: "At least ten characters", Error: "It is too short."},
	}})
	inputs := all(root, "input", "type", "password")
	if len(inputs) != 2 {
		t.Fatalf("a new password is asked %d times", len(inputs))
	}
	for _, input := range inputs {
		if got := attr(input, "aria-describedby"); got != "field-secret-hint field-secret-error" || attr(input, "aria-invalid") != "true" {
			t.Errorf("%s: described by %q, invalid %q", attr(input, "name"), got, attr(input, "aria-invalid"))
		}
	}
}

func TestCodesAndAddressesRunFromLeftToRightInEveryLanguage(t *testing.T) {
	root := form(t, templates.FormPage{
		Page: templates.Page{Language: "ar"}, Show: "ABCD-1234", Fields: everyField("x"),
	})
	var fixed []string
	for _, input := range controls(root) {
		if attr(input, "dir") == "ltr" {
			fixed = append(fixed, attr(input, "name"))
		}
	}
	if want := []string{"email", "phone", "number", "code"}; !slices.Equal(fixed, want) {
		t.Errorf("left to right: %q, want %q", fixed, want)
	}
	if attr(first(root, "html"), "dir") != "rtl" || attr(first(root, "code"), "dir") != "ltr" {
		t.Error("a line to copy turns with the page")
	}
	for name, page := range everyPage(t, "Ada", "/go") {
		for _, person := range all(page, "p", "class", "person") {
			if text(first(person, "bdi")) != "Ada" {
				t.Errorf("%s: the name of a person is not held apart from the words around it", name)
			}
		}
	}
}

func TestWhereTheFocusBeginsTheTextAboveIsReadOut(t *testing.T) {
	field := []templates.Field{{Name: "code", Hint: "On its screen"}}
	way := []templates.Field{{Name: "firm", Type: templates.External, Label: "Go on with Firm"}}
	for name, c := range map[string]struct {
		page templates.FormPage
		want string
	}{
		"a field":             {templates.FormPage{Text: "Begin it yourself.", Fields: field}, "lead field-code-hint"},
		"news above a field":  {templates.FormPage{Text: "Look.", Notice: "Sent.", Fields: field}, "notice lead field-code-hint"},
		"a button":            {templates.FormPage{Text: "Choose.", Fields: way}, "lead field-firm-error"},
		"no text":             {templates.FormPage{Fields: field}, "field-code-hint"},
		"an error is shorter": {templates.FormPage{Text: "Look.", Fields: field, Error: "No.", ErrorField: "code"}, "field-code-hint field-code-error"},
	} {
		root := form(t, c.page)
		for node := range root.Descendants() {
			if has(node, "autofocus") && attr(node, "aria-describedby") != c.want {
				t.Errorf("%s: described by %q, want %q", name, attr(node, "aria-describedby"), c.want)
			}
			if id := attr(node, "id"); id == "lead" && text(node) != c.page.Text || id == "notice" && text(node) != c.page.Notice {
				t.Errorf("%s: %s says %q", name, id, text(node))
			}
		}
		if !slices.ContainsFunc(slices.Collect(root.Descendants()), func(node *html.Node) bool { return has(node, "autofocus") }) {
			t.Errorf("%s: the focus begins nowhere", name)
		}
	}
}

func TestNobodyIsTakenPastAPictureThatComesFirst(t *testing.T) {
	field := []templates.Field{{Name: "code", Type: templates.Code}}
	for name, c := range map[string]struct {
		page templates.FormPage
		want string
	}{
		"a picture":                    {templates.FormPage{QR: "otpauth://totp/x", Fields: field}, ""},
		"lines to copy":                {templates.FormPage{Show: "ABCD", Fields: field}, ""},
		"a picture that was looked at": {templates.FormPage{QR: "otpauth://totp/x", Fields: field, Error: "No.", ErrorField: "code"}, "field-code"},
	} {
		got := ""
		for node := range form(t, c.page).Descendants() {
			if has(node, "autofocus") {
				got = attr(node, "id")
			}
		}
		if got != c.want {
			t.Errorf("%s: the focus begins at %q, want %q", name, got, c.want)
		}
	}
}

func TestAPasskeyIsNotPromisedToABrowserWithoutScript(t *testing.T) {
	root := form(t, templates.FormPage{Title: "Sign on", Fields: []templates.Field{
		{Name: "key", Type: templates.Passkey, Label: "Use a passkey", Passkey: &templates.PasskeyQuestion{Options: "{}"}},
	}})
	if said := text(first(root, "noscript")); !strings.Contains(said, templates.English().PasskeyUnable) {
		t.Errorf("without script the page says %q", said)
	}
}

func TestEveryButtonAndLinkSaysWhatItDoes(t *testing.T) {
	for name, page := range everyPage(t, "Go on", "/go") {
		pressed := append(all(page, "button"), all(page, "a")...)
		if len(pressed) == 0 {
			t.Errorf("%s leads nowhere", name)
		}
		for _, one := range pressed {
			if strings.TrimSpace(text(one)) == "" {
				t.Errorf("%s: <%s> without words", name, one.Data)
			}
			if attr(one, "tabindex") != "" {
				t.Errorf("%s: <%s> is out of the order of the page", name, one.Data)
			}
		}
		for _, picture := range append(all(page, "img"), all(page, "svg")...) {
			if !slices.ContainsFunc(picture.Attr, func(a html.Attribute) bool { return a.Key == "alt" || a.Key == "aria-label" }) {
				t.Errorf("%s: a picture without words for it", name)
			}
		}
	}
}
