package templates_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vigil/templates"
)

var hole = regexp.MustCompile(`\{\{ [a-z]+ \}\}`)

func TestEveryTextOfThePagesIsThereInGermanWithTheSameThingsInIt(t *testing.T) {
	english := templates.Texts()
	if len(english) < 80 {
		t.Fatalf("%d texts", len(english))
	}
	german := templates.InLanguage("de", nil)
	for name, text := range english {
		other := templates.German()[name]
		if other == "" {
			t.Errorf("%s is missing", name)
		}
		want, got := hole.FindAllString(text, -1), hole.FindAllString(other, -1)
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(want, got) {
			t.Errorf("%s has %v in German, and %v in English", name, got, want)
		}
	}
	for name := range templates.German() {
		if english[name] == "" {
			t.Errorf("%s is no text of the pages", name)
		}
	}
	if german.SignedOffTitle != "Sie sind abgemeldet" || german.Scopes["email"] != "Ihre E-Mail-Adresse" || german.Said["Something went wrong"] != "Etwas ging schief" {
		t.Errorf("%+v", german)
	}
}

func TestAPageSpeaksTheWordsOfItsLanguageInWhateverOrder(t *testing.T) {
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	pages.Speak(map[string]*templates.Words{
		"de": templates.InLanguage("de", map[string]string{"signedOffTitle": "Auf Wiedersehen"}),
		"ar": templates.InLanguage("ar", map[string]string{"deviceAsks": "{{ code }} 100% {{ application }} {{ user }}"}),
	})
	for _, c := range []struct{ language, says, lang string }{
		{"", "You are signed off", `<html lang="en">`},
		{"fr", "You are signed off", `<html lang="fr">`},
		{"de", "Auf Wiedersehen", `<html lang="de">`},
		{"ar", "You are signed off", `<html lang="ar" dir="rtl">`},
	} {
		var b strings.Builder
		if err := pages.SignedOff(&b, templates.SignedOffPage{Page: templates.Page{Language: c.language}}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.says) || !strings.Contains(b.String(), c.lang) {
			t.Errorf("%s:\n%s", c.language, b.String())
		}
	}
	if got := pages.Words("ar").DeviceAsks; got != "%[3]s 100%% %[2]s %[1]s" {
		t.Errorf("%q", got)
	}
	var b strings.Builder
	err = pages.Error(&b, templates.ErrorPage{Page: templates.Page{Language: "de"}, Title: "Something went wrong", Message: "Nobody has translated this.", Advice: []string{"Clear the cookies of this site and start again."}})
	if err != nil || !strings.Contains(b.String(), "Etwas ging schief") || !strings.Contains(b.String(), "Nobody has translated this.") || !strings.Contains(b.String(), "Löschen Sie die Cookies") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestAFormThatWasKeptIsWrittenAnewWhenItsWordsChange(t *testing.T) {
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	form := templates.FormPage{
		Page: templates.Page{Language: "de"}, Title: "Anmelden", Action: "/signon", Fields: []templates.Field{{Name: "name", Type: templates.Text, Label: "Name"}},
	}
	for _, want := range []string{"optional", "freiwillig", "ungezwungen"} {
		switch want {
		case "freiwillig":
			pages.Speak(map[string]*templates.Words{"de": templates.InLanguage("de", nil)})
		case "ungezwungen":
			pages.Speak(map[string]*templates.Words{"de": templates.InLanguage("de", map[string]string{"optional": want})})
		}
		for range 2 {
			var b strings.Builder
			if err := pages.Form(&b, form); err != nil || !strings.Contains(b.String(), ">"+want+"<") {
				t.Errorf("%v: not %s\n%s", err, want, b.String())
			}
		}
	}
}

func TestDirectionsFollowTheScript(t *testing.T) {
	for language, want := range map[string]string{"": "", "en": "", "de-AT": "", "ar": "rtl", "he-IL": "rtl", "fa": "rtl", "az-Arab": "rtl", "ur-Latn": "", "art": ""} {
		if got := (templates.Page{Language: language}).Direction(); got != want {
			t.Errorf("%q goes %q", language, got)
		}
	}
}

// Titles, messages and advice of error pages are English where they are written, and found by that. What is put together from what happened is not.
func TestEverySentenceThatPlacesOfTheServerSayOnPagesHasAName(t *testing.T) {
	known := map[string]bool{"Login required": true, "Nothing is served under this name": true, "The address is misspelt, or its operator has not finished setting it up.": true}
	for _, text := range templates.Texts() {
		known[text] = true
	}
	files := token.NewFileSet()
	seen := 0
	check := func(n ast.Expr) {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil || text == "" {
			return
		}
		if seen++; !known[text] {
			t.Errorf("%s: %q has no name among the sentences", files.Position(n.Pos()), text)
		}
	}
	err := filepath.WalkDir("../internal", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/am/") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if name, ok := n.Type.(*ast.SelectorExpr); ok && name.Sel.Name == "ErrorPage" {
					for _, field := range n.Elts {
						pair, _ := field.(*ast.KeyValueExpr)
						check(pair.Value)
						if list, ok := pair.Value.(*ast.CompositeLit); ok {
							for _, one := range list.Elts {
								check(one)
							}
						}
					}
				}
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.SelectorExpr); ok && name.Sel.Name == "tell" && len(n.Args) == 5 {
					check(n.Args[3])
					check(n.Args[4])
				}
			case *ast.FuncDecl:
				if n.Name.Name == "explain" && strings.HasSuffix(path, "web/router.go") || n.Name.Name == "pageText" {
					ast.Inspect(n.Body, func(n ast.Node) bool {
						if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 3 {
							check(r.Results[1])
							check(r.Results[2])
						}
						return true
					})
				}
			}
			return true
		})
		return nil
	})
	if err != nil || seen < 25 {
		t.Errorf("%d sentences: %v", seen, err)
	}
}
