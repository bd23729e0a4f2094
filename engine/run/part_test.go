package run_test

import (
	"strings"
	"testing"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// askPassword is a part that shows a form, checks the password and gives the user. It may be tried twice in a run.
func askPassword() *graph.Flow {
	inner := signOn(password(checkPassword))
	part := &graph.Flow{
		Name: "ask-password", Hash: "part", Part: true, Start: inner.Start, Nodes: inner.Nodes, Vars: inner.Vars,
		Inputs:   []connector.Field{field("who", connector.String)},
		Outcomes: []connector.Outcome{{Name: "proved", Outputs: []connector.Field{field("user", connector.User)}}, {Name: "wrong"}},
	}
	part.Node("credentials").Form.Fields[0].Value = ref{"inputs", "who"}
	part.Node("done").End = &graph.End{Outcome: "proved", With: []graph.Argument{argument("user", connector.User, ref{"vars", "user"})}}
	wrong := &graph.Node{Name: "wrong", End: &graph.End{Outcome: "wrong"}}
	part.Node("verify").Limit = 2
	part.Node("verify").Then["failure"] = to(wrong)
	part.Nodes = append(part.Nodes, wrong)
	return part
}

// calling is a flow that calls the part again and again until the user is proved.
func calling(part *graph.Flow, limit int) *graph.Flow {
	outer := signOn(password(checkPassword))
	ask := &graph.Node{Name: "ask", Limit: limit, Call: &graph.Call{Part: part, With: []graph.Argument{argument("who", connector.String, ref{"request", "loginHint"})}}}
	ask.Then = map[string]*graph.Edge{
		"proved":    to(outer.Node("done"), graph.Assignment{Variable: "user", Value: ref{"ask", "user"}}),
		"wrong":     to(ask),
		"exhausted": to(outer.Node("denied")),
	}
	return &graph.Flow{Name: "outer", Hash: "outer", Start: ask, Nodes: append(outer.Nodes, ask), Vars: outer.Vars}
}

func TestAPartGivesItsProvedUserAcrossTheBorder(t *testing.T) {
	p := begin(t, calling(askPassword(), 0), run.Environment{})
	page := p.page()
	if page.Node != "ask/credentials" || page.Flow != "outer" || page.Fields[0].Value != "hint" {
		t.Errorf("page is %#v", page)
	}
	p.enter("continue", "username", "ada", "password", "right")
	if s := p.success(); s.User.ID != "id-ada" || len(s.Methods) != 1 {
		t.Errorf("success is %#v", s)
	}
}

func TestALimitInsideAPartCountsAllItsCallsTogether(t *testing.T) {
	p := begin(t, calling(askPassword(), 0), run.Environment{})
	for range 2 {
		p.enter("continue", "username", "ada", "password", "wrong")
	}
	p.enter("continue", "username", "ada", "password", "right")
	p.failure()
}

func TestALimitOnACallIsLeftByExhausted(t *testing.T) {
	p := begin(t, calling(askPassword(), 1), run.Environment{})
	p.enter("continue", "username", "ada", "password", "wrong")
	if f := p.failure(); f.Code != "access_denied" || f.Node != "denied" {
		t.Errorf("failure is %#v", f)
	}
}

func TestAnErrorOfAPartClimbsToItsCaller(t *testing.T) {
	part := askPassword()
	part.Node("verify").Do.Capability = password(nil)
	flow := calling(part, 0)
	p := begin(t, flow, run.Environment{})
	p.enter("continue", "username", "ada", "password", "right")
	if f := p.failure(); f.Code != connector.ServerError || f.Node != "ask" {
		t.Errorf("unwired: failure is %#v", f)
	}
	flow.Node("ask").Then["error"] = to(flow.Node("denied"))
	p = begin(t, flow, run.Environment{})
	p.enter("continue", "username", "ada", "password", "right")
	if f := p.failure(); f.Code != "access_denied" {
		t.Errorf("wired: failure is %#v", f)
	}
}

func TestAPartThatGivesNoUserForItsOutcomeIsAnErrorOfTheCall(t *testing.T) {
	part := askPassword()
	part.Node("done").End.With = nil
	p := begin(t, calling(part, 0), run.Environment{})
	p.enter("continue", "username", "ada", "password", "right")
	if f := p.failure(); f.Code != connector.ServerError || f.Node != "ask" {
		t.Errorf("failure is %#v", f)
	}
}

func TestPartsNestEightDeepAndNoFurther(t *testing.T) {
	for depth, ok := range map[int]bool{8: true, 9: false} {
		part := askPassword()
		for i := range depth - 1 {
			outer := calling(part, 0)
			outer.Part, outer.Name = true, "level-"+string(rune('a'+i))
			outer.Inputs, outer.Outcomes = part.Inputs, part.Outcomes
			outer.Node("done").End = part.Node("done").End
			part = outer
		}
		p := begin(t, calling(part, 0), run.Environment{})
		page, shown := p.effect.(run.Page)
		if shown != ok {
			t.Fatalf("%d parts: effect is %#v", depth, p.effect)
		}
		if shown && strings.Count(page.Node, "/") != depth {
			t.Errorf("%d parts: page %q", depth, page.Node)
		}
		if shown {
			p.enter("continue", "username", "ada", "password", "right")
			p.success()
		}
	}
}
