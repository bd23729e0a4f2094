package manual

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// promised is a promise that a test keeps: a block of a script, or a test function.
type promised struct {
	sentence string
	file     string // from the top of the project
	citation string // what stands for it in a table
}

// promises gives every promise of the project, and by name those that say "holds:" of it. In a script that is a line "#: name name", in Go a
// line "holds: name, name" of a test's comment.
func promises(t *testing.T) (all []promised, holds map[string][]promised) {
	t.Helper()
	holds = map[string][]promised{}
	keep := func(p promised, names []string) {
		all = append(all, p)
		for _, name := range names {
			holds[name] = append(holds[name], p)
		}
	}
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(path), top+"/")
		switch {
		case err == nil && d.IsDir() && (d.Name() == "node_modules" || path != top && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case err != nil || d.IsDir():
			return err
		case strings.HasPrefix(name, "internal/spectest/testdata/") && strings.HasSuffix(name, ".txt"):
			return scripts(path, name, keep)
		case strings.HasSuffix(name, "_test.go"):
			return functions(path, name, keep)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, holds
}

func scripts(path, name string, keep func(promised, []string)) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		p, names := promised{file: name}, []string{}
		for _, line := range strings.Split(block, "\n") {
			if sentence, ok := strings.CutPrefix(line, "# "); ok {
				p.sentence = strings.TrimSpace(p.sentence + " " + sentence)
			} else if held, ok := strings.CutPrefix(line, "#: "); ok {
				names = append(names, strings.Fields(held)...)
			}
		}
		p.citation = p.sentence
		keep(p, names)
	}
	return nil
}

func functions(path, name string, keep func(promised, []string)) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		var names []string
		for _, line := range strings.Split(f.Doc.Text(), "\n") {
			if held, ok := strings.CutPrefix(line, "holds: "); ok {
				names = append(names, strings.FieldsFunc(held, func(r rune) bool { return r == ',' || r == ' ' })...)
			}
		}
		keep(promised{file: name, citation: "`" + f.Name.Name + "`"}, names)
	}
	return nil
}

// table is a file of lines, each with the given number of cells between tabs; lines that begin with # are comments.
func table(t *testing.T, name string, cells int) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(line, "\t")
		for len(row) < cells {
			row = append(row, "")
		}
		if len(row) > cells {
			t.Fatalf("testdata/%s:%d: %d cells, wanted %d", name, i+1, len(row), cells)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestEveryModuleOfTheOpenIDSuiteIsHeldByATestOrHasAReason(t *testing.T) {
	_, holds := promises(t)
	known := map[string]bool{}
	for _, row := range append(table(t, "modules.tsv", 3), table(t, "rfc9700.tsv", 3)...) {
		name, reason := row[1], row[2]
		known[name] = true
		switch held := len(holds[name]) > 0; {
		case !held && reason == "":
			t.Errorf("%s: no test says that it holds it, and there is no reason why not", name)
		case held && reason != "":
			t.Errorf("%s: %s holds it, and a reason says why not", name, holds[name][0].citation)
		}
	}
	for name, by := range holds {
		if !known[name] {
			t.Errorf("%s: %s says that it holds %q, which no table knows", by[0].file, by[0].citation, name)
		}
	}
}

func TestThePageOfConformanceIsThatOfTheTests(t *testing.T) {
	all, holds := promises(t)
	var b strings.Builder
	b.WriteString(`# Conformance

This page is generated from the tests; a test compares the two. What stands behind a row is a promise that ` + "`make test`" + ` keeps: a script in
` + "`internal/spectest/testdata`" + `, or a test function, against a real server on a real store.

## The OpenID conformance suite

Every module of the suite's plans for OpenID Providers, with the promise that asserts here what the module asserts there, or the reason why
there is none. A module that several plans run stands in the first of them. The Hybrid plan runs the modules of Basic with each of its response types, and
the Form Post plans run them once more with ` + "`response_mode=form_post`" + `: so does ` + "`TestThePromisesOfTheCodeHoldByEveryResponseTypeAndMode`" + ` with the promises.
`)
	plan, seen := "", map[string]bool{}
	for _, row := range table(t, "modules.tsv", 3) {
		if seen[row[1]] {
			continue
		}
		seen[row[1]] = true
		if row[0] != plan {
			plan = row[0]
			fmt.Fprintf(&b, "\n### %s\n\n| module | held by |\n|---|---|\n", plan)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", row[1], behind(row[2], holds[row[1]]))
	}
	b.WriteString("\n## OAuth 2.0 Security Best Current Practice (RFC 9700)\n\nEach thing that it forbids or demands of an authorization server, and what is tried against it.\n")
	b.WriteString("\n| section | what | held by |\n|---|---|---|\n")
	for _, row := range table(t, "rfc9700.tsv", 3) {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row[0], strings.ReplaceAll(row[1], "-", " "), behind(row[2], holds[row[1]]))
	}
	b.WriteString("\n## The documents that applications were written for\n\nEach sentence of them that an application can observe, and the promise that keeps it.\n")
	b.WriteString(seeds(t))
	b.WriteString("\n## By specification\n\nThe promises that name the section they keep.\n")
	b.WriteString(bySpecification(all))
	same(t, "conformance.md", b.String())
}

func behind(reason string, by []promised) string {
	if len(by) == 0 {
		return "not: " + reason
	}
	cells := make([]string, 0, len(by))
	for _, p := range by {
		cells = append(cells, cell(p.citation))
	}
	slices.Sort(cells)
	return strings.Join(slices.Compact(cells), "<br>")
}

func cell(text string) string { return strings.NewReplacer("|", "\\|", "<", "&lt;").Replace(text) }

var cited = regexp.MustCompile(`^((?:RFC \d+|OIDC [A-Z][A-Za-z\- ]*?|OAuth [A-Z][A-Za-z ]*?|JARM|FAPI 2\.0)) ?([\d., ]*)(?:,[^:]*)?: (.+)$`)

// bySpecification lists the promises that begin with the section of a specification.
func bySpecification(all []promised) string {
	sections := map[string][]string{}
	for _, p := range all {
		m := cited.FindStringSubmatch(p.sentence)
		if m == nil {
			continue
		}
		sections[m[1]] = append(sections[m[1]], fmt.Sprintf("| %s | %s |", strings.TrimRight(m[2], ", "), cell(m[3])))
	}
	names := make([]string, 0, len(sections))
	for name := range sections {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		slices.Sort(sections[name])
		fmt.Fprintf(&b, "\n### %s\n\n| section | promise |\n|---|---|\n%s\n", name, strings.Join(slices.Compact(sections[name]), "\n"))
	}
	return b.String()
}
