package graph

import (
	"fmt"
	"strings"

	"vigil/engine/diag"
)

// WantsProvider begins the What of a way to an identity provider; its name follows.
const WantsProvider = "identityProviders."

// Want is what an environment must be configured with for a node of a flow to work.
type Want struct {
	What       string     // as the capability's Needs, also with a dot and which of them, or WantsProvider and a name
	Capability string     // or the field that leads away
	At         diag.Range // the node
}

// Wants lists what the environment of a flow, with all parts it calls or opens, must be configured with: each once, where it is first wanted.
func (f *Flow) Wants() []Want {
	var wants []Want
	told, seen := map[string]bool{}, map[*Flow]bool{}
	var visit func(*Flow)
	visit = func(f *Flow) {
		if seen[f] {
			return
		}
		seen[f] = true
		for _, n := range f.Nodes {
			if n.Form != nil {
				wants = append(wants, n.Form.wants(told)...)
			}
			if n.Do == nil || n.Do.Capability == nil {
				continue
			}
			if what := n.Do.Capability.Needs; what != "" && !told[what] {
				told[what] = true
				wants = append(wants, Want{what, n.Do.Capability.Name, n.Range})
			}
			wants = append(wants, n.Do.wants()...)
		}
		for _, part := range f.Parts() {
			visit(part)
		}
	}
	visit(f)
	return wants
}

// wants says which of what its capability needs is meant, where that is written out.
func (d *Do) wants() []Want {
	for i := range d.With {
		a := &d.With[i]
		if d.Capability.NeedsBy == "" || a.Name != d.Capability.NeedsBy {
			continue
		}
		if which := addressIn(a.Value); which != "" {
			return []Want{{d.Capability.Needs + "." + which, d.Capability.Name, a.Range}}
		}
	}
	return nil
}

// addressIn is an address that was written out, or the beginning of one as far as it names its server. Empty: it is computed from there on.
func addressIn(v Value) string {
	switch v := v.(type) {
	case interface{ Value() any }:
		address, _ := v.Value().(string)
		return address
	case interface{ Head() string }:
		if _, path, ok := strings.Cut(v.Head(), "://"); ok && strings.Contains(path, "/") {
			return v.Head()
		}
	}
	return ""
}

// wants lists the identity providers that a form leads to, where their names are written out.
func (f *Form) wants(told map[string]bool) []Want {
	var wants []Want
	for i := range f.Fields {
		field := &f.Fields[i]
		written, ok := field.Provider.(interface{ Value() any })
		if !ok {
			continue
		}
		name, _ := written.Value().(string)
		if what := WantsProvider + name; name != "" && !told[what] {
			told[what] = true
			wants = append(wants, Want{what, fmt.Sprintf("the field %q", field.Name), field.Range})
		}
	}
	return wants
}
