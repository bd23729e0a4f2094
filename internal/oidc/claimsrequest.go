package oidc

import (
	"encoding/json"
	"slices"
)

// ClaimsRequest is what the claims parameter asks for.
//
// OIDC Core 5.5.
type ClaimsRequest struct {
	UserInfo map[string]*ClaimWish `json:"userinfo"`
	IDToken  map[string]*ClaimWish `json:"id_token"`
}

// ClaimWish says how a claim is wanted. Nil: in the default manner.
//
// OIDC Core 5.5.1.
type ClaimWish struct {
	Essential bool              `json:"essential"`
	Value     json.RawMessage   `json:"value"`
	Values    []json.RawMessage `json:"values"`
}

// ParseClaims reads a claims parameter. Unknown members are ignored.
func ParseClaims(raw string) (ClaimsRequest, *Error) {
	var c ClaimsRequest
	if raw == "" {
		return c, nil
	}
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		return c, InvalidRequest("claims is not a JSON object of the expected form").WithDetail(err.Error())
	}
	return c, nil
}

// Texts are the values that are wanted, by preference, as far as they are texts. Nil: any.
func (w *ClaimWish) Texts() (texts []string) {
	if w == nil {
		return nil
	}
	for _, raw := range append([]json.RawMessage{w.Value}, w.Values...) {
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// Accepts reports whether a value is one that is wanted, if any is.
func (w *ClaimWish) Accepts(value string) bool {
	texts := w.Texts()
	return texts == nil || slices.Contains(texts, value)
}

// Names lists the claims of one part of a request, sorted.
func Names(wishes map[string]*ClaimWish) []string {
	names := make([]string, 0, len(wishes))
	for name := range wishes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Scopes are those that show what a request names. What no scope shows is passed over.
//
// OIDC Core 5.4.
func (c ClaimsRequest) Scopes() Scope {
	var scopes Scope
	for _, part := range []map[string]*ClaimWish{c.IDToken, c.UserInfo} {
		for _, name := range Names(part) {
			if s := scopeOf(name); s != "" && !scopes.Has(s) {
				scopes = append(scopes, s)
			}
		}
	}
	return scopes
}

// scopeOf is the scope that shows a claim. Empty: none does.
func scopeOf(claim string) string {
	switch claim {
	case "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender", "birthdate",
		"zoneinfo", "locale", "updated_at":
		return ScopeProfile
	case "email", "email_verified":
		return ScopeEmail
	case "phone_number", "phone_number_verified":
		return ScopePhone
	case "address":
		return ScopeAddress
	}
	return ""
}

// Members are the named claims as JSON; what is not known of the person is left out, and so is the subject.
func (c Claims) Members(names []string) (map[string]json.RawMessage, error) {
	encoded, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &members); err != nil {
		return nil, err
	}
	for name := range members {
		if name == "sub" || !slices.Contains(names, name) {
			delete(members, name)
		}
	}
	return members, nil
}

// Plus adds the named claims of all that is known.
func (c Claims) Plus(all Claims, names []string) (Claims, error) {
	if len(names) == 0 {
		return c, nil
	}
	members, err := all.Members(names)
	if err != nil {
		return c, err
	}
	added, err := json.Marshal(members)
	if err != nil {
		return c, err
	}
	err = json.Unmarshal(added, &c)
	return c, err
}
