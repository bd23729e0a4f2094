package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// top is the folder of the module as seen from this one.
const top = "../.."

// module is what import paths of ours begin with.
const module = "vigil"

// house is the module as text.
type house struct {
	packages map[string]*room
	pages    []page // every file that people write, Go or not
}

// room is a package. Its path has no module: "engine/run".
type room struct {
	path  string
	files []source
}

// source is one Go file.
type source struct {
	path   string
	test   bool
	syntax *ast.File
	fset   *token.FileSet
}

// page is one text file.
type page struct {
	path string
	text string
}

// use is one thing that a file takes from a package ("engine/diag", "time"): the import itself, or one name of it ("Now").
type use struct {
	of   string
	name string // empty: the import itself
	at   string
	test bool
}

func readHouse(t *testing.T) *house {
	t.Helper()
	h := &house{packages: map[string]*room{}}
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if strange(rel) {
				return filepath.SkipDir
			}
			return nil
		}
		return h.add(name, rel)
	})
	if err != nil {
		t.Fatalf("read the module: %v", err)
	}
	return h
}

// strange tells whether a folder holds nothing of the house: what others wrote, what was built, what tests read.
func strange(dir string) bool {
	switch path.Base(dir) {
	case ".git", ".cache", "node_modules", "testdata", "vigil-data":
		return true
	}
	return dir == "internal/tools"
}

func (h *house) add(name, rel string) error {
	switch path.Ext(rel) {
	case ".go", ".js", ".mjs", ".css", ".html", ".yaml", ".yml", ".md", ".txt", ".sh":
	default:
		if path.Base(rel) != "Makefile" && path.Dir(rel) != ".ci" {
			return nil
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	h.pages = append(h.pages, page{rel, string(text)})
	if path.Ext(rel) != ".go" {
		return nil
	}
	file, err := parse(rel, string(text))
	if err != nil {
		return err
	}
	dir := path.Dir(rel)
	if h.packages[dir] == nil {
		h.packages[dir] = &room{path: dir}
	}
	h.packages[dir].files = append(h.packages[dir].files, file)
	return nil
}

func parse(name, text string) (source, error) {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: name, test: strings.HasSuffix(name, "_test.go"), syntax: syntax, fset: fset}, err
}

func (s source) at(pos token.Pos) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(pos).Line)
}

// uses returns what a file takes from elsewhere, in the order of the text.
func (s source) uses() []use {
	var list []use
	names := map[string]string{}
	for _, spec := range s.syntax.Imports {
		of, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // the parser passes no such import
		}
		name := path.Base(of)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = of
		list = append(list, use{strings.TrimPrefix(of, module+"/"), "", s.at(spec.Pos()), s.test})
	}
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok && names[x.Name] != "" {
				list = append(list, use{names[x.Name], selector.Sel.Name, s.at(selector.Pos()), s.test})
			}
		}
		return true
	})
	return list
}

func (h *house) eachFile(judge func(source)) {
	for _, r := range h.packages {
		for _, file := range r.files {
			judge(file)
		}
	}
}
