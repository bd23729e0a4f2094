package templates_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"vigil/templates"
)

// hostile is what a stranger would put into every text that they can reach.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'` + "`" + `{{.}}</title></style><!--`

// everyPage renders each page with all its texts set to text and all its
// optional parts there.
func everyPage(t *testing.T, text, url string) map[string]*html.Node {
	t.Helper()
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	page := templates.Page{Language: "en", Product: text}
	hidden := []templates.Hidden{{Name: "token", Value: text}}
	on := templates.Link{Label: text, URL: url}
	var out strings.Builder
	rendered := map[string]*html.Node{}
	for name, write := range map[string]func() error{
		"form": func() error {
			return pages.Form(&out, templates.FormPage{
				Page: page, Application: text, Title: text, Text: text, Notice: text, Error: text, ErrorField: "password",
				Action: url, Hidden: hidden, Fields: everyField(text),
				Buttons: []templates.Button{{Name: text, Label: text}, {Name: "cancel", Label: text, Link: true}},
			})
		},
		"error": func() error {
			return pages.Error(&out, templates.ErrorPage{Page: page, Title: text, Message: text, Advice: []string{text}, Reference: text, Continue: on})
		},
		"signedOff": func() error {
			return pages.SignedOff(&out, templates.SignedOffPage{Page: page, Application: text, Incomplete: true, Continue: on})
		},
		"signingOff": func() error {
			return pages.SigningOff(&out, templates.SigningOffPage{
				Page: page, Application: text, Incomplete: true, Frames: []string{url, url}, Onward: url, Patience: time.Second,
			})
		},
		"signOffQuestion": func() error {
			return pages.SignOffQuestion(&out, templates.SignOffQuestionPage{Page: page, Application: text, User: text, Action: url, Hidden: hidden})
		},
		"consent": func() error {
			return pages.Consent(&out, templates.ConsentPage{Page: page, Application: text, User: text, Action: url, Scopes: []string{"openid", "profile", text}})
		},
		"formPost": func() error {
			return pages.FormPost(&out, templates.FormPostPage{Page: page, Application: text, Action: url, Fields: hidden})
		},
		"alreadyDone": func() error {
			return pages.AlreadyDone(&out, templates.AlreadyDonePage{Page: page, Reason: templates.Expired, Continue: on})
		},
	} {
		out.Reset()
		if err := write(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rendered[name] = parse(t, out.String())
	}
	return rendered
}

// everyField gives one field of every type, and both looks of a choice.
func everyField(text string) []templates.Field {
	few := []templates.Option{{Value: text, Label: text}, {Value: "b"}}
	many := append([]templates.Option{{Value: "1"}, {Value: "2"}, {Value: "3"}, {Value: "4"}, {Value: "5"}, {Value: "6"}}, few...)
	fields := []templates.Field{{Name: "menu", Type: templates.Choice, Label: text, Value: text, Hint: text, Options: many}}
	for _, kind := range []templates.FieldType{
		templates.Text, templates.Email, templates.Phone, templates.Number, templates.Date, templates.Checkbox,
		templates.Choice, templates.Password, templates.NewPassword, templates.Code,
	} {
		fields = append(fields, templates.Field{
			Name: string(kind), Type: kind, Label: text, Value: text, Hint: text, Required: true, Options: few,
		})
	}
	return fields
}

func TestNoTextOfAStrangerBecomesMarkup(t *testing.T) {
	for name, page := range everyPage(t, hostile, "https://app.example/cb") {
		for node := range page.Descendants() {
			if node.Type == html.CommentNode {
				t.Errorf("%s: a comment: %q", name, node.Data)
			}
			if node.Type != html.ElementNode {
				continue
			}
			if node.Data == "script" && name != "formPost" && name != "signingOff" || node.Data == "img" && attr(node, "class") != "brand-mark" {
				t.Errorf("%s: an element of the stranger's: <%s>", name, node.Data)
			}
		}
		if !strings.Contains(text(page), hostile) && name != "alreadyDone" {
			t.Errorf("%s does not show the text as it is", name)
		}
	}
}

func TestNoAddressOfAStrangerRunsScript(t *testing.T) {
	for name, page := range everyPage(t, "x", "javascript:alert(1)") {
		for node := range page.Descendants() {
			for _, a := range node.Attr {
				if strings.Contains(a.Val, "javascript:") {
					t.Errorf("%s: <%s %s=%q>", name, node.Data, a.Key, a.Val)
				}
			}
		}
	}
}

func TestPagesHoldNoScriptOrStyleOfTheirOwn(t *testing.T) {
	for name, page := range everyPage(t, "x", "/go") {
		for node := range page.Descendants() {
			if node.Data == "style" || node.Data == "script" && name != "formPost" && name != "signingOff" {
				t.Errorf("%s: <%s>", name, node.Data)
			}
			for _, a := range node.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s>", name, node.Data, a.Key)
				}
			}
		}
	}
}

func TestEveryPageSaysItsLanguageTitleAndHeading(t *testing.T) {
	for name, page := range everyPage(t, "Ada", "/go") {
		if lang := attr(first(page, "html"), "lang"); lang != "en" {
			t.Errorf("%s: lang=%q", name, lang)
		}
		if title := text(first(page, "title")); !strings.HasSuffix(title, " · Ada") {
			t.Errorf("%s: title %q does not name the product", name, title)
		}
		if count := len(all(page, "h1")); count != 1 {
			t.Errorf("%s has %d headings of the first rank", name, count)
		}
		if count := len(all(page, "main")); count != 1 {
			t.Errorf("%s has %d main parts", name, count)
		}
		if attr(first(page, "meta", "name", "viewport"), "content") != "width=device-width, initial-scale=1" {
			t.Errorf("%s does not fit narrow screens, or forbids zooming", name)
		}
	}
}

func TestOriginOfAPostIsNeverWithheld(t *testing.T) {
	// With no-referrer a browser posts `Origin: null`, and no form could be told from a stranger's.
	for name, page := range everyPage(t, "x", "/go") {
		if policy := attr(first(page, "meta", "name", "referrer"), "content"); policy != "strict-origin" {
			t.Errorf("%s: referrer policy %q", name, policy)
		}
	}
}

func TestNothingIsWrittenAfterAFailure(t *testing.T) {
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("connection gone")
	if err := pages.SignedOff(failing{broken}, templates.SignedOffPage{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func parse(t *testing.T, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// all gives the elements of that name, of those with the attribute if one is named.
func all(root *html.Node, name string, attribute ...string) []*html.Node {
	var found []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == name && (len(attribute) == 0 || attr(node, attribute[0]) == attribute[1]) {
			found = append(found, node)
		}
	}
	return found
}

func first(root *html.Node, name string, attribute ...string) *html.Node {
	if found := all(root, name, attribute...); len(found) > 0 {
		return found[0]
	}
	return &html.Node{}
}

func attr(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(node *html.Node, name string) bool {
	for _, a := range node.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func text(node *html.Node) string {
	var out strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			out.WriteString(child.Data)
		}
	}
	return out.String()
}
