package architecture

import (
	"fmt"
	"go/ast"
	"path"
	"strings"
	"testing"
)

// What a reader can hold: lines of a file, of a function, of a package's comment.
const (
	maxFile     = 350
	maxFunction = 70
	maxComment  = 25
)

func TestNoFileIsLongerThanAReaderCanHold(t *testing.T) {
	for _, p := range readHouse(t).pages {
		if fault := p.tooLong(); fault != "" {
			t.Error(fault)
		}
	}
	if (page{"a.css", strings.Repeat("\n", maxFile+1)}).tooLong() == "" || (page{"a.js", strings.Repeat("\n", maxFile)}).tooLong() != "" {
		t.Errorf("the limit is not at %d lines", maxFile)
	}
}

// tooLong judges code and styles. Tests and prose may be as long as their matter is.
func (p page) tooLong() string {
	switch path.Ext(p.path) {
	case ".go", ".js", ".mjs", ".css", ".html":
	default:
		return ""
	}
	if lines := strings.Count(p.text, "\n"); lines > maxFile && !strings.HasSuffix(p.path, "_test.go") {
		return fmt.Sprintf("%s: %d lines, at most %d: it holds more than one thing", p.path, lines, maxFile)
	}
	return ""
}

func TestNoFunctionIsLongerThanAReaderCanHold(t *testing.T) {
	readHouse(t).eachFile(func(file source) {
		for _, fault := range file.longFunctions() {
			t.Error(fault)
		}
	})
	body := "package p\nfunc f() {" + strings.Repeat("\n", maxFunction-1)
	for text, want := range map[string]int{body + "}\n": 0, body + "\n}\n": 1} {
		file, err := parse("p.go", text)
		if err != nil {
			t.Fatal(err)
		}
		if faults := file.longFunctions(); len(faults) != want {
			t.Errorf("faults of %d lines: %q, want %d", strings.Count(text, "\n"), faults, want)
		}
	}
}

func (s source) longFunctions() []string {
	var list []string
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		name := "function"
		switch f := n.(type) {
		case *ast.FuncDecl:
			name = f.Name.Name
		case *ast.FuncLit:
		default:
			return true
		}
		if lines := s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1; lines > maxFunction && !s.test {
			list = append(list, fmt.Sprintf("%s: %s has %d lines, at most %d", s.at(n.Pos()), name, lines, maxFunction))
			return false
		}
		return true
	})
	return list
}

func TestEveryPackageSaysInFewLinesWhatItOwns(t *testing.T) {
	for _, r := range readHouse(t).packages {
		for _, fault := range r.commentFaults() {
			t.Error(fault)
		}
	}
	for text, want := range map[string]string{
		"package p\n":                          "no comment",
		"// Parcel p.\npackage p\n":            "begins with",
		"// Package p owns p.\npackage p\n":    "",
		"// Command p runs p.\npackage main\n": "",
		"// Package p\n" + strings.Repeat("// owns\n", maxComment) + "package p\n": "at most",
	} {
		file, err := parse("p/doc.go", text)
		if err != nil {
			t.Fatal(err)
		}
		r := room{path: "p", files: []source{file}}
		if got := strings.Join(r.commentFaults(), "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("faults of %q: %q, want %q", text, got, want)
		}
	}
}

func (r *room) commentFaults() []string {
	var list []string
	comments := 0
	for _, file := range r.files {
		if file.syntax.Doc == nil {
			continue
		}
		comments++
		begin, end := file.syntax.Doc.Pos(), file.syntax.Doc.End()
		if lines := file.fset.Position(end).Line - file.fset.Position(begin).Line + 1; lines > maxComment {
			list = append(list, fmt.Sprintf("%s: the package's comment has %d lines, at most %d", file.at(begin), lines, maxComment))
		}
		if !strings.HasSuffix(file.fset.Position(begin).Filename, "/doc.go") {
			list = append(list, fmt.Sprintf("%s: the package's comment stands in doc.go, alone", file.at(begin)))
		}
		if first := file.syntax.Doc.Text(); !strings.HasPrefix(first, "Package ") && file.syntax.Name.Name != "main" {
			list = append(list, fmt.Sprintf("%s: the package's comment begins with \"Package %s\"", file.at(begin), file.syntax.Name.Name))
		}
	}
	if comments == 0 {
		list = append(list, r.path+": the package has no comment that says what it owns: write a doc.go")
	}
	if comments > 1 {
		list = append(list, r.path+": the package has several comments: keep the one of doc.go")
	}
	return list
}
