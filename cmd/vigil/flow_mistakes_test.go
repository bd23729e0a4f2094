package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestAMistakeInTextsOfAnotherLanguageFailsTheTests(t *testing.T) {
	b := newBench(t)
	b.write("flows/asking.yaml", askingFlow)
	b.write("flows/locales/de.yaml", "asking.credentials.titel: Anmelden\n")
	const said = `flows/locales/de.yaml:1:1: error: no flow has the text "asking.credentials.titel" [unknown-place]`
	if r := b.run("", "flow", "test", "flows"); r.code != exitFailed || !strings.Contains(r.out, said) {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	b.write("flows/locales/de.yaml", "asking.credentials.title: Anmelden\n")
	b.must("", "flow", "test", "flows") // what is not translated yet fails nothing
}

func TestAFileOfTextsIsJudgedAsWhatItIs(t *testing.T) {
	b := newBench(t)
	b.write("flows/asking.yaml", askingFlow)
	b.write("flows/locales/de.yaml", "asking.credentials:\n  title: Anmelden\n")
	const said = `flows/locales/de.yaml:1:1: error: "asking.credentials" holds a map: places of texts do not stand inside each other [shape]
    1 | asking.credentials:
      | ^~~~~~~~~~~~~~~~~~
help: write every place whole, in one line: asking.credentials.title: …
`
	for _, named := range []string{"flows/locales/de.yaml", "flows/locales"} {
		if r := b.run("", "flow", "lint", named); r.code != exitFailed || r.out != said {
			t.Errorf("%s: exit %d\n%s%s", named, r.code, r.out, r.err)
		}
	}
	if r := b.run("", "flow", "lint", "flows/locales", "flows"); strings.Count(r.out, "holds a map") != 1 {
		t.Errorf("told more than once:\n%s", r.out)
	}
	for _, command := range []string{"test", "run", "graph"} {
		if r := b.run("", "flow", command, "flows/locales/de.yaml"); r.code != exitMisused || !strings.Contains(r.err, "flows/locales/de.yaml is no flow") {
			t.Errorf("%s: exit %d: %s", command, r.code, r.err)
		}
	}
}

func TestARunWhoseInputEndsSaysWhereItWaits(t *testing.T) {
	b := newBench(t)
	b.write("asking.yaml", askingFlow)
	r := b.run("ada\n", "flow", "run", "asking.yaml")
	if r.code != exitFailed || r.err != "vigil: the input ended, and the run still waits at \"credentials\"\n" {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	if r := b.run(":quit\n", "flow", "run", "asking.yaml"); r.code != exitFailed || r.err != "" {
		t.Errorf("whoever quits is told %q", r.err)
	}
}

func TestWhatIsNoTraceIsNamedInPlainWords(t *testing.T) {
	b := newBench(t)
	b.write("asking.yaml", askingFlow)
	if r := b.run("", "flow", "trace", "asking.yaml"); r.code != exitFailed || !strings.Contains(r.err, "asking.yaml: line 1 is no event of a trace: ") || strings.Contains(r.err, "invalid character") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}

func TestATabIsNamedWhenAFileIsBroughtIntoForm(t *testing.T) {
	b := newBench(t)
	b.write("tabs.yaml", "flow: tabs\nnodes:\n\ta: {end: error}\n")
	if r := b.run("", "flow", "fmt", "tabs.yaml"); r.code != exitFailed || !strings.HasPrefix(r.err, "tabs.yaml:3:1: error: a tab cannot indent [yaml]\n") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}

func TestHelpIsThereHoweverItIsAskedFor(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct{ args, holds string }{
		{"help", "flow lint"},
		{"help flow", "flow restore"},
		{"flow help", "flow restore"},
		{"help flow lint", "--strict"},
		{"user help", "user set-password"},
		{"--version", "vigil "},
		{"--help", "Exit codes: 0 done, 1 failed or refused, 2 warned of with --strict, 3 not"},
	} {
		if r := b.run("", strings.Fields(c.args)...); r.code != exitDone || !strings.Contains(r.out, c.holds) {
			t.Errorf("%s: exit %d\n%s%s", c.args, r.code, r.out, r.err)
		}
	}
	for _, c := range []struct{ args, said string }{
		{"", "vigil: which command? vigil serve|check|doctor|demo|"},
		{"flow", "vigil: which command? vigil flow lint|test|graph|fmt|"},
		{"flow lnt", "vigil: unexpected argument lnt, did you mean one of \"lint\", \"fmt\"?\nvigil flow --help lists the commands.\n"},
		{"flow lint", "vigil: expected \"<file> ...\"\nvigil flow lint --help explains it.\n"},
		{"check --config", "vigil: --config: its value is missing\nvigil check --help explains it.\n"},
		{"flwo", "did you mean \"flow\"?\nvigil --help lists the commands.\n"},
	} {
		if r := b.run("", strings.Fields(c.args)...); r.code != exitMisused || !strings.Contains(r.err, c.said) {
			t.Errorf("vigil %s: exit %d\n%s", c.args, r.code, r.err)
		}
	}
}

func TestAMistakeOfAPartIsToldOnceAlsoWhereOnlyItsCallersAreNamed(t *testing.T) {
	b := newBench(t)
	const caller = `flow: %s
title: Call
start: ask
nodes:
  ask: {call: part, then: {done: over}}
  over: {end: error, with: {code: access_denied}}
`
	for _, name := range []string{"one", "two"} {
		b.write("flows/"+name+".yaml", fmt.Sprintf(caller, name))
	}
	b.write("flows/part.yaml", "flow: part\ntitle: A part\noutcomes: {done: {}}\nstart: over\nnodes:\n  over: {end: doen}\n")
	b.write("flows/other.yaml", "flow: other\n")
	const said = `flows/part.yaml:6:15: error: this part has no outcome "doen" [unknown-outcome]
    6 |   over: {end: doen}
      |               ^~~~
help: did you mean "done"? Its outcomes are error, done.
`
	for _, files := range [][]string{{"flows/one.yaml"}, {"flows/one.yaml", "flows/two.yaml"}, {"flows/two.yaml", "flows/part.yaml"}} {
		if r := b.run("", append([]string{"flow", "lint"}, files...)...); r.code != exitFailed || r.out != said {
			t.Errorf("lint %v: exit %d\n%s", files, r.code, r.out)
		}
	}
	if r := b.run("", "flow", "graph", "--format", "text", "flows/one.yaml"); r.code == exitMisused {
		t.Errorf("graph: exit %d\n%s", r.code, r.err)
	}
}
