package templates_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"vigil/templates"
)

func ways(fields ...templates.Field) templates.FormPage {
	return templates.FormPage{Title: "Sign on", Fields: fields}
}

var (
	username = templates.Field{Name: "username", Type: templates.Text, Label: "User name"}
	passkey  = templates.Field{Name: "passkey", Type: templates.Passkey, Label: "Use a passkey", Passkey: &templates.PasskeyQuestion{Options: `{"challenge":"<&\""}`}}
	fresh    = templates.Field{Name: "fresh", Type: templates.NewPasskey, Label: "Create a passkey", Passkey: &templates.PasskeyQuestion{Create: true, Options: "{}"}}
	company  = templates.Field{Name: "company", Type: templates.External, Label: "Continue with your company"}
)

func button(root *html.Node, value string) *html.Node {
	return first(root, "button", "value", value)
}

func TestAFieldThatIsAButtonIsOneAndEnterPressesTheUsualOne(t *testing.T) {
	root := form(t, ways(username, passkey, company))
	buttons := all(root, "button")
	var order []string
	for _, b := range buttons {
		order = append(order, attr(b, "name")+"="+attr(b, "value"))
	}
	// HTML, implicit submission: the first submit button in tree order.
	if got := strings.Join(order, " "); got != "_button=continue _button=passkey _leave=company" {
		t.Errorf("the buttons are %s", got)
	}
	key := button(root, "passkey")
	if attr(key, "data-passkey") != "get" || attr(key, "data-options") != `{"challenge":"<&\""}` || !has(key, "formnovalidate") {
		t.Errorf("the passkey asks %v", key.Attr)
	}
	if len(all(root, "input", "name", "passkey")) != 1 || len(all(root, "input", "name", "company")) != 0 {
		t.Error("an answer has no place to go, or a way out has one")
	}
	if attr(button(form(t, ways(fresh)), "fresh"), "data-passkey") != "create" {
		t.Error("a new passkey is not created")
	}
}

func TestAPageOfSuchButtonsAloneNeedsNoOther(t *testing.T) {
	root := form(t, ways(fresh))
	if buttons := all(root, "button"); len(buttons) != 1 || strings.Contains(attr(buttons[0], "class"), "quiet") || !has(buttons[0], "autofocus") {
		t.Errorf("%d buttons", len(buttons))
	}
	if !strings.Contains(attr(button(form(t, ways(username, fresh)), "fresh"), "class"), "quiet") {
		t.Error("beside a name the passkey shouts")
	}
}

func TestOnlyAPageThatAsksForAPasskeyMayRunItsScript(t *testing.T) {
	unable := templates.Field{Name: "passkey", Type: templates.Passkey, Passkey: &templates.PasskeyQuestion{}}
	for name, c := range map[string]struct {
		page templates.FormPage
		runs bool
	}{
		"a passkey": {ways(username, passkey), true}, "a new one": {ways(fresh), true},
		"a name": {ways(username), false}, "a way out": {ways(company), false}, "a passkey that cannot be used here": {ways(unable), false},
	} {
		scripts := len(all(form(t, c.page), "script"))
		if allowed := strings.Contains(c.page.Policy(), "script-src 'self'"); allowed != c.runs || (scripts == 1) != c.runs {
			t.Errorf("%s: %d scripts under %s", name, scripts, c.page.Policy())
		}
	}
	if root := form(t, ways(unable)); len(all(root, "button", "value", "passkey")) != 0 || !strings.Contains(text(root), "cannot be used") {
		t.Error("a passkey is asked for where there can be none")
	}
}

func TestWhatWentWrongWithAButtonStandsBelowIt(t *testing.T) {
	page := ways(username, passkey)
	page.Error, page.ErrorField = "That passkey does not work here.", "passkey"
	root := form(t, page)
	key, place := button(root, "passkey"), first(root, "p", "id", "field-passkey-error")
	if text(place) != page.Error || has(place, "hidden") || !has(key, "autofocus") || !strings.Contains(attr(key, "aria-describedby"), "field-passkey-error") {
		t.Errorf("the error stands at %q, hidden %v, in focus %v", text(place), has(place, "hidden"), has(key, "autofocus"))
	}
	if quietly := first(form(t, ways(passkey)), "p", "id", "field-passkey-error"); !has(quietly, "hidden") {
		t.Error("an empty error takes room")
	}
}
