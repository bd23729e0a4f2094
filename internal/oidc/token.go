package oidc

import "net/url"

// Grant types as they travel.
const (
	GrantAuthorizationCode = "authorization_code"                              // RFC 6749 4.1.3
	GrantRefreshToken      = "refresh_token"                                   // RFC 6749 6
	GrantClientCredentials = "client_credentials"                              // RFC 6749 4.4.2
	GrantDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code"    // RFC 8628 3.4
	GrantTokenExchange     = "urn:ietf:params:oauth:grant-type:token-exchange" // RFC 8693 2.1
)

// TokenTypeAccess is the only type of token that is exchanged.
//
// RFC 8693 3.
const TokenTypeAccess = "urn:ietf:params:oauth:token-type:access_token"

// TokenRequest is what a token request asks for.
type TokenRequest struct {
	Client       Credentials
	GrantType    string // one of those above
	Code         string
	RedirectURI  string
	CodeVerifier string
	RefreshToken string
	DeviceCode   string
	Scope        Scope // empty: as before, or all that the application may have
	// Resources that the access token is to be for. Empty: all that it may be for.
	Resources []string
	Exchange  Exchange
}

// Exchange is what a token exchange is about.
//
// RFC 8693 2.1.
type Exchange struct {
	SubjectToken, SubjectTokenType string
	ActorToken, ActorTokenType     string
	RequestedTokenType             string
	Audience                       []string
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
	r.DeviceCode = p.get("device_code")
	r.Resources = readResources(p)
	scope, ok := ParseScope(p.get("scope"))
	r.Scope = scope
	if r.GrantType == GrantTokenExchange {
		r.Exchange = readExchange(p)
	}
	switch needed, known := neededParameter(r); {
	case p.fault != nil:
	case r.GrantType == "":
		p.fail(InvalidRequest("grant_type is missing"))
	case !known:
		// RFC 6749 5.2.
		p.fail(NewError(CodeUnsupportedGrantType, "grant_type is not supported"))
	case needed != "":
		p.fail(InvalidRequest(needed + " is missing"))
	case !ok:
		p.fail(InvalidScope("scope has a forbidden character"))
	}
	return r, p.fault
}

// neededParameter names what a grant type cannot do without and the request lacks. Known: there is such a grant type.
func neededParameter(r TokenRequest) (missing string, known bool) {
	name, value := "", "nothing"
	switch r.GrantType {
	case GrantAuthorizationCode:
		name, value = "code", r.Code
	case GrantRefreshToken:
		name, value = "refresh_token", r.RefreshToken
	case GrantDeviceCode:
		name, value = "device_code", r.DeviceCode
	case GrantTokenExchange:
		name, value = "subject_token", r.Exchange.SubjectToken
	case GrantClientCredentials:
	default:
		return "", false
	}
	if value == "" {
		return name, true
	}
	return "", true
}

// readExchange reads the parameters of a token exchange. Audience may come several times.
func readExchange(p *parameters) Exchange {
	return Exchange{
		SubjectToken: p.get("subject_token"), SubjectTokenType: p.get("subject_token_type"),
		ActorToken: p.get("actor_token"), ActorTokenType: p.get("actor_token_type"),
		RequestedTokenType: p.get("requested_token_type"),
		Audience:           p.form["audience"],
	}
}
