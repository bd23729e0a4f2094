package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"vigil/engine/compile"
	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/rule"
	"vigil/engine/syntax"
)

// Option tells what an environment offers to its flows beside capabilities.
type Option func(*compile.Surroundings)

// WithSettings names the settings of the environment and their types: `settings.x`.
func WithSettings(fields ...connector.Field) Option {
	return func(s *compile.Surroundings) { s.Settings = fields }
}

// WithSecrets names the secrets of the environment: `secrets.x`.
func WithSecrets(names ...string) Option {
	return func(s *compile.Surroundings) { s.Secrets = names }
}

// Library holds flows that were proved. It does not change.
type Library struct {
	flows  []*graph.Flow
	byName map[string]*graph.Flow
	byHash map[string]*graph.Flow
	calls  map[string][]call
	tags   []string
	pages  map[string]map[string]string
}

// Languages are the further languages that texts of the flows have, as BCP 47 tags, sorted. Their own is not among them.
func (l *Library) Languages() []string { return l.tags }

// Flow finds a flow or a part by name. Nil: there is none, or it has errors.
func (l *Library) Flow(name string) *graph.Flow { return l.byName[name] }

// Below names a flow and all parts that it calls or opens, directly or not, also where they have errors: then those of one of them keep it from serving.
func (l *Library) Below(name string) []string {
	names := []string{name}
	for i := 0; i < len(names); i++ {
		for _, c := range l.calls[names[i]] {
			if !slices.Contains(names, c.part) {
				names = append(names, c.part)
			}
		}
	}
	return names
}

// ByHash finds a flow by its identity, in hex. Nil: not this version.
func (l *Library) ByHash(hash string) *graph.Flow { return l.byHash[hash] }

// Flows gives all flows and parts, by name.
func (l *Library) Flows() []*graph.Flow { return l.flows }

// Opened names the parts behind links.
func (l *Library) Opened() map[string]bool {
	names := map[string]bool{}
	for _, flow := range l.flows {
		for _, n := range flow.Nodes {
			if n.Do != nil && n.Do.Opens != nil {
				names[n.Do.Opens.Part.Name] = true
			}
		}
	}
	return names
}

// maxParts is how deep parts may call parts.
const maxParts = 8

// Load reads every *.yaml of a folder that is no *.test.yaml. The library holds the flows without errors, so it is never nil;
// the diagnostics tell of the others, ordered by file and place. A file that cannot be read is a diagnostic too.
func Load(fsys fs.FS, registry *connector.Registry, options ...Option) (*Library, []diag.Diagnostic) {
	l := newLoader(registry, options)
	if _, err := fs.Stat(fsys, "."); err != nil {
		l.unreadable(".", err)
		return l.library(), l.found
	}
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		l.unreadable(".", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".test.yaml") {
			continue
		}
		source, err := readBounded(fsys, name)
		if err != nil {
			l.unreadable(name, err)
			continue
		}
		l.parse(name, source)
	}
	l.readLocales(fsys)
	for _, name := range l.order() {
		l.compile(name)
	}
	l.strangePlaces()
	l.unusedParts()
	diag.Sort(l.found)
	return l.library(), l.found
}

// Compile proves one flow by itself. Parts it calls are unknown to it: load the folder where there are any.
// The graph is nil when an error was found.
func Compile(name string, source []byte, registry *connector.Registry, options ...Option) (*graph.Flow, []diag.Diagnostic) {
	l := newLoader(registry, options)
	file := l.parse(name, source)
	if file == "" {
		diag.Sort(l.found)
		return nil, l.found
	}
	flow := l.compile(file)
	diag.Sort(l.found)
	return flow, l.found
}

// readBounded reads a file, but not more of a giant one than it takes to refuse it.
func readBounded(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > syntax.MaxBytes {
		return make([]byte, syntax.MaxBytes+1), nil
	}
	return fs.ReadFile(fsys, name)
}

// loader is a folder under way.
type loader struct {
	around compile.Surroundings
	files  map[string]*syntax.File // by the name of the flow, which is that of the file
	names  []string
	calls  map[string][]call
	bad    map[string]bool // files with errors
	called map[string]bool
	flows  map[string]*graph.Flow
	// problems are the words of other languages for what was wrong with an entry.
	problems map[string]map[string]string
	pages    map[string]map[string]string // what the host's pages say in other languages
	places   []placed
	lost     []lostTexts
	found    []diag.Diagnostic
}

// call is one place where a part is called or opened.
type call struct {
	part  string
	where diag.Range
}

func newLoader(registry *connector.Registry, options []Option) *loader {
	l := &loader{
		around: compile.Surroundings{Registry: registry, Parts: map[string]*graph.Flow{}, Broken: map[string]bool{}, Refused: map[diag.Range]bool{}},
		files:  map[string]*syntax.File{}, calls: map[string][]call{}, bad: map[string]bool{}, called: map[string]bool{}, flows: map[string]*graph.Flow{},
	}
	for _, option := range options {
		option(&l.around)
	}
	return l
}

func (l *loader) unreadable(name string, err error) {
	what := "file"
	if name == "." {
		what = "folder of flows"
	}
	at := diag.Range{File: name, Start: diag.Pos{Line: 1, Column: 1}, End: diag.Pos{Line: 1, Column: 2}}
	l.found = append(l.found, diag.Diagnostic{
		Severity: diag.Error, Rule: "unreadable", Summary: "the " + what + " cannot be read: " + reasonOf(err), Hint: "look whether it is there, and at its permissions", Subject: at,
	})
	l.bad[strings.TrimSuffix(name, ".yaml")] = true
}

