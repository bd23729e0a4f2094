package piflow

import (
	"strings"

	"vigil/engine/graph"
	"vigil/engine/run"
)

// ConsentNode is the id of the form that asks for consent.
const ConsentNode = "consent"

// The names in the form that asks for consent.
const (
	agreeField    = "agree"
	proceedButton = "continue"
	refuseButton  = "refuse"
)

// Question asks a person whether an application may learn of them.
type Question struct {
	Title, Text string
	Asked       []string // what it would learn
	// Agree, Proceed and Refuse are what the box and the two buttons say. Missing is said where the box was left empty.
	Agree, Proceed, Refuse, Missing string
}

// page is the part of the form that every form has.
func (q Question) page() run.Page {
	return run.Page{
		Node: ConsentNode, Title: q.Title,
		Fields:  []run.PageField{{Name: agreeField, Type: graph.CheckboxField, Label: q.Agree, Required: true}},
		Buttons: []run.PageButton{{Name: proceedButton, Label: q.Proceed}, {Name: refuseButton, Label: q.Refuse}},
	}
}

// Consent is the reply that asks: what is asked for to be read, a box to be ticked, and a button that refuses.
func (p Place) Consent(q Question) any {
	page := q.page()
	f, values := p.formOf(page)
	text := field{
		Type: "AGREEMENT", Key: "_agreement", Title: q.Text, TitleEnabled: true, Content: strings.Join(q.Asked, "\n"),
		Agreement: &agreement{ID: ConsentNode, Dynamic: true}, Enabled: true,
	}
	f.Components.Fields = append([]field{text}, f.Components.Fields...)
	return p.show(p.head(page), f, values)
}

// Untold is the reply to an answer that says neither yes nor no. It may be given again under the same token; its status is 400.
func (p Place) Untold(q Question) any {
	return refusal(p.head(q.page()), q.Missing, []detail{{"REQUIRED_VALUE", agreeField, q.Missing}})
}

// Decision is what a person says to a question.
type Decision int

// The decisions.
const (
	Undecided Decision = iota
	Agreed
	Refused
)

// Decision reads an answer to the form that asks for consent. ErrAnswer.
//
// A ticked box is the only yes: clients send the first button without its name.
func (a *Answer) Decision() (Decision, error) {
	in, err := a.Input(run.Page{})
	switch {
	case err != nil:
		return Undecided, err
	case in.Button == refuseButton:
		return Refused, nil
	case (in.Button == "" || in.Button == proceedButton) && in.Values[agreeField] == "true":
		return Agreed, nil
	}
	return Undecided, nil
}
