package authorize

import (
	"net/http"
	"strings"

	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// identify finds the client and its redirect URI. A refusal of it is told to the person and never redirected.
//
// RFC 6749 4.1.2.1, RFC 9700 4.1: until both are known good there is nobody to redirect to.
func (x *exchange) identify(fault *oidc.Error) *oidc.Error {
	if fault != nil && !fault.Redirectable {
		return fault
	}
	x.app = x.base.Environment.Application(x.request.ClientID)
	switch {
	case x.app == nil:
		return oidc.InvalidRequest("client_id names no application of this environment")
	case x.forPage() && !fromApplication(x.r, x.app):
		return oidc.InvalidRequest("the page that asks is none of this application's").WithStatus(http.StatusForbidden)
	case x.request.RedirectURI == "" && x.request.StaysHere():
		return nil
	case !x.app.AllowsRedirect(x.request.RedirectURI):
		return notRegistered(x.app, x.request.RedirectURI)
	}
	return nil
}

// notRegistered names the part in which the address alone differs from a registered one: mostly it is a slip of whoever writes the application.
func notRegistered(app *tenant.Application, redirectURI string) *oidc.Error {
	text := "redirect_uri is not registered for this application"
	if part := tenant.OnlyDifference(app.RedirectURIs, redirectURI); part != "" {
		text += ": a registered one differs in " + part + " alone"
	}
	return oidc.InvalidRequest(text).WithDetail(redirectURI)
}

// check is one thing that an authorization request must satisfy once it may be answered by redirect.
type check struct {
	name string
	test func(*Endpoint, *exchange) *oidc.Error
}

// checks run in this order; the first fault is the answer.
func checks() []check {
	return []check{
		{"way", checkWay},
		{"grant type", checkGrantType},
		{"response type", checkResponseType},
		{"scope", checkScope},
		{"resource", checkResource},
		{"PKCE", checkPKCE},
		{"id_token_hint", checkHint},
		{"prompt", checkPrompt},
		{"max_age", checkAge},
		{"claims", checkClaims},
		{"recipient", checkRecipient},
	}
}

var table = checks()

func (e *Endpoint) check(x *exchange) *oidc.Error {
	for _, c := range table {
		if fault := c.test(e, x); fault != nil {
			return fault
		}
	}
	return nil
}

// checkWay holds the way in which a request came to what the application registered.
func checkWay(_ *Endpoint, x *exchange) *oidc.Error {
	switch {
	case x.app.PARRequirement == tenant.PARRequired && !x.request.Pushed:
		// RFC 9126 6: require_pushed_authorization_requests of the client.
		return oidc.InvalidRequest("this application must push its requests")
	case x.app.RequireSignedRequestObject && !x.request.Signed:
		// RFC 9101 10.5: require_signed_request_object of the client.
		return oidc.InvalidRequest("this application must sign its requests")
	}
	return nil
}

func checkGrantType(_ *Endpoint, x *exchange) *oidc.Error {
	switch {
	case x.request.ResponseType.Has(oidc.ResponseCode) && !x.app.AllowsGrant(tenant.GrantAuthorizationCode):
		// RFC 6749 4.1.2.1: unauthorized_client.
		return oidc.NewError(oidc.CodeUnauthorizedClient, "this application may not use authorization codes")
	case x.request.ResponseType.FrontChannel() && !x.app.AllowsGrant(tenant.GrantImplicit):
		return oidc.NewError(oidc.CodeUnauthorizedClient, "this application may not be sent tokens on the front channel")
	case x.request.ResponseType.Has(oidc.ResponseToken) && (x.app.DPoPBoundAccessTokens || x.app.TLSClientCertificateBoundAccessTokens):
		// RFC 9449 5.2, RFC 8705 3.4: every access token of such an application is bound to a key, and here nobody proves one.
		return oidc.NewError(oidc.CodeUnauthorizedClient, "access tokens of this application are bound to a key and are not sent on the front channel")
	}
	return nil
}

// member is a part of a response type as applications register it.
type member struct {
	part oidc.ResponseType
	name string
}

func members() []member {
	return []member{
		{oidc.ResponseCode, tenant.ResponseCode},
		{oidc.ResponseIDToken, tenant.ResponseIDToken},
		{oidc.ResponseToken, tenant.ResponseToken},
		{oidc.ResponseNone, tenant.ResponseNone},
	}
}

var registered = members()

func checkResponseType(_ *Endpoint, x *exchange) *oidc.Error {
	for _, m := range registered {
		if x.request.ResponseType.Has(m.part) && x.base.Realm != nil && !x.base.Serves(strings.ToLower(m.name)) {
			// RFC 6749 4.1.2.1: unsupported_response_type, since nobody may use it here.
			return oidc.NewError(oidc.CodeUnsupportedResponseType, "response_type is not served in this realm")
		}
		if x.request.ResponseType.Has(m.part) && !x.app.AllowsResponse(m.name) {
			// RFC 6749 4.1.2.1: unauthorized_client, since others may use it.
			return oidc.NewError(oidc.CodeUnauthorizedClient, "responseTypes of this application lack "+m.name)
		}
	}
	if x.request.RedirectURI == "" && x.request.ResponseType == oidc.ResponseNone && !x.forPage() && x.request.Prompt != oidc.PromptNone {
		return oidc.InvalidRequest("response_type none without a redirect_uri is for prompt none")
	}
	return nil
}

func checkScope(_ *Endpoint, x *exchange) *oidc.Error {
	if !x.request.Scope.Has("openid") {
		// OIDC Core 3.1.2.1: requests for authentication contain the openid scope.
		return oidc.InvalidScope("scope must contain openid")
	}
	return nil
}

func checkPKCE(_ *Endpoint, x *exchange) *oidc.Error {
	if !x.request.ResponseType.Has(oidc.ResponseCode) {
		return nil
	}
	present, method := x.request.CodeChallenge != "", x.request.CodeChallengeMethod
	switch {
	case present && method != "S256":
		// RFC 9700 2.1.1: a challenge that does not expose the verifier; S256 is the only such method.
		return oidc.InvalidRequest("code_challenge_method must be S256")
	case present:
		return nil
	case x.app.PKCEEnforcement == tenant.PKCERequired, x.app.PKCEEnforcement == tenant.PKCES256Required,
		x.app.TokenEndpointAuthMethod == tenant.AuthNone:
		// RFC 9700 2.1.1: public clients must use PKCE.
		return oidc.InvalidRequest("code_challenge is missing")
	}
	return nil
}

func checkHint(e *Endpoint, x *exchange) *oidc.Error {
	if x.request.IDTokenHint == "" {
		return nil
	}
	h, err := e.Hints.Read(x.base, x.request.IDTokenHint)
	if err != nil {
		return oidc.InvalidRequest("id_token_hint is not an ID token of this issuer").WithDetail(err.Error())
	}
	if x.request.ResponseType == oidc.ResponseNone && h.ClientID != x.request.ClientID {
		// seed 000: the hint is what the application itself was given.
		return oidc.InvalidRequest("id_token_hint was issued to another application")
	}
	x.hint = &h
	return nil
}

// checkPrompt refuses to have an account made where no flow does that.
//
// OIDC Prompt Create 4.1: an unsupported prompt value is an invalid_request.
func checkPrompt(_ *Endpoint, x *exchange) *oidc.Error {
	if x.request.Prompt.Has(oidc.PromptCreate) && x.base.Environment.RegistrationFlow == "" {
		return oidc.InvalidRequest("prompt has an unsupported value")
	}
	return nil
}

// checkAge lets the application's own demand count where the request has none.
//
// OIDC Registration 2: default_max_age; max_age overrides it.
func checkAge(_ *Endpoint, x *exchange) *oidc.Error {
	if !x.request.HasMaxAge && x.app.DefaultMaxAge > 0 {
		x.request.MaxAge, x.request.HasMaxAge = x.app.DefaultMaxAge, true
	}
	return nil
}

// checkRecipient finds out whether what the request leads to could be sent, before anybody signs on for it.
func checkRecipient(e *Endpoint, x *exchange) *oidc.Error {
	if x.request.ResponseType == oidc.ResponseNone || !x.app.Encryptions.IDToken.Wanted() {
		return nil
	}
	if err := e.Clients.Keys.Ready(x.r.Context(), x.app, x.app.Encryptions.IDToken); err != nil {
		return oidc.Unavailable(err)
	}
	return nil
}

// pageText says to a person what an unredirectable fault means.
func pageText(fault *oidc.Error) (status int, title, message string) {
	message = fault.PublicDescription()
	if message != "" {
		message = "What is wrong with it: " + message + "."
	}
	return http.StatusBadRequest, "The application sent a request that cannot be answered", message
}
