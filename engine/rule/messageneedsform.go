package rule

import (
	"fmt"

	"vigil/engine/graph"
)

// messageNeedsForm refuses a message or a notice on the way to something that is no page.
func messageNeedsForm(s *subject) {
	tell := func(name string, text *graph.Text, to *graph.Node) {
		if text != nil && to.Form == nil && !s.quiet[to.Name] { // of a node that could not be read nothing follows
			s.report(text.Range, fmt.Sprintf("%q is not a form: nobody would see the %s", to.Name, name), "lead to a form, or remove the "+name)
		}
	}
	for i := range s.exits {
		for _, e := range s.exits[i] {
			tell("message", e.edge.Message, e.edge.To)
			tell("notice", e.edge.Notice, e.edge.To)
		}
	}
}
