package oidc

import (
	"net/url"
	"strings"
)

// Param is one parameter of an authorization response.
type Param struct{ Name, Value string }

// Response is an authorization response on its way to the redirect URI. Parameters keep their order.
type Response struct {
	RedirectURI string
	Mode        Mode // query, fragment or form_post
	Params      []Param
}

// Respond begins the response to a request whose client and redirect URI are known good: it carries the issuer and the state.
//
// RFC 9207 2: iss in success and in error responses. RFC 6749 4.1.2: state exactly as received.
func (r *AuthorizeRequest) Respond(issuer string) *Response {
	return (&Response{RedirectURI: r.RedirectURI, Mode: r.Mode(), Params: make([]Param, 0, 5)}).
		Add("iss", issuer).Add("state", r.State)
}

// Add appends a parameter; an empty value is left out.
func (r *Response) Add(name, value string) *Response {
	if value != "" {
		r.Params = append(r.Params, Param{name, value})
	}
	return r
}

// AddError appends an error's public half.
//
// RFC 6749 4.1.2.1: error and error_description.
func (r *Response) AddError(e *Error) *Response {
	return r.Add("error", e.Code).Add("error_description", e.PublicDescription())
}

// Location is where a query or fragment response redirects to. For form_post use Params.
func (r *Response) Location() string {
	var b strings.Builder
	n := len(r.RedirectURI)
	for _, p := range r.Params {
		n += len(p.Name) + len(p.Value) + len(p.Value)/4 + 2
	}
	b.Grow(n)
	b.WriteString(r.RedirectURI)
	// RFC 6749 3.1.2: the redirect URI keeps a query of its own.
	separator := byte('?')
	switch {
	case r.Mode == ModeFragment:
		separator = '#'
	case strings.HasSuffix(r.RedirectURI, "?") || strings.HasSuffix(r.RedirectURI, "&"):
		separator = 0
	case strings.Contains(r.RedirectURI, "?"):
		separator = '&'
	}
	for _, p := range r.Params {
		if separator != 0 {
			b.WriteByte(separator)
		}
		separator = '&'
		b.WriteString(p.Name)
		b.WriteByte('=')
		b.WriteString(escape(p.Value))
	}
	return b.String()
}

// escape encodes a space as %20, which readers of both form encoding and plain percent encoding understand.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
