package compile

import (
	"fmt"
	"slices"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// What the `with` of a capability that makes a link takes beside its declared inputs.
const (
	opensKey  = "opens"
	inputsKey = "inputs"
	// linkAccount is the input of the part that the account of the link goes to.
	linkAccount = "account"
)

// notOver are the types that do not cross from one run to another: the store holds no secret, and what was proved there is not proved here.
var notOver = []connector.Kind{connector.Secret, connector.User, connector.Session, connector.Device, connector.DeviceRequest, connector.Challenge}

// openShell finds the part behind a link, so that it is known before any value is compiled. Nil: the mistake is named.
func (c *compiler) openShell(n *syntax.Node) *graph.Opening {
	for i := range n.Do.With {
		entry := &n.Do.With[i]
		if entry.Key.Value != opensKey {
			continue
		}
		name := entry.Value.Scalar
		if name != nil {
			if _, _, computed := name.Expression(); !computed {
				return &graph.Opening{Part: c.partOf(*name, n.Name.Value)}
			}
		}
		c.quiet[n.Name.Value], c.holes = true, true
		c.report("type-literal", entry.Value.Range, "what a link opens must be written out", "write opens: and the name of a part")
		return &graph.Opening{}
	}
	c.quiet[n.Name.Value], c.holes = true, true
	c.report("missing-input", n.Do.Name.Range, fmt.Sprintf("capability %q needs the input %q", n.Do.Name.Value, opensKey), "add opens: and the name of a part, a file with the outcomes approved and denied")
	return &graph.Opening{}
}

// opening compiles what the part behind a link is given, and gives back what is left for the capability.
func (c *compiler) opening(n *syntax.Node, node *graph.Node) *syntax.Work {
	rest := &syntax.Work{Name: n.Do.Name}
	given := &syntax.Work{Name: n.Do.Name}
	for i := range n.Do.With {
		switch entry := &n.Do.With[i]; entry.Key.Value {
		case opensKey:
			if entry.Value.Scalar != nil {
				given.Name = *entry.Value.Scalar
			}
		case inputsKey:
			if entry.Value.Shape != syntax.MapShape {
				c.report("type-literal", entry.Value.Range, "what the part is given must be written out", "write inputs: {name: value}")
				continue
			}
			given.With = entry.Value.Entries
		default:
			rest.With = append(rest.With, *entry)
		}
	}
	part := node.Do.Opens.Part
	if part == nil {
		return rest
	}
	c.openable(part, given.Name)
	declared := slices.DeleteFunc(slices.Clone(part.Inputs), func(f connector.Field) bool { return f.Name == linkAccount })
	node.Do.Opens.With = c.arguments(given, declared, fmt.Sprintf("part %q", part.Name))
	return rest
}

// openable holds a part against what a link may open. A mail scanner fetches every address it sees, so nothing may happen before somebody presses.
func (c *compiler) openable(part *graph.Flow, name syntax.Scalar) {
	refuse := func(summary, hint string) { c.report("opened-part", name.Range, summary, hint) }
	approves := false
	for _, o := range part.Outcomes {
		approves = approves || o.Name == "approved"
		if o.Name != "approved" && o.Name != "denied" {
			refuse(fmt.Sprintf("the part %q has the outcome %q: a link is answered by approved or denied", part.Name, o.Name), "call a part of its own in it, and end in approved or denied")
		}
	}
	if !approves {
		refuse(fmt.Sprintf("the part %q has no outcome approved: nobody could say yes", part.Name), "add approved: {} to its outcomes")
	}
	if part.Start == nil || part.Start.Form == nil {
		refuse(fmt.Sprintf("the part %q begins without a page: a mail scanner would run it", part.Name), "let it start with a form")
	}
	for _, in := range part.Inputs {
		switch {
		case in.Name == linkAccount && in.Type.Kind != connector.Account:
			refuse(fmt.Sprintf("the input %q of part %q is %s, wanted an account", linkAccount, part.Name, article(in.Type)), "declare it as account: account, or call it otherwise")
		case slices.Contains(notOver, in.Type.Kind):
			refuse(fmt.Sprintf("the input %q of part %q is %s: it cannot go into another run", in.Name, part.Name, article(in.Type)), "hand on a text, a number or an account")
		}
	}
}

// Opened gives the name of the part that a node opens, where it is written out. Empty: it opens none that is known.
func Opened(n *syntax.Node, registry *connector.Registry) syntax.Scalar {
	if n.Do == nil {
		return syntax.Scalar{}
	}
	capability := registry.Lookup(n.Do.Name.Value)
	if capability == nil || capability.Opens == nil {
		return syntax.Scalar{}
	}
	for i := range n.Do.With {
		if entry := &n.Do.With[i]; entry.Key.Value == opensKey && entry.Value.Scalar != nil {
			return *entry.Value.Scalar
		}
	}
	return syntax.Scalar{}
}
