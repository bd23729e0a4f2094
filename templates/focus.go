package templates

import "strings"

// placeFocus puts the caret where the person is to go on: into the field that
// was wrong, else the first that is empty. An error about the whole form keeps
// the focus on its summary, so that it is read out first.
// A picture or lines to copy come before every field: a small window would be
// scrolled past them.
func (v *formView) placeFocus() {
	if v.Error != "" && v.SummaryTarget == "" {
		return
	}
	if v.Error == "" && (v.QR != "" || v.Show != "") {
		return
	}
	for i := range v.Inputs {
		input := &v.Inputs[i]
		if input.Type == Effort {
			continue
		}
		if v.SummaryTarget == input.ID || v.SummaryTarget == "" && (input.Value == "" || input.Secret) {
			input.Autofocus = true
			input.Describe = strings.TrimSpace(v.lead() + " " + input.Describe)
			return
		}
	}
}

// lead names the news and the text that stand above the first field: whoever cannot see the page would be taken past them. Empty: there are none,
// or they were read out before the error.
func (v *formView) lead() string {
	switch {
	case v.Error != "":
		return ""
	case v.Notice != "" && v.Text != "":
		return "notice lead"
	case v.Notice != "":
		return "notice"
	case v.Text != "":
		return "lead"
	}
	return ""
}