// reasonOf leaves out what the place of a diagnostic says.
func reasonOf(err error) string {
	var known *fs.PathError
	if errors.As(err, &known) {
		return known.Err.Error()
	}
	return err.Error()
}

// parse reads a file and gives the name under which it is known. Empty: there is nothing to go on with.
func (l *loader) parse(name string, source []byte) string {
	file, found := syntax.Parse(name, source)
	l.found = append(l.found, found...)
	flow := strings.TrimSuffix(path.Base(name), ".yaml")
	if diag.HasErrors(found) {
		l.bad[flow] = true
		l.around.Broken[flow] = true
	}
	if file == nil {
		return ""
	}
	l.files[flow] = file
	l.names = append(l.names, flow)
	for i := range file.Nodes {
		name := compile.Opened(&file.Nodes[i], l.around.Registry)
		if w := file.Nodes[i].Call; w != nil {
			name = w.Name
		}
		if name.Value != "" {
			l.calls[flow] = append(l.calls[flow], call{part: name.Value, where: name.Range})
			l.called[name.Value] = true
		}
	}
	return flow
}

// order puts parts before those that call them. A call that closes a circle, or goes too deep, is reported, and its flow is broken.
func (l *loader) order() []string {
	var done []string
	depth := map[string]int{} // of parts below; -1: under way
	var visit func(name string)
	visit = func(name string) {
		depth[name] = -1
		deepest := 0
		for _, c := range l.calls[name] {
			if _, seen := depth[c.part]; !seen && l.files[c.part] != nil {
				visit(c.part)
			}
			switch below := depth[c.part]; {
			case below < 0:
				l.refuse(name, c.where, "part-cycle", fmt.Sprintf("%q calls itself by way of %q", name, c.part), "a part cannot come back to itself: loop inside one flow")
			case l.files[c.part] != nil:
				deepest = max(deepest, below+1)
			}
			if deepest > maxParts {
				l.refuse(name, c.where, "too-large", fmt.Sprintf("parts are called more than %d deep", maxParts), "call fewer parts out of parts")
				deepest = 0
			}
		}
		depth[name] = deepest
		done = append(done, name)
	}
	for _, name := range l.names {
		if _, seen := depth[name]; !seen {
			visit(name)
		}
	}
	return done
}

func (l *loader) refuse(flow string, where diag.Range, ruleName, summary, hint string) {
	l.found = append(l.found, diag.Diagnostic{Severity: diag.Error, Rule: ruleName, Summary: summary, Hint: hint, Subject: where})
	l.bad[flow] = true
	l.around.Broken[flow] = true
	l.around.Refused[where] = true
}

// compile proves one flow whose parts are compiled already. Nil: it has errors.
func (l *loader) compile(name string) *graph.Flow {
	file := l.files[name]
	for _, c := range l.calls[name] {
		l.bad[name] = l.bad[name] || l.around.Broken[c.part]
	}
	result := compile.Flow(file, l.around)
	known := rule.Known{Holes: result.Holes, Quiet: result.Quiet, Errors: l.bad[name] || diag.HasErrors(result.Found)}
	found := append(result.Found, rule.Check(result.Flow, known)...)
	l.found = append(l.found, found...)
	if diag.HasErrors(found) || l.bad[name] {
		l.bad[name] = true
		l.around.Broken[name] = true
		return nil
	}
	result.Flow.Problems, result.Flow.Texts = l.problems, l.texts(name)
	result.Flow.Hash = identity(result.Flow)
	l.flows[name] = result.Flow
	l.around.Parts[name] = result.Flow
	return result.Flow
}

// identity is the SHA-256 of the flow's bytes, of the identities of all parts it calls or opens, in the order of their names, and of what it says in
// other languages.
func identity(flow *graph.Flow) string {
	parts := map[string]string{}
	for _, part := range flow.Parts() {
		parts[part.Name] = part.Hash
	}
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	sum := sha256.New()
	sum.Write(flow.Source)
	for _, name := range names {
		fmt.Fprintf(sum, "\x00%s %s", name, parts[name])
	}
	for _, tag := range slices.Sorted(maps.Keys(flow.Texts)) {
		for _, place := range slices.Sorted(maps.Keys(flow.Texts[tag])) {
			fmt.Fprintf(sum, "\x00%s %s %q", tag, place, flow.Texts[tag][place])
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func (l *loader) unusedParts() {
	for _, name := range l.names {
		if file := l.files[name]; file.Part && !l.called[name] {
			l.found = append(l.found, diag.Diagnostic{
				Severity: diag.Warning, Rule: "unused-part", Summary: fmt.Sprintf("no flow calls or opens the part %q", name), Hint: "call it, or remove the file", Subject: file.Flow.Range,
			})
		}
	}
}

func (l *loader) library() *Library {
	library := &Library{calls: l.calls, tags: l.tags(), pages: l.pages, byName: l.flows, byHash: make(map[string]*graph.Flow, len(l.flows))}
	for _, flow := range l.flows {
		library.flows = append(library.flows, flow)
		library.byHash[flow.Hash] = flow
	}
	slices.SortFunc(library.flows, func(a, b *graph.Flow) int { return strings.Compare(a.Name, b.Name) })
	return library
}
