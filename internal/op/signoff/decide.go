package signoff

import (
	"vigil/internal/grant"
	"vigil/internal/hint"
	"vigil/internal/session"
	"vigil/internal/tenant"
)

// decision is what becomes of a sound sign-off.
type decision int

const (
	askFirst decision = iota // the person decides
	endIt                    // end the session, go where the request says
	stayHere                 // nobody is signed on and nothing proves who asks: say so, go nowhere
)

// decide is the whole policy of the endpoint.
func decide(question string, s *session.Session, h *hint.Hint) decision {
	switch {
	case question == tenant.SignOffNever:
		return endIt
	case s == nil && h == nil:
		return stayHere
	case s == nil:
		return endIt
	case h != nil && h.PublicSessionID != "" && h.PublicSessionID == grant.PublicSessionID(s.ID[:]):
		return endIt
	}
	// OIDC RP-Initiated Logout 2: without a hint of the current session the OP asks the End-User.
	return askFirst
}
