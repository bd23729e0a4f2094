package oidc

import "strings"

// ResponseType is the set of things an authorization response carries. The zero value: not given.
type ResponseType uint8

// The members of a response type.
const (
	ResponseCode    ResponseType = 1 << iota // an authorization code
	ResponseToken                            // an access token from the front channel
	ResponseIDToken                          // an ID token from the front channel
	ResponseNone                             // nothing
)

var responseTypeNames = [...]string{"code", "token", "id_token", "none"}

// ParseResponseType reads a response_type. False: an unknown or repeated member, or none beside another.
//
// OAuth Multiple Response Types 3: the order of the values does not matter.
func ParseResponseType(s string) (ResponseType, bool) {
	var t ResponseType
	for _, v := range strings.Fields(s) {
		member := ResponseType(0)
		for i, name := range responseTypeNames {
			if v == name {
				member = 1 << i
			}
		}
		if member == 0 || t&member != 0 {
			return 0, false
		}
		t |= member
	}
	// OAuth Multiple Response Types 4: none is not combined with others.
	if t == 0 || t&ResponseNone != 0 && t != ResponseNone {
		return 0, false
	}
	return t, true
}

// Has reports whether every member of m is in t.
func (t ResponseType) Has(m ResponseType) bool { return t&m == m }

// String gives the members in the order in which discovery documents list them.
func (t ResponseType) String() string {
	var names []string
	for i, name := range responseTypeNames {
		if t&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// Mode is the way an authorization response travels. The zero value: the default of the response type.
type Mode string

// The response modes.
const (
	ModeQuery    Mode = "query"     // OAuth Multiple Response Types 2.1
	ModeFragment Mode = "fragment"  // OAuth Multiple Response Types 2.1
	ModeFormPost Mode = "form_post" // OAuth Form Post Response Mode
	ModePiFlow   Mode = "pi.flow"   // PingOne's: JSON to the page that asks, no redirect

	ModeJWT         Mode = "jwt"           // JARM 2.3.4: signed, by the default of the response type
	ModeQueryJWT    Mode = "query.jwt"     // JARM 2.3.1
	ModeFragmentJWT Mode = "fragment.jwt"  // JARM 2.3.2
	ModeFormPostJWT Mode = "form_post.jwt" // JARM 2.3.3
)

// Modes are all response modes.
func Modes() []Mode {
	return []Mode{ModePiFlow, ModeQuery, ModeFragment, ModeFormPost, ModeJWT, ModeQueryJWT, ModeFragmentJWT, ModeFormPostJWT}
}

// carrier is the plain mode below a signed one. Signed: the parameters travel inside a JWT.
func (m Mode) carrier() (plain Mode, signed bool) {
	switch m {
	case ModeQueryJWT:
		return ModeQuery, true
	case ModeFragmentJWT:
		return ModeFragment, true
	case ModeFormPostJWT:
		return ModeFormPost, true
	}
	return m, false
}

// FrontChannel reports whether tokens travel in the authorization response itself.
func (t ResponseType) FrontChannel() bool { return t&(ResponseToken|ResponseIDToken) != 0 }

// defaultMode is the mode of a request that names none.
//
// OAuth Multiple Response Types 3: fragment as soon as a token is among the response types, else query.
func (t ResponseType) defaultMode() Mode {
	if t.FrontChannel() {
		return ModeFragment
	}
	return ModeQuery
}
