package signoff

import (
	"errors"

	"vigil/internal/hint"
)

// errAsk: a caller without a page for the person cannot be answered by a question.
var errAsk = errors.New("id_token_hint of the current session is missing")

// Faults of a sign-off by an ID token alone.
var (
	errHint  = errors.New("id_token_hint is missing")
	errAlone = errors.New("this application may not sign off by id_token_hint alone")
)

// publicText says what is wrong without what was sent.
func publicText(fault error) string {
	for _, known := range []error{errParameters, errClient, errUnknown, errAsk, errHint, errAlone} {
		if errors.Is(fault, known) {
			return known.Error()
		}
	}
	if errors.Is(fault, errRedirect) {
		return fault.Error()
	}
	if errors.Is(fault, hint.ErrNone) {
		return "id_token_hint is not an ID token of this issuer"
	}
	return "the request could not be read"
}
