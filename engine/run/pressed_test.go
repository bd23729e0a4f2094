package run_test

import (
	"testing"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// pressing is a form with a user name that must be filled in and a passkey, which leads to another form.
func pressing() *graph.Flow {
	flow := asking(
		graph.FormField{Name: "username", Type: graph.TextField, Required: true},
		graph.FormField{Name: "passkey", Type: graph.PasskeyField, Gives: typed(connector.Secret), Required: true},
	)
	page := flow.Node("page")
	after := &graph.Node{Name: "after", Form: &graph.Form{Title: words("After"), Buttons: []graph.Button{{Name: "back"}}}}
	after.Then = map[string]*graph.Edge{"back": to(page)}
	page.Form.Buttons = append(page.Form.Buttons, graph.Button{Name: "passkey", Field: "passkey"})
	page.Then["passkey"] = to(after)
	flow.Nodes = append(flow.Nodes, after)
	return flow
}

func TestAPasskeyLeavesByItsOwnNameAndAsksForNothingElse(t *testing.T) {
	p := begin(t, pressing(), run.Environment{})
	if buttons := p.page().Buttons; len(buttons) != 2 {
		t.Errorf("the page shows the buttons %v", buttons)
	}
	p.enter("passkey", "username", "", "passkey", "an answer")
	if at := p.page().Node; at != "after" {
		t.Fatalf("the run waits at %q", at)
	}
	p.enter("back")
	p.enter("passkey", "username", "ada", "passkey", "an answer")
	p.enter("back")
	if kept := p.page().Fields[0].Value; kept != "ada" {
		t.Errorf("the page has forgotten what was typed: %q", kept)
	}
}

func TestAPasskeyThatDidNotAnswerIsToldBesideItAndTheOthersAreLeftAlone(t *testing.T) {
	p := begin(t, pressing(), run.Environment{})
	p.enter("passkey", "username", "", "passkey", "")
	fields := p.page().Fields
	if fields[1].Problem != run.Missing || fields[1].Message == "" || fields[0].Problem != "" {
		t.Errorf("the page says %+v", fields)
	}
	p.enter("on", "username", "ada", "passkey", "an answer") // the usual button does not take it
	if claims := p.given(); claims["passkey"] != nil || claims["username"] != "ada" {
		t.Errorf("the usual button gave %v", claims)
	}
}
