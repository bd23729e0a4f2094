package flowtest_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v4"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/diag"
	"vigil/engine/flowtest"
)

// mutant is a flow with one thing in it renamed, deleted or turned into another.
type mutant struct {
	what string // verify.then.failure: deleted
	text []byte
}

// TestAChangedFlowIsRefusedOrFailsItsTests changes every name, edge and type of every shipped flow in turn. Of a hundred mutants at least
// ninety-five are refused at load or fail the tests of the flow or of one that calls it; testdata/survivors.txt lists the others.
func TestAChangedFlowIsRefusedOrFailsItsTests(t *testing.T) {
	shipped := os.DirFS("../../flows")
	files := fstest.MapFS{}
	names, err := fs.Glob(shipped, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(shipped, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	var survivors []string
	for _, name := range names {
		if strings.HasSuffix(name, ".test.yaml") {
			continue
		}
		mutants := mutantsOf(t, files[name].Data)
		alive := survivorsOf(files, name, mutants)
		if len(mutants) == 0 || len(alive)*20 > len(mutants) {
			t.Errorf("%s: %d of %d mutants live:\n%s", name, len(alive), len(mutants), strings.Join(alive, "\n"))
		}
		t.Logf("%s: %d mutants, %d live", name, len(mutants), len(alive))
		survivors = append(survivors, alive...)
	}
	const list = "testdata/survivors.txt"
	want := strings.Join(survivors, "\n") + "\n"
	if os.Getenv("UPDATE_SURVIVORS") != "" {
		if err := os.WriteFile(list, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(list); err != nil || string(got) != want {
		t.Errorf("%s lists others than live now (UPDATE_SURVIVORS=1 writes it anew): %v\n%s", list, err, want)
	}
}

// survivorsOf gives the mutants of a file that load and pass every test.
func survivorsOf(files fstest.MapFS, name string, mutants []mutant) []string {
	alive := make([]string, len(mutants))
	var all sync.WaitGroup
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range mutants {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			if lives(files, name, mutants[i].text) {
				alive[i] = name + ": " + mutants[i].what
			}
		})
	}
	all.Wait()
	return slices.DeleteFunc(alive, func(s string) bool { return s == "" })
}

// part finds what a flow calls or opens.
var part = regexp.MustCompile(`(?:call|opens): ([a-z][a-z0-9-]*)`)

// around gives a flow, those that name it, and the parts of all of them. The others have no say in whether a mutant of it lives.
func around(files fstest.MapFS, name string) fstest.MapFS {
	some, queue := fstest.MapFS{}, []string{name}
	for other, f := range files {
		if strings.Contains(string(f.Data), strings.TrimSuffix(name, ".yaml")) && !strings.HasSuffix(other, ".test.yaml") {
			queue = append(queue, other)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		f := files[queue[0]]
		if f == nil || some[queue[0]] != nil {
			continue
		}
		some[queue[0]] = f
		for _, found := range part.FindAllStringSubmatch(string(f.Data), -1) {
			queue = append(queue, found[1]+".yaml")
		}
	}
	return some
}

func lives(files fstest.MapFS, name string, text []byte) bool {
	changed := around(files, name)
	changed[name] = &fstest.MapFile{Data: text}
	library, diagnostics := engine.Load(changed, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	if slices.ContainsFunc(diagnostics, func(d diag.Diagnostic) bool { return d.Severity == diag.Error }) {
		return false
	}
	called := strings.TrimSuffix(name, ".yaml")
	for _, flow := range library.Flows() {
		if flow.Name != called && !strings.Contains(string(flow.Source), called) {
			continue
		}
		test := flow.Name + ".test.yaml"
		if !flowtest.Run(flow, test, files[test].Data).OK() {
			return false
		}
	}
	return true
}

// mutantsOf makes every mutant of a flow.
func mutantsOf(t *testing.T, source []byte) []mutant {
	t.Helper()
	var made []mutant
	for i, left := 0, 1; i < left; i++ {
		var root yaml.Node
		if err := yaml.Unmarshal(source, &root); err != nil {
			t.Fatal(err)
		}
		m := &mutator{}
		m.file(root.Content[0])
		if left = len(m.changes); !m.changes[i].make() {
			continue
		}
		text, err := yaml.Marshal(&root)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, mutant{m.changes[i].what, text})
	}
	return made
}

// mutator walks a flow and finds everything in it that can be changed.
type mutator struct {
	changes []change
	nodes   []string
}

// change is one that can be made to the tree. It reports false if it changed nothing.
type change struct {
	what string
	make func() bool
}

func (m *mutator) try(where, how string, made func() bool) {
	m.changes = append(m.changes, change{where + ": " + how, made})
}

func (m *mutator) file(root *yaml.Node) {
	if nodes := entry(root, "nodes"); nodes != nil {
		for i := 0; i < len(nodes.Content); i += 2 {
			m.nodes = append(m.nodes, nodes.Content[i].Value)
		}
	}
	m.edge("start", entry(root, "start"))
	m.delete("start", root, "start")
	for _, part := range []string{"vars", "inputs"} {
		m.declarations(part, entry(root, part))
	}
	if outcomes := entry(root, "outcomes"); outcomes != nil {
		m.keys("outcomes", outcomes)
		for i := 0; i < len(outcomes.Content); i += 2 {
			m.declarations("outcomes."+outcomes.Content[i].Value, outcomes.Content[i+1])
		}
	}
	nodes := entry(root, "nodes")
	m.keys("nodes", nodes)
	for i := 0; i < len(nodes.Content); i += 2 {
		m.node(nodes.Content[i].Value, nodes.Content[i+1])
	}
}

func (m *mutator) node(name string, n *yaml.Node) {
	for _, verb := range []string{"do", "call", "end"} {
		if v := entry(n, verb); v != nil {
			m.name(name+"."+verb, v, map[string]string{"do": "audit.record", "call": "demo", "end": "error"}[verb])
		}
	}
	if form := entry(n, "form"); form != nil {
		for _, list := range []string{"fields", "buttons"} {
			m.items(name+"."+list, entry(form, list))
		}
	}
	if with := entry(n, "with"); with != nil {
		m.keys(name+".with", with)
	}
	if choose := entry(n, "choose"); choose != nil {
		for i, c := range choose.Content {
			where := fmt.Sprintf("%s.choose.%d", name, i+1)
			m.edge(where, entry(c, "to"))
			m.set(where, entry(c, "set"))
			m.try(where, "deleted", func() bool { choose.Content = slices.Delete(choose.Content, i, i+1); return true })
		}
	}
	if then := entry(n, "then"); then != nil {
		m.keys(name+".then", then)
		for i := 0; i < len(then.Content); i += 2 {
			where, to := name+".then."+then.Content[i].Value, then.Content[i+1]
			if to.Kind == yaml.MappingNode {
				m.set(where, entry(to, "set"))
				if field := entry(to, "field"); field != nil {
					m.name(where+".field", field, "")
				}
				to = entry(to, "to")
			}
			m.edge(where, to)
		}
	}
	m.references(name, n)
}

// items are the fields or buttons of a form.
func (m *mutator) items(where string, list *yaml.Node) {
	if list == nil {
		return
	}
	for i, item := range list.Content {
		at := where + "." + entry(item, "name").Value
		m.name(at+".name", entry(item, "name"), "")
		if kind := entry(item, "type"); kind != nil {
			m.kind(at+".type", kind)
		}
		m.delete(at, item, "type")
		m.try(at, "deleted", func() bool { list.Content = slices.Delete(list.Content, i, i+1); return true })
	}
}

func (m *mutator) set(where string, set *yaml.Node) {
	if set != nil {
		m.keys(where+".set", set)
	}
}

// declarations are names with types.
func (m *mutator) declarations(where string, all *yaml.Node) {
	if all == nil || all.Kind != yaml.MappingNode {
		return
	}
	m.keys(where, all)
	for i := 0; i < len(all.Content); i += 2 {
		kind := all.Content[i+1]
		if kind.Kind == yaml.MappingNode {
			kind = entry(kind, "type")
		}
		m.kind(where+"."+all.Content[i].Value, kind)
	}
}

// keys renames, deletes and exchanges the keys of a map.
func (m *mutator) keys(where string, all *yaml.Node) {
	for i := 0; i < len(all.Content); i += 2 {
		at := where + "." + all.Content[i].Value
		m.try(at, "renamed", func() bool { all.Content[i].Value += "Zz"; return true })
		m.try(at, "deleted", func() bool { all.Content = slices.Delete(all.Content, i, i+2); return true })
		if i+3 < len(all.Content) {
			m.try(at, "exchanged with "+all.Content[i+2].Value, func() bool {
				all.Content[i], all.Content[i+2] = all.Content[i+2], all.Content[i]
				return all.Content[i+1].Value != all.Content[i+3].Value || all.Content[i+1].Kind != yaml.ScalarNode
			})
		}
	}
}

func (m *mutator) name(where string, v *yaml.Node, other string) {
	m.try(where, "renamed", func() bool { v.Value += "Zz"; return true })
	if other != "" {
		m.try(where, "turned into "+other, func() bool { old := v.Value; v.Value = other; return old != other })
	}
}

// edge leads an edge nowhere, and to every other node.
func (m *mutator) edge(where string, to *yaml.Node) {
	if to == nil {
		return
	}
	m.try(where, "leads to nowhere", func() bool { to.Value += "Zz"; return true })
	for _, other := range m.nodes {
		m.try(where, "leads to "+other, func() bool { old := to.Value; to.Value = other; return old != other })
	}
}

func (m *mutator) kind(where string, kind *yaml.Node) {
	m.try(where, "of a type that is none", func() bool { kind.Value += "Zz"; return true })
	others := map[string]string{
		"string": "number", "string?": "string", "user": "account", "account": "user", "user?": "user", "bool": "string", "secret": "string", "text": "number", "email": "date",
		"password": "text", "newPassword": "password", "code": "text", "checkbox": "text", "choice": "text", "phone": "number", "number": "text", "passkey": "code",
	}
	if other := others[kind.Value]; other != "" {
		m.try(where, "of type "+other, func() bool { kind.Value = other; return true })
	}
}

func (m *mutator) delete(where string, in *yaml.Node, key string) {
	for i := 0; i < len(in.Content); i += 2 {
		if in.Content[i].Value == key {
			m.try(where+"."+key, "deleted", func() bool { in.Content = slices.Delete(in.Content, i, i+2); return true })
		}
	}
}

var reference = regexp.MustCompile(`[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)+`)

// references renames each name that an expression uses.
func (m *mutator) references(where string, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, "= ") {
		for _, at := range reference.FindAllStringIndex(n.Value, -1) {
			m.try(where, n.Value[at[0]:at[1]]+" renamed", func() bool { n.Value = n.Value[:at[1]] + "Zz" + n.Value[at[1]:]; return true })
		}
	}
	for _, c := range n.Content {
		m.references(where, c)
	}
}

// entry is the value under a key. Nil: none.
func entry(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
