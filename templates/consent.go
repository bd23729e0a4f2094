package templates

import "io"

// The buttons of ConsentPage, sent as the value of ButtonInput.
const (
	ButtonAgree  = "agree"
	ButtonRefuse = "refuse"
)

// ConsentPage asks whether an application may learn something of the person.
// Its form is posted to Action with one of ButtonAgree and ButtonRefuse.
type ConsentPage struct {
	Page
	// Application is the one that asks. Zero: the page names nobody.
	Application string
	// Home, Policy and Terms are where the application tells of itself, of what it
	// does with data and of its terms, http or https. Zero: it tells nothing.
	Home, Policy, Terms string
	// User is the signed-on person as they know themselves. Zero: not shown.
	User string
	// Scopes are what it asks for. Those that Words do not name are shown as
	// they are; openid goes without saying.
	Scopes []string
	// Action is the URL that takes the answer.
	Action string
	// Hidden goes with the answer.
	Hidden []Hidden
}

// Asked puts the scopes in words.
func (p ConsentPage) Asked() []string {
	var asked []string
	for _, scope := range p.Scopes {
		if scope == "openid" {
			continue
		}
		if words, known := p.Words.Scopes[scope]; known {
			scope = words
		}
		asked = append(asked, scope)
	}
	return asked
}

// Consent writes the question of OIDC Core 3.1.2.4.
func (p *Pages) Consent(w io.Writer, page ConsentPage) error {
	page.Page = p.dress(page.Page)
	return render(w, p.consent, page)
}
