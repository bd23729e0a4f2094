package templates

// Effort is work for the browser: the page's script solves Field.Puzzle while
// the person fills the form in.
const Effort FieldType = "effort"

func (p FormPage) asksEffort() bool {
	for i := range p.Fields {
		if p.Fields[i].Type == Effort {
			return true
		}
	}
	return false
}

// Laborious reports whether the page needs the script that does the work.
func (v formView) Laborious() bool { return v.asksEffort() }
