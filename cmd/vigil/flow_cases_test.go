package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fineCases = `flow: fine
users: {ada: {password: right}}
cases:
  - name: whoever has a session goes on
    session: {user: ada, methods: [pwd]}
    steps: [{ends: success, with: {user: ada}}]
`

func TestFlowTestsSayWhatHoldsAndWhatIsNotCovered(t *testing.T) {
	b := newBench(t)
	b.write("flows/fine.yaml", fineFlow)
	b.write("flows/fine.test.yaml", fineCases)
	const want = `fine: 1 case, 1 of 2 edges, 2 of 3 nodes
  holds   whoever has a session goes on
  flows/fine.yaml:10:13: no case passes session -none-> gone
`
	for _, named := range []string{"flows", "flows/fine.yaml", "flows/fine.test.yaml"} {
		if out := b.must("", "flow", "test", named); out != want {
			t.Errorf("%s:\n%s", named, out)
		}
	}
	if r := b.run("", "flow", "test", "--require-coverage", "flows"); r.code != exitFailed || r.out != want {
		t.Errorf("--require-coverage: exit %d\n%s", r.code, r.out)
	}
	b.write("flows/fine.test.yaml", fineCases+"  - {name: nobody is refused, steps: [{ends: error}]}\n")
	if out := b.must("", "flow", "test", "--require-coverage", "-q", "flows"); out != "fine: 2 cases, 2 of 2 edges, 3 of 3 nodes\n" {
		t.Error(out)
	}
}

func TestTestsThatStandBesideNoFlowAreNotPassedOver(t *testing.T) {
	b := newBench(t)
	b.write("flows/fine.yaml", fineFlow)
	b.write("flows/fine.test.yaml", fineCases)
	b.write("flows/recorded.test.yaml", fineCases)
	const want = "flows/recorded.test.yaml: not played: there is no flow flows/recorded.yaml beside it\n"
	if r := b.run("", "flow", "test", "-q", "flows"); r.code != exitFailed || !strings.HasSuffix(r.out, want) {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	b.must("", "flow", "test", "-q", "flows/fine.yaml")
}

func TestAFailedCaseIsShownAtItsStep(t *testing.T) {
	b := newBench(t)
	b.write("flows/fine.yaml", fineFlow)
	b.write("flows/fine.test.yaml", strings.Replace(fineCases, "ends: success", "ends: error", 1))
	r := b.run("", "flow", "test", "flows", "--junit", "out.xml")
	const want = `  FAILED  whoever has a session goes on
`
	const place = `flows/fine.test.yaml:6:20: error: case "whoever has a session goes on": an error was expected, but it ended in success with ada [flow-test]
    6 |     steps: [{ends: error, with: {user: ada}}]
      |                    ^~~~~
`
	if r.code != exitFailed || !strings.Contains(r.out, want) || !strings.Contains(r.out, place) {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if junit, err := os.ReadFile(filepath.Join(b.folder, "out.xml")); err != nil || !bytes.Contains(junit, []byte(`failures="1"`)) {
		t.Errorf("%v: %s", err, junit)
	}
}

func TestAFlowThatIsNotSoundOrHasNoTestsIsTold(t *testing.T) {
	b := newBench(t)
	b.write("fine.yaml", fineFlow)
	b.write("refused.yaml", refusedFlow)
	r := b.run("", "flow", "test")
	for _, says := range []string{"fine: no tests: there is no fine.test.yaml", "refused: not tested, since it is not sound", "refused.yaml:5:", "2 flows: 0 cases"} {
		if !strings.Contains(r.out, says) || r.code != exitFailed {
			t.Errorf("exit %d, without %q\n%s", r.code, says, r.out)
		}
	}
	for _, args := range [][]string{{"absent.yaml"}, {"vigil.txt"}, {"--cover"}} {
		if r := b.run("", append([]string{"flow", "test"}, args...)...); r.code != exitMisused {
			t.Errorf("%v: exit %d", args, r.code)
		}
	}
}

func TestWatchingRunsTheTestsAgainAfterAChange(t *testing.T) {
	b := newBench(t)
	b.write("fine.yaml", fineFlow)
	b.write("fine.test.yaml", fineCases)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := b.command(ctx, "flow", "test", "--watch", "fine.yaml")
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		seen = append(seen, lines.Text())
		switch lines.Text() {
		case "waiting for a change; Ctrl+C ends this":
			if len(seen) < 5 {
				b.write("fine.test.yaml", strings.Replace(fineCases, "goes on", "may go on", 1))
			} else {
				cancel()
			}
		}
	}
	_ = c.Wait()
	if all := strings.Join(seen, "\n"); !strings.Contains(all, "holds   whoever has a session goes on") || !strings.Contains(all, "holds   whoever has a session may go on") {
		t.Error(all)
	}
}
