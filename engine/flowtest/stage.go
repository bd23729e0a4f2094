package flowtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// Stage is a flow with people, a clock and one browser around it, and the run that is under way.
type Stage struct {
	*world
	request  connector.Request
	around   surroundings
	machine  *run.Machine
	listener Listener
	outcomes map[string]*connector.Capability // that note how a part ended
	double   Double                           // nil: the case is played here alone
	leftOut  string                           // why the double does not play it
	moment
	past []moment
}

// moment is what an answer changes.
type moment struct {
	browsing
	waiting  *browsing // the first browser, while another is at a link. Nil: it is the one that is answered
	made     made
	sessions int // begun so far
	now      time.Time
	given    map[place]int // answers given by now
	kept     kept          // replaced whole
	owned    owned         // replaced whole
	linked   linked        // replaced whole
	waits    waiting       // replaced whole
	users    people        // replaced whole
	marks    []string      // what the browser keeps
	agreed   agreed        // replaced in parts, each whole
	habitual habitual      // replaced whole
	letters  []builtin.Letter
	guesses  tallies
	noted    notes // replaced whole
	thrown   int   // dice
	// registered counts what was registered in the case.
	registered int
}

// Listener hears what a run does. Nil fields hear nothing.
type Listener struct {
	Passed func(run.Passage)
	// Asked hears of every capability and what it answered. Inputs and outputs may hold secrets.
	Asked func(connector.Call, connector.Result, error)
	// Polled hears what another device answered to a page that waits.
	Polled func(run.Reply)
}

// epoch is when cases begin.
func epoch() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }

// Open sets the stage for a case of a test file, or, where caseName is empty, with the people of the file alone.
// Without a file (source is nil) there is nobody. The stage is nil when the file has mistakes.
func Open(flow *graph.Flow, name string, source []byte, caseName string) (*Stage, []diag.Diagnostic) {
	f := file{users: map[string]*person{}}
	if source != nil {
		var diagnostics []diag.Diagnostic
		if f, diagnostics = parse(flow, name, source); len(diagnostics) > 0 {
			return nil, diagnostics
		}
	}
	c := &testCase{}
	if caseName != "" {
		at := slices.IndexFunc(f.cases, func(c testCase) bool { return c.name == caseName })
		if at < 0 {
			names := make([]string, len(f.cases))
			for i := range f.cases {
				names[i] = f.cases[i].name
			}
			top := diag.Range{File: name, Start: diag.Pos{Line: 1, Column: 1}, End: diag.Pos{Line: 1, Column: 2}}
			return nil, []diag.Diagnostic{{
				Severity: diag.Error, Rule: "unknown-case", Summary: fmt.Sprintf("there is no case %q", caseName),
				Hint: diag.DidYouMean(caseName, names, "The cases are"), Subject: top,
			}}
		}
		c = &f.cases[at]
	}
	return newStage(flow, &f, c), nil
}

func newStage(flow *graph.Flow, f *file, c *testCase) *Stage {
	s := &Stage{request: c.request, around: f.around.with(c.settings), outcomes: map[string]*connector.Capability{}}
	s.flow, s.run = flow, flow
	s.now, s.given = epoch(), map[place]int{}
	s.users, s.waits = f.users, f.waits
	s.world = &world{stage: s, answers: c.answers}
	s.begin(c.session)
	s.equip()
	if flow.Part {
		s.run = caller(flow, c.inputs)
		for _, o := range s.run.Start.Outcomes() {
			s.outcomes[o.Name] = noted(o, func(out outcome) { s.ended = &out })
		}
	}
	s.machine = &run.Machine{Capabilities: s.capabilities(), Trace: s.passed, Vault: run.Unstored{}, Challenges: links{s}}
	return s
}

// Listen says who hears of what runs from now on do.
func (s *Stage) Listen(l Listener) { s.listener = l }

// AddUser adds somebody with a password.
func (s *Stage) AddUser(name, password string) {
	s.users = s.users.with(name, &person{password: password, account: connector.AccountValue{ID: name, Username: name, Enabled: true}})
}

// Request changes what the application asks for. It counts for the answers that follow.
func (s *Stage) Request(change func(*connector.Request)) { change(&s.request) }

// Effect is what the run came to. Nil: none was begun.
func (s *Stage) Effect() run.Effect { return s.effect }

// Ended tells how a part ended. Empty: it did not, or the flow is no part.
func (s *Stage) Ended() (name string, output map[string]any) {
	if s.ended == nil {
		return "", nil
	}
	return s.ended.name, s.ended.output
}

// Session is what the browser has now. Nil: none.
func (s *Stage) Session() *connector.SessionValue { return s.live() }

