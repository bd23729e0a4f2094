package oidc

import "strings"

// Scopes with a meaning of their own.
const (
	ScopeOpenID        = "openid"         // OIDC Core 3.1.2.1
	ScopeProfile       = "profile"        // OIDC Core 5.4
	ScopeEmail         = "email"          // OIDC Core 5.4
	ScopeAddress       = "address"        // OIDC Core 5.4
	ScopePhone         = "phone"          // OIDC Core 5.4
	ScopeOfflineAccess = "offline_access" // OIDC Core 11
)

// Scope is a list of scope values, each once, in the order asked for.
type Scope []string

// ParseScope splits a space-separated list. False: it holds a forbidden character.
func ParseScope(s string) (Scope, bool) {
	var scope Scope
	for _, v := range strings.Fields(s) {
		if !scopeToken(v) {
			return nil, false
		}
		if !scope.Has(v) {
			scope = append(scope, v)
		}
	}
	return scope, true
}

// Has reports whether a value is in the list.
func (s Scope) Has(value string) bool {
	for _, v := range s {
		if v == value {
			return true
		}
	}
	return false
}

// Within reports whether every value is also in outer.
func (s Scope) Within(outer Scope) bool {
	for _, v := range s {
		if !outer.Has(v) {
			return false
		}
	}
	return true
}

// String joins the values with spaces.
func (s Scope) String() string { return strings.Join(s, " ") }

// scopeToken reports whether s is made of the characters of a scope value.
//
// RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
func scopeToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
