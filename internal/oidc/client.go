package oidc

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// AuthMethod is the way a client proved itself, as the registry of token endpoint authentication methods names it.
type AuthMethod string

// The methods that are understood.
const (
	AuthNone  AuthMethod = "none"
	AuthBasic AuthMethod = "client_secret_basic"
	AuthPost  AuthMethod = "client_secret_post"
	// AuthAssertion is client_secret_jwt or private_key_jwt: the application's registration says which.
	AuthAssertion AuthMethod = "client_assertion"
)

// Credentials are what a client says of itself.
type Credentials struct {
	ClientID string
	Secret   string // empty with AuthNone
	Method   AuthMethod
	// Assertion is a JWT that proves who the client is. Empty unless Method is AuthAssertion; ClientID may be empty beside it.
	Assertion string
}

// assertionType is the only kind of client assertion there is.
//
// RFC 7523 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// ParseCredentials reads client credentials from the form body and the Authorization header ("" when there is none). On an error the
// method tells how the client tried, so that a refusal of HTTP Basic can be challenged.
func ParseCredentials(form url.Values, authorization string) (Credentials, *Error) {
	p := &parameters{form: form}
	c := Credentials{ClientID: p.get("client_id"), Secret: p.get("client_secret"), Method: AuthNone}
	if len(form["client_secret"]) > 0 {
		c.Method = AuthPost
	}
	if asserted := len(form["client_assertion"]) > 0 || len(form["client_assertion_type"]) > 0; asserted {
		return assertedCredentials(p, c, authorization)
	}
	if authorization != "" {
		posted := c
		var fault *Error
		if c, fault = parseBasic(authorization); fault != nil {
			return c, fault
		}
		// RFC 6749 2.3: not more than one method in a request.
		if posted.Method == AuthPost {
			return c, InvalidRequest("more than one way of client authentication")
		}
		if posted.ClientID != "" && posted.ClientID != c.ClientID {
			return c, InvalidRequest("client_id differs from the authenticated client")
		}
	}
	switch {
	case p.fault != nil:
		return c, p.fault
	case c.ClientID == "":
		return c, InvalidClient("client_id is missing")
	}
	return c, nil
}

// assertedCredentials reads a client assertion.
//
// RFC 7521 4.2; RFC 6749 2.3: not more than one method in a request.
func assertedCredentials(p *parameters, c Credentials, authorization string) (Credentials, *Error) {
	kind := p.get("client_assertion_type")
	c.Assertion = p.get("client_assertion")
	several := authorization != "" || c.Method == AuthPost
	if c.Method = AuthAssertion; authorization != "" {
		c.Method = AuthBasic
	}
	switch {
	case p.fault != nil:
		return c, p.fault
	case several:
		return c, InvalidRequest("more than one way of client authentication")
	case kind != assertionType:
		return c, InvalidClient("client_assertion_type is not supported")
	case c.Assertion == "":
		return c, InvalidRequest("client_assertion is missing")
	}
	return c, nil
}

// parseBasic reads an HTTP Basic header.
//
// RFC 6749 2.3.1: client id and secret are form-urlencoded before they are joined by a colon.
func parseBasic(authorization string) (Credentials, *Error) {
	c := Credentials{Method: AuthBasic}
	malformed := InvalidClient("the authorization header is not HTTP Basic")
	scheme, encoded, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Basic") || len(encoded) > maxValue {
		return c, malformed
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return c, malformed
	}
	id, secret, ok := strings.Cut(string(raw), ":")
	if !ok {
		return c, malformed
	}
	if c.ClientID, err = url.QueryUnescape(id); err != nil {
		return c, malformed
	}
	if c.Secret, err = url.QueryUnescape(secret); err != nil {
		return c, malformed
	}
	return c, nil
}