// Now is the moment on the stage.
func (s *Stage) Now() time.Time { return s.now }

// Advance lets time pass.
func (s *Stage) Advance(d time.Duration) { s.now = s.now.Add(d) }

// Start begins another run of the same browser.
func (s *Stage) Start() error {
	s.path, s.causes, s.ended, s.past = nil, nil, nil, nil
	s.kept = s.kept.without(s.Environment().RunID)
	state, effect, err := s.machine.Start(context.Background(), s.run, s.Environment(), s.now)
	return s.arrive(state, effect, err)
}

// Answer answers the present page. A second entry of a new password that is not given is as the first.
func (s *Stage) Answer(input run.Input) error {
	page, ok := s.effect.(run.Page)
	if !ok {
		return run.ErrEnded
	}
	s.past = append(s.past, s.copied())
	s.touch()
	input.Values = maps.Clone(input.Values)
	press(page, &input)
	s.work(page, &input)
	for _, field := range page.Fields {
		if _, told := input.Values[field.Repeat]; field.Repeat != "" && !told && input.Values != nil {
			input.Values[field.Repeat] = input.Values[field.Name]
		}
	}
	input.Node = s.pathOf(input.Node)
	state, effect, err := s.machine.Step(context.Background(), s.run, s.state, input, s.Environment(), s.now)
	return s.arrive(state, effect, err)
}

// pathOf is a node of the flow as the machine knows it.
func (s *Stage) pathOf(node string) string {
	if s.run != s.flow {
		return underPart + node
	}
	return node
}

// Back undoes the last answer. False: there was none in this run.
func (s *Stage) Back() bool {
	if len(s.past) == 0 {
		return false
	}
	s.moment, s.past = s.past[len(s.past)-1], s.past[:len(s.past)-1]
	return true
}

func (s *Stage) copied() moment {
	m := s.moment
	m.path, m.given = slices.Clone(m.path), maps.Clone(m.given)
	if m.waiting != nil {
		waiting := *m.waiting
		m.waiting = &waiting
	}
	if m.session != nil {
		session := *m.session
		m.session = &session
	}
	return m
}

// Environment is what surrounds the run now.
func (s *Stage) Environment() run.Environment {
	id := "test"
	if s.challenge != "" {
		id = s.challenge
	}
	return run.Environment{EnvironmentID: "test", RunID: id, BaseURL: "https://test.example", Request: s.request, Session: s.live(), Agent: browser{s}, Settings: s.around.settings, Secrets: s.around.secrets}
}

// passed hears of the ways that the machine takes. What the caller of a part does is no business of anybody's.
func (s *Stage) passed(p run.Passage) {
	if p.Flow == s.run.Name && s.run != s.flow {
		return
	}
	if p.Err != nil {
		s.causes = p.Err
	}
	if p.Flow == s.flow.Name {
		s.path = append(s.path, p.Node)
	}
	if s.listener.Passed != nil {
		s.listener.Passed(p)
	}
}

func (s *Stage) arrive(state run.State, effect run.Effect, err error) error {
	if err != nil {
		return err
	}
	if page, ok := effect.(run.Page); ok && s.run != s.flow {
		page.Node = strings.TrimPrefix(page.Node, underPart)
		effect = page
	}
	s.state, s.effect = state, effect
	if _, waits := effect.(run.Page); !waits && s.challenge != "" {
		s.answered(effect)
		return nil
	}
	if success, ok := effect.(run.Success); ok {
		if denied := s.admit(success.User); denied != nil {
			s.effect = *denied
			return nil
		}
		return s.join(success)
	}
	return nil
}

// join does what a host does with a success: the session it names goes on, or a new one begins.
func (s *Stage) join(success run.Success) error {
	live := s.live()
	if success.SessionID != "" && (live == nil || live.ID != success.SessionID) {
		return fmt.Errorf("the flow joined the session %q, which is over", success.SessionID)
	}
	if success.Device != "" {
		s.waits = s.waits.without(success.Device)
	}
	proofs := slices.Clone(success.Methods)
	if live == nil || live.User.ID != success.User.ID {
		s.sessions++
		s.session = &session{persistent: success.Persistent, SessionValue: connector.SessionValue{ID: fmt.Sprintf("session-%d", s.sessions), CreatedAt: s.now}}
	} else {
		for _, old := range live.Proofs {
			if !slices.ContainsFunc(proofs, func(p connector.Proof) bool { return p.Method == old.Method }) {
				proofs = append(proofs, old)
			}
		}
	}
	s.session.User, s.session.Proofs, s.session.active = success.User, proofs, s.now
	s.session.idle, s.session.most = success.IdleTimeout, success.MaxLifetime
	return nil
}
