package rule

import (
	"fmt"

	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
)

// tellsStrangers warns of a registration by address that shows something else to whoever types the address of somebody who has an account. Of names
// that people choose nothing is said: that one is taken must be told.
func tellsStrangers(s *subject) {
	for _, n := range s.flow.Nodes {
		if n.Do == nil || n.Do.Capability == nil || n.Do.Capability.Name != "user.create" || !s.namedByAddress(n.Do) {
			continue
		}
		created, exists := n.Then["created"], n.Then["exists"]
		if created == nil || exists == nil || !differ(shownBy(created), shownBy(exists)) {
			continue
		}
		d := s.report(exists.Range, fmt.Sprintf("what follows %q shows strangers which addresses have an account", n.Name),
			"lead exists where created leads, with the same words: the owner of the address is told by mail")
		d.Severity = diag.Warning
		d.Related = []diag.Related{{Message: "created leads here", Range: created.Range}}
	}
}

// namedByAddress reports that the user name of a new account is its e-mail address.
func (s *subject) namedByAddress(do *graph.Do) bool {
	written := map[string]*expression.Expression{}
	for i := range do.With {
		if e, ok := do.With[i].Value.(*expression.Expression); ok {
			written[do.With[i].Name] = e
		}
	}
	name, address := written["username"], written["email"]
	if name == nil || address != nil {
		return name != nil && name.Source() == address.Source()
	}
	for _, r := range name.Reads() {
		for _, n := range s.flow.Nodes {
			if n.Name == r.Root && n.Form != nil && name.Source() == r.String() {
				return typeOf(n.Form, r.Name) == graph.EmailField
			}
		}
	}
	return false
}

func typeOf(form *graph.Form, field string) graph.FieldType {
	for i := range form.Fields {
		if form.Fields[i].Name == field {
			return form.Fields[i].Type
		}
	}
	return ""
}

// shownBy follows an edge to the first thing that a person sees, or to where the way forks. What is seen brings the words of the edge to it.
func shownBy(e *graph.Edge) *graph.Edge {
	for range maxSteps {
		do := e.To.Do
		if do == nil || do.Capability == nil || len(do.Capability.Outcomes) != 1 || e.To.Then[do.Capability.Outcomes[0].Name] == nil {
			return e
		}
		e = e.To.Then[do.Capability.Outcomes[0].Name]
	}
	return e
}

// maxSteps bounds how far a way is followed.
const maxSteps = 50

// differ reports that two edges show different things. Where one of them forks nobody knows.
func differ(a, b *graph.Edge) bool {
	fork := func(n *graph.Node) bool { return n.Form == nil && n.End == nil }
	switch {
	case a.To == b.To:
		return words(a.Message, a.Notice) != words(b.Message, b.Notice)
	case fork(a.To) || fork(b.To):
		return false
	case a.To.Form != nil && b.To.Form != nil:
		one, other := a.To.Form, b.To.Form
		return words(a.Message, a.Notice, one.Title, one.Text, one.Notice) != words(b.Message, b.Notice, other.Title, other.Text, other.Notice)
	}
	return true
}

// words are texts as they were written.
func words(texts ...*graph.Text) string {
	all := ""
	for _, t := range texts {
		if t != nil {
			all += t.Source
		}
		all += "\x00"
	}
	return all
}
