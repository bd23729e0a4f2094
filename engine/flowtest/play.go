package flowtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// Run plays the cases of a test file on a flow. Name is the file's, for diagnostics.
func Run(flow *graph.Flow, name string, source []byte) Report {
	report := Report{Flow: flow.Name}
	all := edges(flow)
	report.Edges, report.Unpassed = len(all), all
	if flow.Part {
		report.Diagnostics = []diag.Diagnostic{{
			Severity: diag.Error, Rule: "part", Summary: fmt.Sprintf("%q is a part: it does not run by itself", flow.Name),
			Hint: "test a flow that calls it", Subject: diag.Range{File: name, Start: diag.Pos{Line: 1, Column: 1}, End: diag.Pos{Line: 1, Column: 2}},
		}}
		return report
	}
	f, diagnostics := parse(flow, name, source)
	report.Diagnostics = diagnostics
	if len(diagnostics) > 0 {
		return report
	}
	passed := map[passage]bool{}
	for i := range f.cases {
		report.Cases = append(report.Cases, playCase(flow, &f, &f.cases[i], name, passed))
	}
	report.Unpassed = unpassed(all, passed)
	return report
}

// game is one case being played.
type game struct {
	*world
	flow     *graph.Flow
	request  connector.Request
	settings map[string]any
	machine  *run.Machine
	sessions int // begun so far

	state  run.State
	effect run.Effect // nil: no run was begun
	path   []string   // nodes of the flow entered in this run
	causes error      // why the last node failed
}

func playCase(flow *graph.Flow, f *file, c *testCase, name string, passed map[passage]bool) Case {
	w := &world{flow: flow, users: f.users, answers: c.answers, now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	w.begin(c.session)
	g := &game{world: w, flow: flow, request: c.request, settings: f.settings}
	g.machine = &run.Machine{Capabilities: w.capabilities(), Trace: func(p run.Passage) {
		if p.Err != nil {
			g.causes = p.Err
		}
		if p.Flow == flow.Name {
			passed[passage{p.Node, p.Outcome}] = true
			g.path = append(g.path, p.Node)
		}
	}}
	for i := range c.steps {
		if at, why := g.play(&c.steps[i]); why != nil {
			r := &reader{name: name}
			return Case{Name: c.name, Failed: &diag.Diagnostic{
				Severity: diag.Error, Rule: "flow-test", Summary: fmt.Sprintf("case %q: %v", c.name, why), Subject: r.place(at),
			}}
		}
	}
	return Case{Name: c.name}
}

// play does one step. It gives why the step turned out otherwise, and where that is written.
func (g *game) play(s *step) (*yaml.Node, error) {
	switch {
	case s.advance > 0:
		g.now = g.now.Add(s.advance)
	case s.session != nil:
		return s.session, g.hasSession(s.session.Value)
	case s.ends != nil:
		if err := g.ready(); err != nil {
			return s.ends, err
		}
		return g.ended(s)
	case s.at != nil:
		for range s.times {
			if err := g.ready(); err != nil {
				return s.at, err
			}
			if at, err := g.stands(s); err != nil {
				return at, err
			}
			if s.act {
				if err := g.answer(s.input); err != nil {
					return s.at, err
				}
			}
		}
	}
	return nil, nil
}

func (g *game) environment() run.Environment {
	return run.Environment{EnvironmentID: "test", RunID: "test", Request: g.request, Session: g.live(), Settings: g.settings}
}

// ready begins a run where none is under way or the last has ended and was told.
func (g *game) ready() error {
	if g.effect != nil {
		return nil
	}
	g.path, g.causes = nil, nil
	state, effect, err := g.machine.Start(context.Background(), g.flow, g.environment(), g.now)
	return g.arrive(state, effect, err)
}

func (g *game) answer(input run.Input) error {
	g.touch()
	values := maps.Clone(input.Values)
	for _, field := range g.effect.(run.Page).Fields {
		if _, told := values[field.Repeat]; field.Repeat != "" && !told {
			values[field.Repeat] = values[field.Name]
		}
	}
	input.Values = values
	state, effect, err := g.machine.Step(context.Background(), g.flow, g.state, input, g.environment(), g.now)
	return g.arrive(state, effect, err)
}

func (g *game) arrive(state run.State, effect run.Effect, err error) error {
	if err != nil {
		return err
	}
	g.state, g.effect = state, effect
	if s, ok := effect.(run.Success); ok {
		return g.join(s)
	}
	return nil
}

// join does what a host does with a success: the session it names goes on, or a new one begins.
func (g *game) join(s run.Success) error {
	live := g.live()
	if s.SessionID != "" && (live == nil || live.ID != s.SessionID) {
		return fmt.Errorf("the flow joined the session %q, which is over", s.SessionID)
	}
	proofs := slices.Clone(s.Methods)
	if live == nil || live.User.ID != s.User.ID {
		g.sessions++
		g.session = &session{SessionValue: connector.SessionValue{ID: fmt.Sprintf("session-%d", g.sessions), CreatedAt: g.now}}
	} else {
		for _, old := range live.Proofs {
			if !slices.ContainsFunc(proofs, func(p connector.Proof) bool { return p.Method == old.Method }) {
				proofs = append(proofs, old)
			}
		}
	}
	g.session.User, g.session.Proofs, g.session.active = s.User, proofs, g.now
	g.session.idle, g.session.most = s.IdleTimeout, s.MaxLifetime
	return nil
}
