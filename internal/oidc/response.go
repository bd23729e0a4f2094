package oidc

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Param is one parameter of an authorization response.
type Param struct{ Name, Value string }

// Response is an authorization response on its way to the redirect URI. Parameters keep their order.
type Response struct {
	RedirectURI string
	Mode        Mode
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

// Value gives a parameter. Empty: it is not there.
func (r *Response) Value(name string) string {
	for _, p := range r.Params {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// jarmLifetime bounds the use of a signed response.
//
// JARM 2.1: at most ten minutes.
const jarmLifetime = 10 * time.Minute

// Claims are what a signed response says to a client: every parameter, and the client as its audience. False: the mode is a plain one.
//
// JARM 2.1: iss, aud and exp, then the parameters of the response as members.
func (r *Response) Claims(clientID string, now time.Time) (claims []byte, signed bool, err error) {
	if _, signed = r.Mode.carrier(); !signed {
		return nil, false, nil
	}
	members := make(map[string]any, len(r.Params)+2)
	for _, p := range r.Params {
		members[p.Name] = p.Value
		if seconds, err := strconv.ParseInt(p.Value, 10, 64); err == nil && p.Name == "expires_in" {
			members[p.Name] = seconds
		}
	}
	members["aud"], members["exp"] = clientID, now.Add(jarmLifetime).Unix()
	claims, err = json.Marshal(members)
	return claims, true, err
}

// Enclose puts the signed claims in the place of the parameters.
//
// JARM 2.3: one parameter, response.
func (r *Response) Enclose(token string) {
	r.Mode, _ = r.Mode.carrier()
	r.Params = []Param{{"response", token}}
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
