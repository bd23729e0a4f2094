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
		report.Cases = append(report.Cases, playCase(flow, &f, &f.cases[i], name, covered))
	}
	report.Unpassed, report.Unentered = unpassed(all, covered.edges), unentered(flow, covered.nodes)
	return report
}

// coverage is what the cases passed.
type coverage struct {
	edges map[passage]bool
	nodes map[string]bool
}

func playCase(flow *graph.Flow, f *file, c *testCase, name string, covered coverage) Case {
	s := newStage(flow, f, c)
	s.Listen(Listener{Passed: func(p run.Passage) {
		if p.Flow == flow.Name {
			covered.edges[passage{p.Node, p.Outcome}] = true
			covered.nodes[p.Node] = true
		}
	}})
	for i := range c.steps {
		at, why := s.play(&c.steps[i])
		if page, waits := s.effect.(run.Page); waits && !s.Away() {
			covered.nodes[page.Node] = true
		}
		if why != nil {
			r := &reader{name: name}
			return Case{Name: c.name, Failed: &diag.Diagnostic{
				Severity: diag.Error, Rule: "flow-test", Summary: fmt.Sprintf("case %q: %v", c.name, why), Subject: r.place(at),
			}}
		}
	}
	return Case{Name: c.name}
}

// play does one step. It gives why the step turned out otherwise, and where that is written.
func (s *Stage) play(step *step) (*yaml.Node, error) {
	switch {
	case step.advance > 0:
		s.Advance(step.advance)
	case step.opens != nil:
		if err := s.ready(); err != nil {
			return step.opens, err
		}
		return step.opens, s.Open(step.part)
	case step.reads != nil:
		if len(s.letters) == 0 { // a flow may begin by writing
			if err := s.ready(); err != nil {
				return step.reads, err
			}
		}
		return s.reads(step)
	case step.session != nil:
		return step.session, s.hasSession(step.session.Value)
	case step.ends != nil:
		if err := s.ready(); err != nil {
			return step.ends, err
		}
		if at, err := s.ends(step); err != nil {
			return at, err
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
			if step.act {
				input, err := s.entries(step.input)
				if err == nil {
					err = s.Answer(input)
				}
				if err != nil {
					return step.at, err
				}
			}
		}
	}
	return nil, nil
}

// ready begins a run where none is under way or the last has ended and was told.
func (s *Stage) ready() error {
	if s.effect != nil {
		return s.Poll()
	}
	return s.Start()
}
