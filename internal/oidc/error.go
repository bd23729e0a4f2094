package oidc

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Error codes of the protocol.
const (
	CodeInvalidRequest           = "invalid_request"                   // RFC 6749 4.1.2.1, 5.2
	CodeUnauthorizedClient       = "unauthorized_client"               // RFC 6749 4.1.2.1, 5.2
	CodeAccessDenied             = "access_denied"                     // RFC 6749 4.1.2.1
	CodeUnsupportedResponseType  = "unsupported_response_type"         // RFC 6749 4.1.2.1
	CodeInvalidScope             = "invalid_scope"                     // RFC 6749 4.1.2.1, 5.2
	CodeServerError              = "server_error"                      // RFC 6749 4.1.2.1
	CodeTemporarilyUnavailable   = "temporarily_unavailable"           // RFC 6749 4.1.2.1
	CodeInvalidClient            = "invalid_client"                    // RFC 6749 5.2
	CodeInvalidGrant             = "invalid_grant"                     // RFC 6749 5.2
	CodeUnsupportedGrantType     = "unsupported_grant_type"            // RFC 6749 5.2
	CodeInvalidToken             = "invalid_token"                     // RFC 6750 3.1
	CodeInsufficientScope        = "insufficient_scope"                // RFC 6750 3.1
	CodeInvalidDPoPProof         = "invalid_dpop_proof"                // RFC 9449 5
	CodeUseDPoPNonce             = "use_dpop_nonce"                    // RFC 9449 8
	CodeAuthorizationPending     = "authorization_pending"             // RFC 8628 3.5
	CodeSlowDown                 = "slow_down"                         // RFC 8628 3.5
	CodeExpiredToken             = "expired_token"                     // RFC 8628 3.5
	CodeInvalidTarget            = "invalid_target"                    // RFC 8693 2.2.2, RFC 8707 2
	CodeLoginRequired            = "login_required"                    // OIDC Core 3.1.2.6
	CodeInteractionRequired      = "interaction_required"              // OIDC Core 3.1.2.6
	CodeConsentRequired          = "consent_required"                  // OIDC Core 3.1.2.6
	CodeAccountSelectionRequired = "account_selection_required"        // OIDC Core 3.1.2.6
	CodeUnmetAuthentication      = "unmet_authentication_requirements" // OpenID Connect Core Error Code unmet_authentication_requirements 1.0
	CodeInvalidRequestURI        = "invalid_request_uri"               // OIDC Core 3.1.2.6
	CodeInvalidRequestObject     = "invalid_request_object"            // OIDC Core 3.1.2.6
	CodeRequestNotSupported      = "request_not_supported"             // OIDC Core 3.1.2.6
	CodeRequestURINotSupported   = "request_uri_not_supported"         // OIDC Core 3.1.2.6
	CodeRegistrationNotSupported = "registration_not_supported"        // OIDC Core 3.1.2.6

	CodeInvalidRedirectURI          = "invalid_redirect_uri"          // RFC 7591 3.2.2
	CodeInvalidClientMetadata       = "invalid_client_metadata"       // RFC 7591 3.2.2
	CodeInvalidSoftwareStatement    = "invalid_software_statement"    // RFC 7591 3.2.2
	CodeUnapprovedSoftwareStatement = "unapproved_software_statement" // RFC 7591 3.2.2
)

// Error is a refusal as the protocol knows it. The code and the description go to the client, the detail to the log only.
type Error struct {
	Code        string
	Description string // for the client's developer; characters that RFC 6749 forbids are replaced on the way out. Empty: none
	Detail      string // for the operator; never sent
	Status      int    // HTTP status of a direct answer. Zero: 400
	// Redirectable says that client and redirect URI are not in doubt because of this error, so it may travel to the redirect URI
	// once the caller has found both of them good. False: the person gets a page.
	Redirectable bool
}

// Error gives everything, the private detail too: for logs.
func (e *Error) Error() string {
	s := e.Code
	if e.Description != "" {
		s += ": " + e.Description
	}
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	return s
}

// WithDetail gives a copy with a private detail.
func (e *Error) WithDetail(detail string) *Error {
	c := *e
	c.Detail = detail
	return &c
}

// WithStatus gives a copy with another HTTP status.
func (e *Error) WithStatus(status int) *Error {
	c := *e
	c.Status = status
	return &c
}

// HTTPStatus is the status of a direct answer.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

// NewError gives an error that may be redirected; every code without a function of its own is made here.
func NewError(code, description string) *Error {
	return &Error{Code: code, Description: description, Redirectable: true}
}

// InvalidRequest says that a parameter is missing, repeated, malformed or contradicts another.
func InvalidRequest(description string) *Error { return NewError(CodeInvalidRequest, description) }

// InvalidScope says that a scope is malformed, unknown or beyond what may be asked for.
func InvalidScope(description string) *Error { return NewError(CodeInvalidScope, description) }

// LoginRequired says that prompt=none met nobody who is signed on.
func LoginRequired(description string) *Error { return NewError(CodeLoginRequired, description) }

// InvalidGrant says that a code or a refresh token is not good, never why in detail.
func InvalidGrant(description string) *Error { return NewError(CodeInvalidGrant, description) }

// InvalidClient says that a client is unknown or did not prove itself. Status 401.
func InvalidClient(description string) *Error {
	return NewError(CodeInvalidClient, description).WithStatus(http.StatusUnauthorized)
}

// InvalidToken says that an access token is malformed, expired or revoked. Status 401.
func InvalidToken(description string) *Error {
	return NewError(CodeInvalidToken, description).WithStatus(http.StatusUnauthorized)
}

// ServerError hides what happened from the client; the cause goes to the log. Status 500.
func ServerError(cause error) *Error {
	return &Error{
		Code: CodeServerError, Description: "the server met an unexpected condition",
		Detail: cause.Error(), Status: http.StatusInternalServerError, Redirectable: true,
	}
}

// Unavailable asks the client to come back. Status 503.
func Unavailable(cause error) *Error {
	return &Error{
		Code: CodeTemporarilyUnavailable, Description: "try again in a moment",
		Detail: cause.Error(), Status: http.StatusServiceUnavailable, Redirectable: true,
	}
}

// PublicDescription is the description in the characters a client may be sent.
//
// RFC 6749 4.1.2.1: error_description holds %x20-21 / %x23-5B / %x5D-7E only.
func (e *Error) PublicDescription() string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < 0x20 || r > 0x7e || r == '\\':
			return '?'
		}
		return r
	}, e.Description)
}

// JSON is the body of a direct answer.
//
// RFC 6749 5.2: an object with error and error_description.
func (e *Error) JSON() []byte {
	b, err := json.Marshal(struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{e.Code, e.PublicDescription()})
	if err != nil { // two strings always marshal
		return []byte(`{"error":"server_error"}`)
	}
	return b
}
