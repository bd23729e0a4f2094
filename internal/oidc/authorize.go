package oidc

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// AuthorizeRequest is what an authorization request asks for. It is plain data: it may be stored as JSON while a person signs on.
type AuthorizeRequest struct {
	ClientID     string       `json:"client_id"`
	RedirectURI  string       `json:"redirect_uri"`
	ResponseType ResponseType `json:"response_type"`
	ResponseMode Mode         `json:"response_mode,omitempty"` // as asked; Mode() knows the default
	Scope        Scope        `json:"scope,omitempty"`
	State        string       `json:"state,omitempty"`
	Nonce        string       `json:"nonce,omitempty"`
	Prompt       Prompt       `json:"prompt,omitempty"`
	// MaxAge is the greatest age of the authentication, in whole seconds. It counts only with HasMaxAge; zero then wants a new one.
	MaxAge              time.Duration `json:"max_age,omitempty"`
	HasMaxAge           bool          `json:"has_max_age,omitempty"`
	LoginHint           string        `json:"login_hint,omitempty"`
	IDTokenHint         string        `json:"id_token_hint,omitempty"` // not verified
	ACRValues           []string      `json:"acr_values,omitempty"`    // by preference
	CodeChallenge       string        `json:"code_challenge,omitempty"`
	CodeChallengeMethod string        `json:"code_challenge_method,omitempty"` // S256 or plain; empty without a challenge
	KeyThumbprint       string        `json:"dpop_jkt,omitempty"`              // RFC 9449 10: the code is good with a proof of this key only
	UILocales           []string      `json:"ui_locales,omitempty"`            // BCP 47, by preference, not checked
	Display             string        `json:"display,omitempty"`               // not checked
	Claims              string        `json:"claims,omitempty"`                // raw, not checked
	Resources           []string      `json:"resource,omitempty"`              // RFC 8707: absolute addresses, not looked up
	// Pushed: it came by the back channel; RequestID then names it. Signed: it came as a request object that the client signed.
	Pushed    bool   `json:"pushed,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Signed    bool   `json:"signed,omitempty"`
	// Realm is the realm of AM's dialect at which it came. Empty: PingOne's surface. No client can set it.
	Realm string `json:"realm,omitempty"`
}

// Mode is the way the response travels: the one asked for, or the default of the response type.
func (r *AuthorizeRequest) Mode() Mode {
	switch r.ResponseMode {
	case "":
		return r.ResponseType.defaultMode()
	case ModeJWT:
		// JARM 2.3.4: the default of the response type, signed.
		return r.ResponseType.defaultMode() + ".jwt"
	}
	return r.ResponseMode
}

// ParseAuthorize reads an authorization request from its query and form values. The first fault comes back as an error; whatever
// could be read stands in the request beside it, so that an error which is Redirectable can be sent to the redirect URI with its
// state once client and redirect URI are known good. Unknown parameters are ignored.
func ParseAuthorize(form url.Values) (AuthorizeRequest, *Error) {
	if len(form) > maxParameters {
		return AuthorizeRequest{}, Unredirectable(InvalidRequest("the request has too many parameters"))
	}
	p := &parameters{form: form}
	r := AuthorizeRequest{ClientID: p.get("client_id"), RedirectURI: p.get("redirect_uri")}
	if e := checkRedirectTarget(p, &r); e != nil {
		r.RedirectURI = ""
		return r, e
	}
	r.State = p.get("state")
	readResponse(p, &r)
	refuseUnsupported(p)
	readDemands(p, &r)
	readChallenge(p, &r)
	return r, p.fault
}

// checkRedirectTarget gives the faults after which nothing may be redirected.
//
// RFC 6749 4.1.2.1: with a missing, invalid or mismatching redirect URI or client the person is told and not redirected.
func checkRedirectTarget(p *parameters, r *AuthorizeRequest) *Error {
	switch {
	case p.fault != nil:
		return Unredirectable(p.fault)
	case r.ClientID == "":
		return Unredirectable(InvalidRequest("client_id is missing"))
	case r.RedirectURI == "" && staysHere(p.form):
		return nil
	case r.RedirectURI == "":
		// OIDC Core 3.1.2.1: redirect_uri is required.
		return Unredirectable(InvalidRequest("redirect_uri is missing"))
	}
	u, err := url.Parse(r.RedirectURI)
	if err != nil || u.Scheme == "" || strings.Contains(r.RedirectURI, "#") {
		// RFC 6749 3.1.2: an absolute URI without a fragment.
		return Unredirectable(InvalidRequest("redirect_uri must be an absolute URI without a fragment"))
	}
	return nil
}

// StaysHere says that the answer goes to whoever asks, so that there may be no redirect URI.
func (r *AuthorizeRequest) StaysHere() bool {
	return r.ResponseMode == ModePiFlow || r.ResponseType == ResponseNone
}

// staysHere: the answer goes to whoever asks. PingOne's pi.flow answers with JSON; of response_type=none only the status counts
// (OAuth Multiple Response Types 4: "if a redirect_uri is supplied").
func staysHere(form url.Values) bool {
	return form.Get("response_mode") == string(ModePiFlow) || form.Get("response_type") == "none"
}

// Unredirectable gives a copy of a fault that nobody is redirected with.
func Unredirectable(e *Error) *Error {
	c := *e
	c.Redirectable = false
	return &c
}

// readResponse reads what decides how even an error travels.
func readResponse(p *parameters, r *AuthorizeRequest) {
	mode := Mode(p.get("response_mode"))
	raw := p.get("response_type")
	t, ok := ParseResponseType(raw)
	r.ResponseType = t
	if mode == "" || slices.Contains(Modes(), mode) {
		r.ResponseMode = mode
	} else {
		p.fail(InvalidRequest("response_mode is not supported"))
	}
	switch {
	case raw == "":
		// OIDC Core 3.1.2.1: response_type is required.
		p.fail(InvalidRequest("response_type is missing"))
	case !ok, t == ResponseToken:
		// RFC 6749 3.1.1: not understood. RFC 9700 2.1.2: an access token alone proves nothing to anybody.
		p.fail(NewError(CodeUnsupportedResponseType, "response_type is not supported"))
	case (mode == ModeQuery || mode == ModeQueryJWT) && t.FrontChannel():
		// OAuth Multiple Response Types 3, JARM 2.3.1: tokens never travel in a query.
		r.ResponseMode = ModeFragment
		p.fail(InvalidRequest("response_mode query is not allowed for this response_type"))
	}
}

// refuseUnsupported names request objects instead of silently ignoring what they say.
func refuseUnsupported(p *parameters) {
	// OIDC Core 3.1.2.6, 6.1, 6.2, 7.2.1.
	if len(p.form["request"]) > 0 {
		p.fail(NewError(CodeRequestNotSupported, "request objects are not supported"))
	}
	if len(p.form["request_uri"]) > 0 {
		p.fail(NewError(CodeRequestURINotSupported, "request_uri is not supported"))
	}
	if len(p.form["registration"]) > 0 {
		p.fail(NewError(CodeRegistrationNotSupported, "registration is not supported"))
	}
}

// readDemands reads what the client wants to know and how the person is to be asked.
func readDemands(p *parameters, r *AuthorizeRequest) {
	scope, ok := ParseScope(p.get("scope"))
	if !ok {
		p.fail(InvalidScope("scope has a forbidden character"))
	}
	r.Scope = scope
	if r.Nonce = p.get("nonce"); len(r.Nonce) > maxNonce {
		r.Nonce = ""
		p.fail(InvalidRequest("nonce is too long"))
	}
	// OIDC Core 3.2.2.1, 3.3.2.11: an ID token from the front channel needs a nonce.
	if r.Nonce == "" && r.ResponseType.Has(ResponseIDToken) {
		p.fail(InvalidRequest("nonce is missing"))
	}
	prompt, fault := parsePrompt(p.get("prompt"))
	if r.Prompt = prompt; fault != nil {
		p.fail(fault)
	}
	r.MaxAge, r.HasMaxAge = readMaxAge(p)
	r.LoginHint = p.get("login_hint")
	r.IDTokenHint = p.get("id_token_hint")
	r.ACRValues = words(p.get("acr_values"))
	r.UILocales = words(p.get("ui_locales"))
	r.Display = p.get("display")
	r.Claims = p.get("claims")
	r.Resources = readResources(p)
}

// words splits a space-separated list. Nil: there is none.
func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Fields(s)
}

// readMaxAge reads whole seconds; a hundred years stand for everything longer.
func readMaxAge(p *parameters) (age time.Duration, given bool) {
	s := p.get("max_age")
	if s == "" {
		return 0, false
	}
	const longest = 100 * 365 * 24 * 3600
	seconds := int64(0)
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			p.fail(InvalidRequest("max_age must be a number of seconds"))
			return 0, false
		}
		seconds = min(seconds*10+int64(s[i]-'0'), longest)
	}
	return time.Duration(seconds) * time.Second, true
}

func readChallenge(p *parameters, r *AuthorizeRequest) {
	challenge := p.get("code_challenge")
	method, fault := checkChallenge(challenge, p.get("code_challenge_method"))
	if fault != nil {
		p.fail(fault)
		return
	}
	r.CodeChallenge, r.CodeChallengeMethod = challenge, method
	// RFC 9449 10: base64url of a SHA-256 thumbprint (RFC 7638).
	if r.KeyThumbprint = p.get("dpop_jkt"); r.KeyThumbprint != "" && !digestText(r.KeyThumbprint) {
		r.KeyThumbprint = ""
		p.fail(InvalidRequest("dpop_jkt is not the base64url form of a SHA-256 digest"))
	}
}
