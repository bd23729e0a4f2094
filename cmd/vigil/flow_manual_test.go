package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/vocabulary"
	"vigil/templates"
)

// update writes what commands say now, and the reference, into the manual. Read the difference before you commit it.
var update = flag.Bool("update", false, "write docs/flows.md anew")

const flowManual = "../../docs/flows.md"

// TestTheManualOfFlowsIsTrue follows the page in a folder of its own: it writes its files, runs its commands, and compares what they say.
func TestTheManualOfFlowsIsTrue(t *testing.T) {
	page, err := os.ReadFile(flowManual)
	if err != nil {
		t.Fatal(err)
	}
	text, _, found := strings.Cut(string(page), "<!-- reference -->\n")
	if !found {
		t.Fatal("the page has no place for its reference")
	}
	b := newBench(t)
	b.write("bin/vigil", "#!/bin/sh\n"+asCommand+"=1 exec "+testBinary(t)+" \"$@\"\n")
	if err := os.Chmod(filepath.Join(b.folder, "bin/vigil"), 0o755); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); i++ {
		out.WriteString(lines[i])
		if name, ok := strings.CutPrefix(strings.TrimSpace(lines[i]), "<!-- file: "); ok {
			b.write(strings.TrimSuffix(name, " -->"), fencedBelow(lines[i+1:]))
		}
		if strings.TrimSpace(lines[i]) != "```console" {
			continue
		}
		for i++; strings.TrimSpace(lines[i]) != "```"; i++ {
			if command, ok := strings.CutPrefix(lines[i], "$ "); ok {
				out.WriteString(lines[i])
				out.WriteString(b.shell(strings.TrimSpace(command)))
			}
		}
		out.WriteString(lines[i])
	}
	want := out.String() + "<!-- reference -->\n" + reference(t)
	if *update {
		if err := os.WriteFile(flowManual, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := string(page); got != want {
		t.Errorf("docs/flows.md is not true any more; `go test ./cmd/vigil -run Manual -update` writes it anew:\n%s", firstDifference(got, want))
	}
}

func testBinary(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// fencedBelow is the text of the first fenced block.
func fencedBelow(lines []string) string {
	var b strings.Builder
	inside := false
	for _, line := range lines {
		if strings.HasPrefix(line, "```") {
			if inside {
				break
			}
			inside = true
			continue
		}
		if inside {
			b.WriteString(line)
		}
	}
	return b.String()
}

// shell runs a command of the page and gives all that it says.
func (b *bench) shell(command string) string {
	b.t.Helper()
	c := exec.CommandContext(b.t.Context(), "sh", "-c", command)
	c.Dir = b.folder
	c.Env = []string{"PATH=" + filepath.Join(b.folder, "bin") + ":" + os.Getenv("PATH"), "HOME=" + b.folder}
	said, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		b.t.Fatalf("%s: %v", command, err)
	}
	return string(said)
}

func firstDifference(got, want string) string {
	was, now := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(was), len(now)) {
		if was[i] != now[i] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, was[i], now[i])
		}
	}
	return "one is longer"
}

// reference lists keys, capabilities and rules as the code has them.
func reference(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("\n## Keys\n")
	for _, m := range vocabulary.Maps() {
		if len(m.Keys) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n**%s**\n\n| key | holds | |\n|---|---|---|\n", strings.ToUpper(m.What[:1])+m.What[1:])
		for _, k := range m.Keys {
			needed := ""
			if k.Required {
				needed = ", required"
			}
			fmt.Fprintf(&b, "| `%s` | %s%s | %s |\n", k.Name, k.Holds, needed, k.Doc)
		}
	}
	b.WriteString("\n**Layouts**\n\n| layout | |\n|---|---|\n")
	for _, l := range graph.Layouts() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", l.Name, l.Doc)
	}
	values(&b)
	b.WriteString("\n## Capabilities\n\nEach can also end in `error`, which gives `error.code`, and, with `limit`, in `exhausted`.\n")
	registry := capabilities()
	for _, name := range registry.Names() {
		describe(&b, registry.Lookup(name))
	}
	b.WriteString("\n## Rules\n\nWhat is held of a whole flow, with the first words of what a flow that breaks the rule is told.\n\n| rule | for example |\n|---|---|\n")
	for _, rule := range rules(t) {
		fmt.Fprintf(&b, "| %s | %s |\n", rule[0], rule[1])
	}
	shipped(t, &b)
	texts := templates.Texts()
	b.WriteString("\n## Texts of pages\n\nWhat Vigil's own pages say in English. A file of `locales/` may say it in its language, under `pages.` and the name.\n\n| name | English |\n|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, strings.ReplaceAll(texts[name], "\n", " ⏎ "))
	}
	return b.String()
}

func describe(b *bytes.Buffer, c *connector.Capability) {
	fmt.Fprintf(b, "\n### %s\n\n%s", c.Name, c.Doc)
	if c.Proves != "" {
		fmt.Fprintf(b, " It proves `%s`.", c.Proves)
	}
	if c.Reads {
		b.WriteString(" It only reads.")
	}
	if c.Guessable {
		b.WriteString(" It can be guessed at: a way that comes back to it needs a `limit`.")
	}
	b.WriteString("\n\n| | type | |\n|---|---|---|\n")
	for _, field := range c.Inputs {
		kind := field.Type.String()
		if field.Said {
			kind = strings.Replace(kind, "string", "text", 1)
		}
		fmt.Fprintf(b, "| with `%s` | %s | %s |\n", field.Name, kind, field.Doc)
	}
	for _, o := range c.Outcomes {
		fmt.Fprintf(b, "| **%s** | | %s |\n", o.Name, o.Doc)
		for _, field := range o.Outputs {
			fmt.Fprintf(b, "| gives `%s` | %s | %s%s |\n", field.Name, field.Type, field.Doc, inside(field.Type))
		}
	}
}

// rules reads the examples of the rules: what they say of a flow that breaks them.
func rules(t *testing.T) [][2]string {
	t.Helper()
	files, err := filepath.Glob("../../engine/rule/testdata/*/bad.out")
	if err != nil || len(files) == 0 {
		t.Fatalf("the rules have no examples: %v", err)
	}
	said := regexp.MustCompile(`(?m)^\S+: (error|warning): (.*) \[([a-z-]+)\]$`)
	var list [][2]string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(filepath.Dir(file))
		for _, m := range said.FindAllStringSubmatch(string(text), -1) {
			if m[3] == name {
				kind := ""
				if m[1] == "warning" {
					kind = " (warning)"
				}
				list = append(list, [2]string{name + kind, strings.ReplaceAll(m[2], "|", "\\|")})
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return list
}
