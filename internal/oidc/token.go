package oidc

import "net/url"

// Grant types as they travel.
const (
	GrantAuthorizationCode = "authorization_code" // RFC 6749 4.1.3
	GrantRefreshToken      = "refresh_token"      // RFC 6749 6
)

// TokenRequest is what a token request asks for.
type TokenRequest struct {
	Client       Credentials
	GrantType    string // authorization_code or refresh_token
	Code         string
	RedirectURI  string
	CodeVerifier string
	RefreshToken string
	Scope        Scope // refresh only; empty: as before
}

// ParseToken reads a token request from the form body (never from the query) and the Authorization header. Faults of the client's
// credentials come first; the request beside an error holds what was read of them.
func ParseToken(form url.Values, authorization string) (TokenRequest, *Error) {
	if len(form) > maxParameters {
		return TokenRequest{}, InvalidRequest("the request has too many parameters")
	}
	var r TokenRequest
	var fault *Error
	if r.Client, fault = ParseCredentials(form, authorization); fault != nil {
		return r, fault
	}
	p := &parameters{form: form}
	r.GrantType = p.get("grant_type")
	r.Code = p.get("code")
	r.RedirectURI = p.get("redirect_uri")
	r.CodeVerifier = p.get("code_verifier")
	r.RefreshToken = p.get("refresh_token")
	scope, ok := ParseScope(p.get("scope"))
	r.Scope = scope
	switch {
	case p.fault != nil:
	case r.GrantType == "":
		p.fail(InvalidRequest("grant_type is missing"))
	case r.GrantType != GrantAuthorizationCode && r.GrantType != GrantRefreshToken:
		// RFC 6749 5.2.
		p.fail(NewError(CodeUnsupportedGrantType, "grant_type is not supported"))
	case r.GrantType == GrantAuthorizationCode && r.Code == "":
		p.fail(InvalidRequest("code is missing"))
	case r.GrantType == GrantRefreshToken && r.RefreshToken == "":
		p.fail(InvalidRequest("refresh_token is missing"))
	case !ok:
		p.fail(InvalidScope("scope has a forbidden character"))
	}
	return r, p.fault
}
