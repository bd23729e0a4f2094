package trace_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/engine/trace"
)

func signOn(t *testing.T, change ...string) *graph.Flow {
	t.Helper()
	source, err := os.ReadFile("../../flows/sign-on.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(change...).Replace(string(source))
	part, err := os.ReadFile("../../flows/choose-password.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"sign-on.yaml": {Data: []byte(text)}, "choose-password.yaml": {Data: part}}
	library, found := engine.Load(files, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	for _, d := range found {
		t.Errorf("%v: %s", d.Subject.Start, d.Summary)
	}
	return library.Flow("sign-on")
}

// performer plays a flow and records it.
type performer struct {
	t     *testing.T
	stage *flowtest.Stage
	r     *trace.Recorder
	out   bytes.Buffer
}

func perform(t *testing.T, flow *graph.Flow, people string) *performer {
	t.Helper()
	stage, found := flowtest.Open(flow, "x.test.yaml", []byte("flow: sign-on\n"+people), caseOf(people))
	if stage == nil {
		t.Fatal(found)
	}
	p := &performer{t: t, stage: stage}
	p.r = trace.NewRecorder(&p.out, stage.Now)
	stage.Listen(flowtest.Listener{Passed: p.r.Passed, Asked: p.r.Asked})
	p.r.Started(flow, stage.Environment())
	p.came(stage.Start())
	return p
}

func caseOf(people string) string {
	if strings.Contains(people, "name: begin") {
		return "begin"
	}
	return ""
}

func (p *performer) came(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	p.r.Came(p.stage.Effect())
}

func (p *performer) answer(username, password string) {
	p.t.Helper()
	page, ok := p.stage.Effect().(run.Page)
	if !ok {
		p.t.Fatalf("nothing is asked: %+v", p.stage.Effect())
	}
	input := run.Input{Node: page.Node, Values: map[string]string{"username": username, "password": password}}
	p.r.Answered(page, input)
	p.came(p.stage.Answer(input))
}

func (p *performer) events() []trace.Event {
	p.t.Helper()
	events, err := trace.Read(bytes.NewReader(p.out.Bytes()))
	if err != nil || p.r.Err != nil {
		p.t.Fatal(err, p.r.Err)
	}
	return events
}

const ada = "users: {ada: {password: correct horse, email: ada@example.com, givenName: Ada}}\ncases: []\n"

// typical is a run with a wrong password, a right one that is taken back, a pause, and the right one again.
func typical(t *testing.T) *performer {
	t.Helper()
	p := perform(t, signOn(t), ada)
	p.answer("ada", "wrong guess")
	p.answer("ada", "correct horse")
	if !p.stage.Back() {
		t.Fatal("no way back")
	}
	p.r.Back()
	p.r.Came(p.stage.Effect())
	p.stage.Advance(3 * time.Minute)
	p.answer("ada", "correct horse")
	return p
}

func TestATraceTellsWhatHappenedAndNoSecret(t *testing.T) {
	p := typical(t)
	var told []string
	for _, e := range p.events() {
		told = append(told, e.String())
	}
	want := `begins sign-on
session asks: none
session -none-> credentials
shows credentials
answers credentials by signOn
credentials -signOn-> verify
verify asks: failure
verify -failure-> credentials
shows credentials "The user name or the password is not right."
answers credentials by signOn
credentials -signOn-> verify
verify asks: success
verify -success-> done
done -success
ends in success
takes the answer back
shows credentials "The user name or the password is not right."
answers credentials by signOn
credentials -signOn-> verify
verify asks: success
verify -success-> done
done -success
ends in success`
	if got := strings.Join(told, "\n"); got != want {
		t.Error(got)
	}
	for _, secret := range []string{"horse", "guess"} {
		if bytes.Contains(p.out.Bytes(), []byte(secret)) {
			t.Errorf("the trace tells %q", secret)
		}
	}
}

func TestAnEntryThatWasRefusedIsTold(t *testing.T) {
	p := perform(t, signOn(t), ada)
	p.answer("ada", "")
	events := p.events()
	if last := events[len(events)-1].String(); last != "shows credentials, password is missing" {
		t.Error(last)
	}
	if d, err := trace.Replay(signOn(t), events, run.Environment{}); d != nil || err != nil {
		t.Errorf("%v %v", d, err)
	}
}

func TestARunGoesAgainAsItWentWithoutAskingAnybody(t *testing.T) {
	events := typical(t).events()
	if d, err := trace.Replay(signOn(t), events, run.Environment{}); d != nil || err != nil {
		t.Errorf("%v %v", d, err)
	}
}

func TestAReplayOnAChangedFlowNamesTheFirstStepThatGoesOtherwise(t *testing.T) {
	events := typical(t).events()
	for change, want := range map[[2]string]string{
		{"failure: {to: credentials, message: The user name or the password is not right., field: password}", "failure: tooMany"}: `event 8: it was "verify -failure-> credentials", now it is "verify -failure-> tooMany"`,
		{"failure: {to: credentials, message: The user", "failure: {to: credentials, message: This user"}:                         `event 9: it was "shows credentials \"The user name or the password is not right.\"", now it is "shows credentials \"This user name or the password is not right.\""`,
		{"idleTimeout: 30m", "idleTimeout: 20m"}: "",
		{"limit: 10", "limit: 1"}:                `event 12: it was "verify asks: success", now it is "verify -exhausted-> tooMany"`,
	} {
		d, err := trace.Replay(signOn(t, change[0], change[1]), events, run.Environment{})
		got := ""
		if d != nil {
			got = d.String()
		}
		if err != nil || got != want {
			t.Errorf("%q: %v, %s", change[1], err, got)
		}
	}
	if _, err := trace.Replay(signOn(t), events[1:], run.Environment{}); !errors.Is(err, trace.ErrNoRun) {
		t.Error(err)
	}
}

func TestARunBecomesATestThatHolds(t *testing.T) {
	for name, p := range map[string]*performer{
		"typical": typical(t),
		"joined":  perform(t, signOn(t), "users: {ada: {}}\ncases: [{name: begin, session: {user: ada, methods: [pwd], age: 5m}, request: {clientId: notes, loginHint: 'x: y'}, steps: []}]\n"),
		"failing": perform(t, signOn(t), "users: {ada: {}}\ncases: [{name: begin, answers: {verify: [locked, error]}, steps: []}]\n"),
	} {
		if name == "failing" {
			p.answer("ada", "one")
			p.answer("ada", "two")
		}
		text, err := trace.Case(signOn(t), "as it was: "+name, p.events())
		if err != nil {
			t.Fatal(err)
		}
		report := flowtest.Run(signOn(t), "x.test.yaml", []byte(text))
		for _, d := range report.Failures() {
			t.Errorf("%s:%v: %s\n%s", name, d.Subject.Start, d.Summary, text)
		}
		if len(report.Cases) != 1 || strings.Contains(text, "horse") || len(report.Unpassed) == report.Edges {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}
