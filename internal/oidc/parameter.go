package oidc

import (
	"net/url"
	"unicode/utf8"
)

// Limits of a request. Browsers and proxies cut requests long before these are met by honest clients.
const (
	maxParameters = 64
	maxValue      = 8 << 10 // bytes
	maxNonce      = 1 << 10 // bytes; the nonce travels inside the authorization code
)

// parameters reads the parameters of one request and remembers the first fault.
type parameters struct {
	form  url.Values
	fault *Error
}

// get gives a parameter that may occur once at most. A faulty one reads as absent.
func (p *parameters) get(name string) string {
	values := p.form[name]
	if len(values) == 0 {
		return ""
	}
	v := values[0]
	switch {
	case len(values) > 1:
		// RFC 6749 3.1: parameters must not be included more than once.
		p.fail(InvalidRequest(name + " must not be repeated"))
	case len(v) > maxValue:
		p.fail(InvalidRequest(name + " is too long"))
	case !utf8.ValidString(v):
		// RFC 6749 B: parameters are UTF-8.
		p.fail(InvalidRequest(name + " is not UTF-8"))
	default:
		// RFC 6749 3.1: a parameter without a value is treated as omitted.
		return v
	}
	return ""
}

// fail keeps the first fault.
func (p *parameters) fail(e *Error) {
	if p.fault == nil {
		p.fault = e
	}
}
