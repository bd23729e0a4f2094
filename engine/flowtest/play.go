package flowtest

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// Run plays the cases of a test file on a flow or a part. Name is the file's, for diagnostics.
func Run(flow *graph.Flow, name string, source []byte) Report {
	return RunBeside(flow, name, source, nil)
}

// RunBeside plays each case in another world too, which open gives, and holds the two against each other. Open may be nil: there is no other.
func RunBeside(flow *graph.Flow, name string, source []byte, open func(Scene) (Double, error)) Report {
	report := Report{Flow: flow.Name}
	all := edges(flow)
	report.Edges, report.Unpassed = len(all), all
	report.Nodes, report.Unentered = len(flow.Nodes), unentered(flow, nil)
	f, diagnostics := parse(flow, name, source)
	report.Diagnostics = diagnostics
	if len(diagnostics) > 0 {
		return report
	}
	covered := coverage{edges: map[passage]bool{}, nodes: map[string]bool{}}
	for i := range f.cases {
		report.Cases = append(report.Cases, playCase(newStage(flow, &f, &f.cases[i]), &f.cases[i], covered, open))
	}
	report.Unpassed, report.Unentered = unpassed(all, covered.edges), unentered(flow, covered.nodes)
	return report
}

// coverage is what the cases passed.
type coverage struct {
	edges map[passage]bool
	nodes map[string]bool
}

func playCase(s *Stage, c *testCase, covered coverage, open func(Scene) (Double, error)) Case {
	s.Listen(Listener{Passed: func(p run.Passage) {
		if p.Flow == s.flow.Name {
			covered.edges[passage{p.Node, p.Outcome}] = true
			covered.nodes[p.Node] = true
		}
	}})
	told := Case{Name: c.name}
	failed := func(at *yaml.Node, why error) Case {
		told.Failed = &diag.Diagnostic{
			Severity: diag.Error, Rule: "flow-test", Summary: fmt.Sprintf("case %q: %v", c.name, why), Subject: c.where(at),
		}
		return told
	}
	if open != nil && len(c.steps) > 0 {
		if err := s.openDouble(c, open); err != nil {
			return failed(c.steps[0].node, err)
		}
		defer s.closeDouble()
	}
	for i := range c.steps {
		at, why := s.play(&c.steps[i])
		if page, waits := s.effect.(run.Page); waits && !s.Away() {
			covered.nodes[page.Node] = true
		}
		if why != nil {
			return failed(at, why)
		}
	}
	if at, why := s.untold(c.steps); why != nil {
		return failed(at, why)
	}
	told.LeftOut = s.leftOut
	return told
}

// untold holds that a case says what its last answer led to: a case that stops there would hold whatever comes of it.
func (s *Stage) untold(steps []step) (*yaml.Node, error) {
	for i := len(steps) - 1; i >= 0; i-- {
		last := &steps[i]
		switch {
		case last.ends != nil || last.at != nil && !last.act:
			return nil, nil
		case last.at == nil:
			continue
		}
		if page, waits := s.effect.(run.Page); waits {
			return last.at, fmt.Errorf("the run goes on at %q: say so in a last step {at: %s}", page.Node, page.Node)
		}
		if s.effect != nil || s.ended != nil {
			return last.at, fmt.Errorf("%s: say so in a last step that has ends", s.where())
		}
		return nil, nil
	}
	return nil, nil
}

// play does one step. It gives why the step turned out otherwise, and where that is written.
func (s *Stage) play(step *step) (*yaml.Node, error) {
	switch {
	case step.advance > 0:
		s.Advance(step.advance)
		return step.node, s.beside(func(d Double) error { return d.Advance(step.advance) })
	case step.opens != nil:
		if err := s.ready(); err != nil {
			return step.opens, err
		}
		if err := s.Open(step.part); err != nil {
			return step.opens, err
		}
		return step.opens, s.beside(func(d Double) error { return d.Opens(step.part) })
	case step.reads != nil:
		if len(s.letters) == 0 { // a flow may begin by writing
			if err := s.ready(); err != nil {
				return step.reads, err
			}
		}
		if at, err := s.reads(step); err != nil {
			return at, err
		}
		return step.reads, s.beside(func(d Double) error { return d.Read(s.reading(step)) })
	case step.session != nil:
		if err := s.hasSession(step.session.Value); err != nil {
			return step.session, err
		}
		return step.session, s.beside(func(d Double) error { return d.HasSession(s.standing()) })
	case step.ends != nil:
		if err := s.ready(); err != nil {
			return step.ends, err
		}
		end := s.ending()
		if at, err := s.ends(step); err != nil {
			return at, err
		}
		end.Session = s.standing()
		if err := s.beside(func(d Double) error { return d.Ends(end) }); err != nil {
			return step.ends, err
		}
		return step.ends, s.Return()
	case step.at != nil:
		for range step.times {
			if err := s.ready(); err != nil {
				return step.at, err
			}
			if at, err := s.stands(step); err != nil {
				return at, err
			}
			if err := s.act(step); err != nil {
				return step.at, err
			}
		}
	}
	return nil, nil
}

// act enters and presses what the step says on the present page, if it says anything.
func (s *Stage) act(step *step) error {
	page, _ := s.effect.(run.Page)
	if err := s.beside(func(d Double) error { return d.Shows(page) }); err != nil || !step.act {
		return err
	}
	input, err := s.entries(step.input)
	if err == nil {
		err = s.Answer(input)
	}
	if err != nil {
		return err
	}
	return s.beside(func(d Double) error { return d.Answer(page, step.input) })
}

// ready begins a run where none is under way or the last has ended and was told.
func (s *Stage) ready() error {
	if s.effect != nil {
		return s.Poll()
	}
	if err := s.Start(); err != nil {
		return err
	}
	return s.beside(func(d Double) error { return d.Start() })
}
