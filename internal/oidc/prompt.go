package oidc

import "strings"

// Prompt is the set of ways in which a client wants the person to be asked. The zero value: as the server sees fit.
type Prompt uint8

// The members of prompt.
const (
	PromptNone          Prompt = 1 << iota // show nothing
	PromptLogin                            // authenticate again
	PromptConsent                          // ask for consent again
	PromptSelectAccount                    // let the person choose an account
	PromptCreate                           // let the person make an account (OIDC Prompt Create 4)
)

var promptNames = [...]string{"none", "login", "consent", "select_account", "create"}

// Has reports whether every member of m is in p.
func (p Prompt) Has(m Prompt) bool { return p&m == m }

// String gives the members separated by spaces.
func (p Prompt) String() string {
	var names []string
	for i, name := range promptNames {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func parsePrompt(s string) (Prompt, *Error) {
	var p Prompt
	for _, v := range strings.Fields(s) {
		member := Prompt(0)
		for i, name := range promptNames {
			if v == name {
				member = 1 << i
			}
		}
		if member == 0 {
			// OIDC Prompt Create 4.1: an unsupported prompt value is an invalid_request.
			return 0, InvalidRequest("prompt has an unsupported value")
		}
		p |= member
	}
	if p.Has(PromptNone) && p != PromptNone {
		// OIDC Core 3.1.2.1: none with any other value is an error.
		return PromptNone, InvalidRequest("prompt none must stand alone")
	}
	return p, nil
}
