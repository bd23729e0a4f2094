package authorize

import (
	"time"

	"vigil/internal/grant"
	"vigil/internal/hint"
	"vigil/internal/oidc"
	"vigil/internal/session"
)

// decision is what becomes of a sound request: a refusal, a sign-on, or (neither) a response from the session.
type decision struct {
	refuse   *oidc.Error
	interact bool
}

// standing is what a browser has when it asks.
type standing struct {
	session *session.Session // nil: nobody is signed on
	// suffices: the session proved what the flow of the application requires.
	suffices bool
	now      time.Time
}

// decide is the whole policy of the endpoint.
func decide(request *oidc.AuthorizeRequest, at standing, hint *hint.Hint) decision {
	s := at.session
	if !request.Prompt.Has(oidc.PromptNone) {
		// The flow decides, also whether a session is good enough.
		return decision{interact: true}
	}
	switch {
	case s == nil:
		// OIDC Core 3.1.2.6: prompt=none and nobody is signed on.
		return decision{refuse: oidc.LoginRequired("nobody is signed on")}
	case tooOld(request, s, at.now):
		return decision{refuse: oidc.LoginRequired("the authentication is older than max_age")}
	case !at.suffices:
		// OIDC Core 3.1.2.6: the person is to be authenticated. Whoever sits at the browser writes prompt=none into any request.
		return decision{refuse: oidc.LoginRequired("the session proved less than the application's flow requires")}
	case hint != nil && hint.Subject != s.UserID:
		// OIDC Core 3.1.2.1: the person of the hint is not the one who is signed on.
		return decision{refuse: oidc.LoginRequired("another person is signed on")}
	case hint != nil && request.ResponseType == oidc.ResponseNone && hint.PublicSessionID != grant.PublicSessionID(s.ID[:]):
		// seed 000: "the ID token to validate against the authenticated session".
		return decision{refuse: oidc.LoginRequired("the session of the hint has ended")}
	}
	return decision{}
}

// tooOld compares the authentication with max_age.
//
// OIDC Core 3.1.2.1: elapsed time greater than max_age wants a new authentication.
func tooOld(request *oidc.AuthorizeRequest, s *session.Session, now time.Time) bool {
	return request.HasMaxAge && now.Sub(s.AuthTime()) > request.MaxAge
}
