package graph

// LetsDevicesIn reports whether some success of a flow names a device that it lets in, and whether all do. False, false: none does, or it has none.
func (f *Flow) LetsDevicesIn() (some, all bool) {
	successes := 0
	named := 0
	for _, n := range f.Nodes {
		if f.Part || n.End == nil || n.End.Outcome != "success" {
			continue
		}
		successes++
		for i := range n.End.With {
			if n.End.With[i].Name == "device" {
				named++
			}
		}
	}
	return named > 0, named > 0 && named == successes
}
