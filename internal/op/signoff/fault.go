package signoff

import (
	"errors"

	"vigil/internal/hint"
)

// errAsk: a caller without a page for the person cannot be answered by a question.
var errAsk = errors.New("id_token_hint of the current session is missing")

// publicText says what is wrong without what was sent.
func publicText(fault error) string {
	for _, known := range []error{errParameters, errClient, errUnknown, errRedirect, errAsk} {
		if errors.Is(fault, known) {
			return known.Error()
		}
	}
	if errors.Is(fault, hint.ErrNone) {
		return "id_token_hint is not an ID token of this issuer"
	}
	return "the request could not be read"
}
