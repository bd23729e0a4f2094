package manual

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// documents are what applications of Ping's were written for, by the number under which promises and tests name them.
var documents = []struct{ number, title string }{
	{"000", "PingOne Advanced Identity Cloud, [Session management](https://docs.pingidentity.com/pingoneaic/am-oidc1/session-management.html)"},
	{"001", "PingOne Advanced Identity Cloud, Session management, the version before"},
	{"002", "AM 7.2.2, Session management"},
	{"003", "PingOne Platform APIs, OIDC session management"},
	{"004", "AM 7.4.1, /oauth2/connect/endSession"},
}

// seeds is the part of the page about the documents that applications were written for.
func seeds(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	rows := table(t, "seeds.tsv", 4)
	for _, document := range documents {
		fmt.Fprintf(&b, "\n### seed %s: %s\n\n| sentence | held by |\n|---|---|\n", document.number, document.title)
		for _, row := range rows {
			if row[0] == document.number {
				fmt.Fprintf(&b, "| %s | %s |\n", strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(row[1]), heldBy(row))
			}
		}
	}
	return b.String()
}

func heldBy(row []string) string {
	if row[3] != "" {
		return "not: " + row[3]
	}
	var by []string
	for _, name := range strings.Split(row[2], " | ") {
		if strings.HasPrefix(name, "Test") {
			name = "`" + name + "`"
		}
		by = append(by, name)
	}
	return strings.Join(by, "; ")
}

// everyPromise gives every test function of the project and every promise of its scripts.
func everyPromise(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	keep := func(p promised, _ []string) { known[strings.Trim(p.citation, "`")] = true }
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return filepath.SkipDir
		case strings.HasSuffix(name, "_test.go"):
			return functions(path, name, keep)
		case strings.HasSuffix(name, "/internal/am/testdata/transcripts.txt"), strings.Contains(name, "/internal/spectest/testdata/") && strings.HasSuffix(name, ".txt"):
			return scripts(path, name, keep)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestEverySentenceOfTheSeedsIsHeldByATestOrHasAReason(t *testing.T) {
	known, seen := everyPromise(t), map[string]int{}
	for _, row := range table(t, "seeds.tsv", 4) {
		seen[row[0]]++
		if (row[2] == "") == (row[3] == "") {
			t.Errorf("seed %s, %s: it has either promises or a reason", row[0], row[1])
			continue
		}
		for _, name := range strings.Split(row[2], " | ") {
			if name != "" && !known[name] {
				t.Errorf("seed %s, %s: there is no promise %q", row[0], row[1], name)
			}
		}
	}
	for _, document := range documents {
		if seen[document.number] == 0 {
			t.Errorf("seed %s has no rows", document.number)
		}
		delete(seen, document.number)
	}
	if len(seen) > 0 {
		t.Errorf("nobody knows these documents: %v", seen)
	}
	// A test that says which seed it keeps stands in the table.
	rows := fmt.Sprint(table(t, "seeds.tsv", 4))
	for name := range known {
		if (strings.HasPrefix(name, "TestSeed0") || strings.HasPrefix(name, "seed 0")) && !strings.Contains(rows, name) {
			t.Errorf("%s is not in the table", name)
		}
	}
}
