package architecture

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryImportGoesInADirectionThatTheTableAllows(t *testing.T) {
	for _, fault := range readTable(t).faults(readHouse(t).packages) {
		t.Error(fault)
	}
}

// small is a table of a house with two rooms and a cellar.
const small = `
cellar: |
attic: cellar
 porch/*
porch/front: | cellar
hall/**: attic
within porch/**: porch/**
only attic: porch/front
only example.org/rope: attic
only time.Now: porch/front
`

func TestTheTableRefusesWhatItDoesNotAllow(t *testing.T) {
	directions, err := parseTable(strings.Replace(small, "hall/**: attic\n", "", 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, text, fault string }{
		{"an import that its line names", "attic/a.go", `import "vigil/cellar"`, ""},
		{"an import by wildcard", "attic/a.go", `import "vigil/porch/front"`, ""},
		{"an import that its line does not name", "cellar/c.go", `import "vigil/attic"`, "cellar may not import attic: its line"},
		{"a leaf's test that imports what no bar names", "cellar/c_test.go", `import "vigil/attic"`, "cellar may not import attic: its line"},
		{"a test behind a bar, against a law", "porch/front/f_test.go", `import "vigil/cellar"`, "stays within porch/**"},
		{"code that imports what its tests may", "porch/front/f.go", `import "vigil/cellar"`, "porch/front may not import cellar"},
		{"a test with no bar", "attic/a_test.go", `import "vigil/porch/front"`, ""},
		{"a package with no line", "shed/s.go", `import "vigil/attic"`, "shed: the package has no line"},
		{"a library at home", "attic/a.go", `import "example.org/rope/knot"`, ""},
		{"a library elsewhere", "cellar/c.go", `import "example.org/rope"`, "cellar may not use example.org/rope: only attic, tests may"},
		{"a library in a test", "cellar/c_test.go", `import "example.org/rope"`, ""},
		{"a library with no home", "cellar/c.go", `import "example.org/string"`, "example.org/string has no home"},
		{"the clock", "cellar/c.go", "import \"time\"\nvar _ = time.Now", "cellar may not use time.Now"},
		{"the clock by another name", "cellar/c.go", "import x \"time\"\nvar _ = x.Now", "cellar may not use time.Now"},
		{"the clock where it is handed in", "porch/front/f.go", "import \"time\"\nvar _ = time.Now()", ""},
		{"the clock in a test", "cellar/c_test.go", "import \"time\"\nvar _ = time.Now()", ""},
		{"another name of the same package", "cellar/c.go", "import \"time\"\nvar _ = time.Second", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			faults := directions.faults(rooms(t, c.file, c.text))
			if c.fault == "" && len(faults) > 0 {
				t.Errorf("refused: %q", faults)
			}
			if c.fault != "" && !slices.ContainsFunc(faults, func(fault string) bool { return strings.Contains(fault, c.fault) }) {
				t.Errorf("faults %q, none of which says %q", faults, c.fault)
			}
		})
	}
}

func TestTheTableNamesPackagesThatExist(t *testing.T) {
	directions, err := parseTable(small)
	if err != nil {
		t.Fatal(err)
	}
	faults := directions.faults(rooms(t, "attic/a.go", ""))
	if len(faults) != 1 || !strings.Contains(faults[0], "names hall/**, and there is no such package") {
		t.Errorf("faults: %q", faults)
	}
}

func TestTheTableIsReadStrictly(t *testing.T) {
	for text, fault := range map[string]string{
		"attic\n":               "no colon",
		"attic: \nattic: x\n":   "two lines",
		"attic never: cellar\n": "neither a package nor a law",
	} {
		if _, err := parseTable(text); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%q: %v, want %q", text, err, fault)
		}
	}
}

// rooms are the packages of the small house and one file more.
func rooms(t *testing.T, name, text string) map[string]*room {
	t.Helper()
	h := &house{packages: map[string]*room{}}
	for _, dir := range []string{"cellar", "attic", "porch/front"} {
		h.packages[dir] = &room{path: dir}
	}
	dir := name[:strings.LastIndexByte(name, '/')]
	file, err := parse(name, "package p\n"+text+"\n")
	if err != nil {
		t.Fatal(err)
	}
	h.packages[dir] = &room{path: dir, files: []source{file}}
	return h.packages
}
