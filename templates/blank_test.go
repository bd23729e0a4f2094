package templates_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"vigil/templates"
)

// written is a page as these Pages write it.
func written(t testing.TB, pages *templates.Pages, page templates.FormPage) string {
	t.Helper()
	var out strings.Builder
	if err := pages.Form(&out, page); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// once is a page as it is without the help of one that was written before: the words keep it from being kept.
func once(t testing.TB, pages *templates.Pages, page templates.FormPage) string {
	t.Helper()
	if page.Words == nil {
		page.Words = templates.English()
	}
	return written(t, pages, page)
}

// usual is a page like those that come again and again.
func usual() templates.FormPage {
	return templates.FormPage{
		Application: "Portal", Title: "Sign on", Text: "Hello", Error: "No.", ErrorField: "password", Action: "/signon/?flowId=abc",
		Hidden: []templates.Hidden{{Name: "_node", Value: "credentials"}, {Name: "_version", Value: "1"}},
		Fields: []templates.Field{
			{Name: "username", Type: templates.Text, Label: "User name", Value: "ada"},
			{Name: "password", Type: templates.Password, Label: "Password"},
			{Name: "colour", Type: templates.Choice, Value: "red", Options: []templates.Option{{Value: "red", Label: "Red"}, {Value: "blue"}}},
			{Name: "stay", Type: templates.Checkbox, Label: "Stay"},
			{Name: "odd", Type: "unheard-of", Value: "as it was"},
		},
		Buttons: []templates.Button{{Name: "signOn", Label: "Sign on"}, {Name: "forgot", Link: true}},
	}
}

func TestAFormIsTheSameWhetherItWasWrittenBeforeOrNot(t *testing.T) {
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	hostile := []string{
		`"><script>alert(1)</script>`, `' onfocus='x`, "a+b & <c>", "\x00\x01", "ü\u2028\ufffd", "javascript:alert(1)", "//evil.example", "/gap0/", "/gap1/",
		strings.Repeat("é<", 4000), "{{.Title}}", "\xff\xfe", "",
	}
	for _, said := range hostile {
		page := usual()
		page.Fields[0].Value, page.Hidden[0].Value, page.Hidden[1].Value = said, said, said
		for range 2 {
			if got, want := written(t, pages, page), once(t, pages, page); got != want {
				t.Errorf("with %.40q the page is\n%s\nand not\n%s", said, got, want)
			}
		}
		page = usual()
		page.Action = said
		if got, want := written(t, pages, page), once(t, pages, page); got != want {
			t.Errorf("with the action %.40q the page is\n%s\nand not\n%s", said, got, want)
		}
		page = usual()
		page.Title, page.Application, page.Fields[0].Label = said, said, said
		if got, want := written(t, pages, page), once(t, pages, page); got != want {
			t.Errorf("with the title %.40q the page is\n%s\nand not\n%s", said, got, want)
		}
	}
}

func TestAFormThatDiffersAnywhereIsNotTakenForOneWrittenBefore(t *testing.T) {
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	changes := 0
	for ; ; changes++ {
		page, nth := usual(), changes
		if !change(reflect.ValueOf(&page).Elem(), &nth) {
			break
		}
		written(t, pages, usual())
		if got, want := written(t, pages, page), once(t, pages, page); got != want {
			t.Errorf("change %d: the page is\n%s\nand not\n%s", changes, got, want)
		}
	}
	if changes < 60 {
		t.Fatalf("only %d changes were tried", changes)
	}
	for _, page := range apart() {
		written(t, pages, usual())
		if got, want := written(t, pages, page), once(t, pages, page); got != want {
			t.Errorf("the page is\n%s\nand not\n%s", got, want)
		}
	}
}

// change changes the nth text or yes-or-no of a value, counted through all it holds.
func change(v reflect.Value, n *int) bool {
	switch v.Kind() {
	case reflect.String:
		if *n == 0 {
			v.SetString(v.String() + "x")
		}
		*n--
		return *n < 0
	case reflect.Bool:
		if *n == 0 {
			v.SetBool(!v.Bool())
		}
		*n--
		return *n < 0
	case reflect.Struct:
		for i := range v.NumField() {
			if change(v.Field(i), n) {
				return true
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if change(v.Index(i), n) {
				return true
			}
		}
	}
	return false
}

// apart are pages that differ from the usual one in what they have, rather than in what stands there.
func apart() []templates.FormPage {
	var all []templates.FormPage
	for _, alter := range []func(*templates.FormPage){
		func(p *templates.FormPage) { p.Fields[0].Value = "" },
		func(p *templates.FormPage) { p.Fields[3].Value = templates.CheckboxOn },
		func(p *templates.FormPage) { p.Fields = p.Fields[1:] },
		func(p *templates.FormPage) { p.Fields = nil },
		func(p *templates.FormPage) { p.Buttons = nil },
		func(p *templates.FormPage) { p.Hidden = p.Hidden[:1] },
		func(p *templates.FormPage) { slices.Reverse(p.Fields) },
		func(p *templates.FormPage) { p.Fields[2].Options = p.Fields[2].Options[:1] },
		func(p *templates.FormPage) { p.QR = "otpauth://totp/x" },
		func(p *templates.FormPage) { p.Show = "a\nb" },
		func(p *templates.FormPage) { p.Image = "/harbour.svg" },
		func(p *templates.FormPage) { p.Wait = &templates.Wait{Poll: "/p", Next: "/n"} },
		func(p *templates.FormPage) { p.Fields[0].Type, p.Fields[0].Puzzle = templates.Effort, "1.2" },
		func(p *templates.FormPage) {
			p.Fields[0].Type, p.Fields[0].Passkey = templates.Passkey, &templates.PasskeyQuestion{Options: "{}"}
		},
	} {
		page := usual()
		alter(&page)
		all = append(all, page)
	}
	return all
}

// BenchmarkForm is a page that came before, for another run.
func BenchmarkForm(b *testing.B) {
	pages, err := templates.New()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		written(b, pages, usual())
	}
}
