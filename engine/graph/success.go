package graph

import "slices"

// Successes are the ends of a flow that sign somebody on. Nil: it is a part, or has none.
func (f *Flow) Successes() []*End {
	var all []*End
	for _, n := range f.Nodes {
		if !f.Part && n.End != nil && n.End.Outcome == "success" {
			all = append(all, n.End)
		}
	}
	return all
}

// Argument finds an entry of `with:`. Nil: there is none of that name.
func (e *End) Argument(name string) *Argument {
	at := slices.IndexFunc(e.With, func(a Argument) bool { return a.Name == name })
	if at < 0 {
		return nil
	}
	return &e.With[at]
}

// Limits reports whether some success of a flow takes scopes away.
func (f *Flow) Limits() bool {
	return slices.ContainsFunc(f.Successes(), func(e *End) bool { return e.Argument("scopes") != nil })
}

// LetsDevicesIn reports whether some success of a flow names a device that it lets in, and whether all do. False, false: none does, or it has none.
func (f *Flow) LetsDevicesIn() (some, all bool) {
	successes := f.Successes()
	all = len(successes) > 0
	for _, e := range successes {
		named := e.Argument("device") != nil
		some, all = some || named, all && named
	}
	return some, all
}
