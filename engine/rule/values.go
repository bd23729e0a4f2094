package rule

import "vigil/engine/graph"

// entryValues are the values computed when a node is entered.
func entryValues(n *graph.Node) []graph.Value {
	var list []graph.Value
	add := func(values ...graph.Value) {
		for _, v := range values {
			if v != nil {
				list = append(list, v)
			}
		}
	}
	arguments := func(with []graph.Argument) {
		for i := range with {
			add(with[i].Value)
			add(textValues(with[i].Said)...)
		}
	}
	switch {
	case n.Form != nil:
		add(formValues(n.Form)...)
	case n.Do != nil:
		arguments(n.Do.With)
		if n.Do.Opens != nil {
			arguments(n.Do.Opens.With)
		}
	case n.Call != nil:
		arguments(n.Call.With)
	case n.End != nil:
		arguments(n.End.With)
	}
	for i := range n.Choose {
		add(n.Choose[i].When)
	}
	return list
}

func formValues(f *graph.Form) []graph.Value {
	list := []graph.Value{f.Image, f.QR, f.Show}
	texts := func(all ...*graph.Text) {
		for _, t := range all {
			list = append(list, textValues(t)...)
		}
	}
	texts(f.Title, f.Text, f.Notice)
	if f.Wait != nil {
		list = append(list, f.Wait.For)
	}
	for i := range f.Fields {
		field := &f.Fields[i]
		texts(field.Label, field.Hint)
		list = append(list, field.Value, field.When, field.From, field.Account, field.Provider)
		for _, o := range field.Options {
			texts(o.Label)
		}
	}
	for i := range f.Buttons {
		texts(f.Buttons[i].Label)
		list = append(list, f.Buttons[i].When)
	}
	return list
}

func textValues(t *graph.Text) []graph.Value {
	if t == nil {
		return nil
	}
	var list []graph.Value
	for i := range t.Parts {
		if t.Parts[i].Value != nil {
			list = append(list, t.Parts[i].Value)
		}
	}
	return list
}

func needsOf(values []graph.Value) []graph.Need {
	var needs []graph.Need
	for _, v := range values {
		if needy, ok := v.(graph.Needy); ok {
			needs = append(needs, needy.Needs()...)
		}
	}
	return needs
}

// reads gives every reference that anything in the flow reads.
func (s *subject) reads() map[graph.Reference]bool {
	all := map[graph.Reference]bool{}
	add := func(values []graph.Value) {
		for _, v := range values {
			if needy, ok := v.(graph.Needy); ok {
				for _, r := range needy.Reads() {
					all[r] = true
				}
			}
		}
	}
	for i, n := range s.flow.Nodes {
		add(entryValues(n))
		for _, e := range s.exits[i] {
			for _, set := range e.edge.Set {
				add([]graph.Value{set.Value})
			}
			add(textValues(e.edge.Message))
			add(textValues(e.edge.Notice))
		}
	}
	return all
}
