package engine_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"vigil/engine"
	"vigil/engine/diag"
	"vigil/engine/internal/samples"
)

// folder makes a file system of flows by name.
func folder(flows map[string]string) fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range flows {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// part is a small part that calls others one after the other.
func part(name string, calls ...string) string {
	var b strings.Builder
	start := "done"
	if len(calls) > 0 {
		start = "n0"
	}
	fmt.Fprintf(&b, "flow: %s\ntitle: A part\noutcomes: {done: {}}\nstart: %s\nnodes:\n", name, start)
	for i, call := range calls {
		next := "done"
		if i+1 < len(calls) {
			next = fmt.Sprintf("n%d", i+1)
		}
		fmt.Fprintf(&b, "  n%d: {call: %s, then: {done: %s}}\n", i, call, next)
	}
	b.WriteString("  done: {end: done}\n")
	return b.String()
}

// caller is a sign-on flow that calls one part.
func caller(name, call string) string {
	return fmt.Sprintf(`flow: %s
title: Calls a part
start: session
nodes:
  session: {do: session.check, then: {active: called, none: denied}}
  called: {call: %s, then: {done: done}}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = session.user}}
`, name, call)
}

// sentences are what was found, as file: sentence [rule].
func sentences(found []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range found {
		fmt.Fprintf(&b, "%s:%d:%d: %s [%s]\n", d.Subject.File, d.Subject.Start.Line, d.Subject.Start.Column, d.Summary, d.Rule)
	}
	return b.String()
}

func TestTheFlowsOfTheManualAreProved(t *testing.T) {
	library, found := engine.Load(os.DirFS("testdata/flows"), samples.Registry())
	if len(found) > 0 {
		t.Error(sentences(found))
	}
	var names []string
	for _, flow := range library.Flows() {
		names = append(names, flow.Name)
		if library.Flow(flow.Name) != flow || library.ByHash(flow.Hash) != flow {
			t.Errorf("%s is not found by name and by hash", flow.Name)
		}
	}
	if got := strings.Join(names, " "); got != "devices register sign-on step-up" {
		t.Errorf("the library holds %q", got)
	}
}

func TestAFlowWithErrorsIsNeverServedAndTheOthersAre(t *testing.T) {
	library, found := engine.Load(folder(map[string]string{
		"well.yaml": caller("well", "small"), "small.yaml": part("small"), "broken.yaml": caller("broken", "smal"),
		"above.yaml": caller("above", "hurt"), "hurt.yaml": strings.Replace(part("hurt"), "end: done", "end: doen", 1),
		"notes.txt": "no flow", "well.test.yaml": "flow: well\ncases: []\n", "yaml.yaml": "flow: [",
	}), samples.Registry())
	want := `broken.yaml:6:18: there is no part "smal" [unknown-part]
hurt.yaml:6:15: this part has no outcome "doen" [unknown-outcome]
yaml.yaml:1:7: this [ is never closed [yaml]
`
	if got := sentences(found); got != want {
		t.Errorf("got\n%swanted\n%s", got, want)
	}
	if library.Flow("well") == nil || library.Flow("small") == nil {
		t.Error("a flow without errors is missing")
	}
	for _, name := range []string{"broken", "above", "hurt", "yaml", "notes", "well.test"} {
		if library.Flow(name) != nil {
			t.Errorf("%s is served", name)
		}
	}
}

func TestPartsThatComeBackToThemselvesAreRefused(t *testing.T) {
	library, found := engine.Load(folder(map[string]string{
		"a.yaml": part("a", "b"), "b.yaml": part("b", "c"), "c.yaml": part("c", "a"), "top.yaml": caller("top", "a"),
	}), samples.Registry())
	if got := sentences(found); !strings.Contains(got, `c.yaml:6:14: "c" calls itself by way of "a" [part-cycle]`) {
		t.Error(got)
	}
	if len(library.Flows()) > 0 {
		t.Errorf("%d flows are served", len(library.Flows()))
	}
}

func TestPartsAreCalledEightDeepAndNoDeeper(t *testing.T) {
	flows := map[string]string{"p0.yaml": part("p0")}
	for i := 1; i < 8; i++ {
		name := fmt.Sprintf("p%d", i)
		flows[name+".yaml"] = part(name, fmt.Sprintf("p%d", i-1))
	}
	flows["deep.yaml"] = caller("deep", "p7")
	library, found := engine.Load(folder(flows), samples.Registry())
	if len(found) > 0 || library.Flow("deep") == nil {
		t.Errorf("eight deep: %s", sentences(found))
	}
	flows["p8.yaml"] = part("p8", "p7")
	flows["deep.yaml"] = caller("deep", "p8")
	library, found = engine.Load(folder(flows), samples.Registry())
	if got := sentences(found); !strings.Contains(got, "deep.yaml:6:18: parts are called more than 8 deep [too-large]") || library.Flow("deep") != nil {
		t.Errorf("nine deep: %s", got)
	}
}

func TestAPartThatNobodyCallsIsAWarning(t *testing.T) {
	library, found := engine.Load(folder(map[string]string{"lonely.yaml": part("lonely")}), samples.Registry())
	if got := sentences(found); got != "lonely.yaml:1:7: no flow calls or opens the part \"lonely\" [unused-part]\n" || diag.HasErrors(found) {
		t.Error(got)
	}
	if library.Flow("lonely") == nil {
		t.Error("a warning keeps the part out of the library")
	}
}

func TestTheIdentityOfAFlowFollowsItsBytesAndItsParts(t *testing.T) {
	flows := map[string]string{"top.yaml": caller("top", "mid"), "mid.yaml": part("mid", "low"), "low.yaml": part("low"), "other.yaml": caller("other", "side"), "side.yaml": part("side")}
	hashes := func() map[string]string {
		library, found := engine.Load(folder(flows), samples.Registry())
		if len(found) > 0 {
			t.Fatal(sentences(found))
		}
		all := map[string]string{}
		for _, flow := range library.Flows() {
			all[flow.Name] = flow.Hash
		}
		return all
	}
	before := hashes()
	sum := sha256.Sum256([]byte(flows["low.yaml"]))
	if before["low"] != hex.EncodeToString(sum[:]) {
		t.Errorf("the identity of a flow without parts is not the SHA-256 of its bytes")
	}
	flows["low.yaml"] += "# a comment\n"
	after := hashes()
	for name, changed := range map[string]bool{"top": true, "mid": true, "low": true, "other": false, "side": false} {
		if (before[name] != after[name]) != changed {
			t.Errorf("%s: changed is %v, wanted %v", name, before[name] != after[name], changed)
		}
	}
}

func TestATypedPartIsHeldToItsDeclarations(t *testing.T) {
	const typed = `flow: typed
title: Takes and gives
inputs: {account: account, note: {type: string, default: none}, by: 'string?'}
outcomes: {found: {user: user, word: string}, lost: {}}
start: ask
nodes:
  ask:
    form:
      title: Hello {{ inputs.note }} {{ inputs.by ?? '' }}
      fields: [{name: digits, type: code, label: Code}]
    then: {continue: check}
  check:
    do: totp.check
    with: {account: = inputs.account, code: = ask.digits}
    limit: 3
    then: {success: found, wrong: ask, locked: lost, exhausted: lost}
  found: {end: found, with: {user: = check.user, word: found}}
  lost: {end: lost}
`
	const uses = `flow: uses
title: Calls it
start: session
nodes:
  session: {do: session.check, then: {active: called, none: denied}}
  called:
    call: typed
    with: {account: = session.user}
    then: {found: done, lost: denied, error: broken}
  broken:
    choose:
      - {when: "= called.error.code == 'timeout'", to: denied}
      - to: denied
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = called.user, acr: = called.word}}
`
	library, found := engine.Load(folder(map[string]string{"typed.yaml": typed, "uses.yaml": uses}), samples.Registry())
	if len(found) > 0 {
		t.Fatal(sentences(found))
	}
	if call := library.Flow("uses").Node("called").Call; call.Part != library.Flow("typed") {
		t.Error("the call does not hold the part of the library")
	}
	broken := strings.NewReplacer(
		"account: = session.user", "accont: = session.user, note: = 4, by: x", "lost: denied, error", "gone: denied, error", "called.word", "called.wrod",
	).Replace(uses)
	wrong := strings.Replace(typed, "with: {user: = check.user, word: found}", "with: {user: = inputs.account}", 1)
	_, found = engine.Load(folder(map[string]string{"typed.yaml": typed, "uses.yaml": broken}), samples.Registry())
	want := `uses.yaml:8:12: part "typed" has no input "accont" [unknown-input]
uses.yaml:8:44: the input "note" is given 4, a number, wanted a string [type]
uses.yaml:9:25: node "called" has no outcome "gone" [unknown-outcome]
uses.yaml:15:66: node "called" has no output "wrod" [unknown-output]
`
	if got := sentences(found); got != want {
		t.Errorf("got\n%swanted\n%s", got, want)
	}
	_, found = engine.Load(folder(map[string]string{"typed.yaml": wrong, "uses.yaml": uses}), samples.Registry())
	want = `typed.yaml:17:16: the end "found" needs the input "word" [missing-input]
typed.yaml:17:38: the input "user" is given inputs.account, an account, wanted a user: somebody found is not somebody proved [unproven-user]
`
	if got := sentences(found); got != want {
		t.Errorf("got\n%swanted\n%s", got, want)
	}
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	library, found := engine.Load(fstest.MapFS{"x.yaml/inner.txt": {Data: []byte("a folder called x.yaml")}, "p.yaml": {Data: []byte(part("p"))}}, samples.Registry())
	if got := sentences(found); !strings.Contains(got, "x.yaml:1:1: the file cannot be read: ") || library.Flow("p") == nil {
		t.Error(got)
	}
}

func TestAFolderThatIsNotThereIsNamed(t *testing.T) {
	library, found := engine.Load(os.DirFS(filepath.Join(t.TempDir(), "gone")), samples.Registry())
	if library == nil || len(library.Flows()) > 0 || len(found) != 1 || found[0].Summary != "the folder of flows cannot be read: no such file or directory" {
		t.Errorf("said %v", found)
	}
}
