package architecture

import (
	"bufio"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNothingRunsBeforeMainAndNoTestIsSkipped(t *testing.T) {
	readHouse(t).eachFile(func(file source) {
		for _, fault := range file.hidden() {
			t.Error(fault)
		}
	})
	for text, want := range map[string]int{
		"func init() {}":                              1,
		"type t struct{}; func (t) init() {}":         0,
		"func f(t *testing.T) { t.Skip() }":           1,
		"func f(b testing.TB) { b.Skipf(\"later\") }": 1,
		"func f(r reader) { r.Skip(4) }":              0,
	} {
		file, err := parse("p_test.go", "package p\n"+text)
		if err != nil {
			t.Fatal(err)
		}
		if faults := file.hidden(); len(faults) != want {
			t.Errorf("faults of %q: %q, want %d", text, faults, want)
		}
	}
}

// hidden finds functions that run unasked and tests that do not run.
func (s source) hidden() []string {
	var list []string
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				list = append(list, s.at(n.Pos())+": no init: construct it where it is wired")
			}
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if ok && s.test && slices.Contains([]string{"t", "b", "f", "tb"}, x.Name) && strings.HasPrefix(n.Sel.Name, "Skip") {
				list = append(list, s.at(n.Pos())+": no test is skipped: what it needs is installed by `make deps`")
			}
		}
		return true
	})
	return list
}

func TestNothingIsLeftForLater(t *testing.T) {
	later := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	for _, p := range readHouse(t).pages {
		for i, line := range strings.Split(p.text, "\n") {
			if word := later.FindString(line); word != "" {
				t.Errorf("%s:%d: %s: do it or leave it", p.path, i+1, word)
			}
		}
	}
}

// atTheTop is what may lie at the top of the house, besides what .gitignore names.
var atTheTop = []string{
	"cmd", "docs", "engine", "flows", "iframe", "internal", "static", "templates",
	"LICENSE", "Makefile", "README.md", "go.mod", "go.sum",
	".ci", ".editorconfig", ".git", ".gitattributes", ".gitignore", ".golangci.yml",
}

func TestNothingElseLiesAtTheTop(t *testing.T) {
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	ignored := readIgnored(t)
	for _, entry := range entries {
		matches := func(pattern string) bool { ok, _ := path.Match(pattern, entry.Name()); return ok }
		if !slices.Contains(atTheTop, entry.Name()) && !slices.ContainsFunc(ignored, matches) {
			t.Errorf("%s lies at the top: which folder owns it?", entry.Name())
		}
	}
}

// readIgnored returns the patterns of .gitignore that can match a name at the top.
func readIgnored(t *testing.T) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(top, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var list []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		list = append(list, strings.Trim(lines.Text(), "/"))
	}
	return list
}
