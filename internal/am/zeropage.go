package am

import (
	"mime"
	"net/http"

	"vigil/engine/graph"
	"vigil/engine/run"
)

// credentials are the answer to a flow's first page, where the request brings it along (AM: zero page login): the user name goes to the field that
// asks for one, the password to the first that asks for one. A value that is not ASCII is spelled as RFC 2047 says. False: the request does not,
// or the page asks for something else.
func credentials(r *http.Request, page run.Page) (run.Input, bool) {
	input := run.Input{Node: page.Node, Values: map[string]string{}}
	given := map[bool]string{}
	for secret, header := range map[bool]string{false: "X-OpenAM-Username", true: "X-OpenAM-Password"} {
		value, err := new(mime.WordDecoder).DecodeHeader(r.Header.Get(header))
		if err != nil || value == "" {
			return input, false
		}
		given[secret] = value
	}
	for i := range page.Fields {
		f := &page.Fields[i]
		secret := f.Type == graph.PasswordField
		if value := given[secret]; value != "" && (secret || f.Autocomplete == "username") {
			input.Values[f.Name], given[secret] = value, ""
		}
	}
	if len(page.Buttons) > 0 {
		input.Button = page.Buttons[0].Name
	}
	return input, given[false] == "" && given[true] == ""
}
