package architecture

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// table is directions.txt taken apart.
type table struct {
	rows   map[string]row
	within []law
	only   []law
}

// row is what one package may import of ours.
type row struct {
	code  []string
	tests []string // besides; counts only if tight
	tight bool     // its tests may not use the whole house
}

// law binds its subjects to its list.
type law struct {
	subjects []string
	list     []string
}

func readTable(t *testing.T) table {
	t.Helper()
	text, err := os.ReadFile("directions.txt")
	if err != nil {
		t.Fatal(err)
	}
	directions, err := parseTable(string(text))
	if err != nil {
		t.Fatalf("directions.txt: %v", err)
	}
	return directions
}

func parseTable(text string) (table, error) {
	result := table{rows: map[string]row{}}
	for line := range strings.Lines(strings.ReplaceAll(text, "\n ", " ")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		head, list, found := strings.Cut(line, ":")
		if !found {
			return table{}, fmt.Errorf("no colon in %q", line)
		}
		verb, subjects, _ := strings.Cut(head, " ")
		switch {
		case verb == "within":
			result.within = append(result.within, law{strings.Fields(subjects), strings.Fields(list)})
		case verb == "only":
			result.only = append(result.only, law{strings.Fields(subjects), strings.Fields(list)})
		case subjects != "":
			return table{}, fmt.Errorf("%q is neither a package nor a law", head)
		default:
			if _, twice := result.rows[head]; twice {
				return table{}, fmt.Errorf("%s has two lines", head)
			}
			code, tests, tight := strings.Cut(list, "|")
			result.rows[head] = row{strings.Fields(code), strings.Fields(tests), tight}
		}
	}
	return result, nil
}

// faults says what the packages do against the table, each with its place.
func (d table) faults(packages map[string]*room) []string {
	list := d.strayRows(packages)
	for _, r := range packages {
		line, ok := d.rows[r.path]
		if !ok {
			list = append(list, fmt.Sprintf("%s: the package has no line in directions.txt: say what it may import", r.path))
			continue
		}
		for _, file := range r.files {
			for _, u := range file.uses() {
				if fault := d.fault(packages, r.path, line, u); fault != "" {
					list = append(list, u.at+": "+fault)
				}
			}
		}
	}
	slices.Sort(list)
	return list
}

// strayRows finds lines whose package does not exist, and packages that lines and laws speak of in vain.
func (d table) strayRows(packages map[string]*room) []string {
	var list []string
	for name, line := range d.rows {
		for _, pattern := range append(append([]string{name}, line.code...), line.tests...) {
			if !names(packages, pattern) {
				list = append(list, fmt.Sprintf("directions.txt: the line of %s names %s, and there is no such package", name, pattern))
			}
		}
	}
	for _, rule := range append(slices.Clone(d.within), d.only...) {
		for _, pattern := range rule.list {
			if !names(packages, pattern) {
				list = append(list, fmt.Sprintf("directions.txt: the law of %s names %s, and there is no such package", rule.subjects[0], pattern))
			}
		}
	}
	return list
}

func (d table) fault(packages map[string]*room, by string, line row, u use) string {
	switch {
	case u.of == by:
		return ""
	case u.name != "":
		if u.test {
			return ""
		}
		return d.away(by, func(subject string) bool { return subject == u.of+"."+u.name })
	case packages[u.of] != nil:
		return d.misdirected(by, line, u)
	case u.test:
		return ""
	}
	owns := func(subject string) bool { return subject == u.of || strings.HasPrefix(u.of, subject+"/") }
	if host, _, _ := strings.Cut(u.of, "/"); strings.Contains(host, ".") && !d.housed(owns) {
		return fmt.Sprintf("%s has no home: give the library a line in directions.txt", u.of)
	}
	return d.away(by, owns)
}

// misdirected judges an import of ours.
func (d table) misdirected(by string, line row, u use) string {
	named := matchAny(line.code, u.of) || u.test && (!line.tight || matchAny(line.tests, u.of))
	if !named {
		return fmt.Sprintf("%s may not import %s: its line in directions.txt does not name it", by, u.of)
	}
	for _, rule := range d.within {
		if matchAny(rule.subjects, by) && !matchAny(rule.list, u.of) {
			return fmt.Sprintf("%s may not import %s: it stays within %s", by, u.of, strings.Join(rule.list, " "))
		}
	}
	if u.test {
		return ""
	}
	return d.away(by, func(subject string) bool { return match(subject, u.of) })
}

// away says that the package is no home of a subject.
func (d table) away(by string, is func(subject string) bool) string {
	for _, rule := range d.only {
		if i := slices.IndexFunc(rule.subjects, is); i >= 0 && !matchAny(rule.list, by) {
			return fmt.Sprintf("%s may not use %s: only %s may", by, rule.subjects[i], strings.Join(append(slices.Clone(rule.list), "tests"), ", "))
		}
	}
	return ""
}

func (d table) housed(is func(subject string) bool) bool {
	return slices.ContainsFunc(d.only, func(rule law) bool { return slices.ContainsFunc(rule.subjects, is) })
}

func names(packages map[string]*room, pattern string) bool {
	for name := range packages {
		if match(pattern, name) {
			return true
		}
	}
	return false
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return match(pattern, name) })
}

// match knows two wildcards: "x/*", the packages in x, and "x/**", x and everything below.
func match(pattern, name string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/**"); ok {
		return name == dir || strings.HasPrefix(name, dir+"/")
	}
	if dir, ok := strings.CutSuffix(pattern, "/*"); ok {
		rest, below := strings.CutPrefix(name, dir+"/")
		return below && !strings.Contains(rest, "/")
	}
	return pattern == name
}
