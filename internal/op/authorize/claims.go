package authorize

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"vigil/internal/grant"
	"vigil/internal/oidc"
	"vigil/internal/session"
	"vigil/internal/subject"
)

// checkClaims reads the claims parameter. An authentication class that it asks for counts like acr_values where these say nothing.
//
// OIDC Core 5.5, 5.5.1.1.
func checkClaims(_ *Endpoint, x *exchange) *oidc.Error {
	var fault *oidc.Error
	if x.claims, fault = oidc.ParseClaims(x.request.Claims); fault != nil {
		return fault
	}
	if len(x.request.ACRValues) == 0 {
		x.request.ACRValues = x.claims.IDToken["acr"].Texts()
	}
	return nil
}

// another reports whether a person is somebody else than the request names, by an ID token or by a claim.
//
// OIDC Core 3.1.2.1: id_token_hint. 5.5.1: a sub of a value is of that very person.
func (e *Endpoint) another(x *exchange, environmentID, userID string) bool {
	if x.hint != nil && x.hint.Subject != userID {
		return true
	}
	name := subject.Subjects{Secret: e.Secret}.Of(x.app, environmentID, userID)
	return !x.claims.IDToken["sub"].Accepts(name) || !x.claims.UserInfo["sub"].Accepts(name)
}

// unmet says what of the request cannot be satisfied by whoever is signed on.
//
// OIDC Core 3.1.2.1, 5.5.1: the person who is named, or nobody. 5.5.1.1: an essential acr that is not met is a failed authentication.
func (e *Endpoint) unmet(x *exchange, s *session.Session, acr string) *oidc.Error {
	if e.another(x, s.EnvironmentID, s.UserID) {
		return oidc.LoginRequired("another person is signed on")
	}
	if wish := x.claims.IDToken["acr"]; wish != nil && wish.Essential && !wish.Accepts(acr) {
		return oidc.NewError(oidc.CodeUnmetAuthentication, "the authentication class that is essential was not reached")
	}
	return nil
}

// wanted is what the application asks to learn, as scopes that it may have: those of the request, and those of the claims that it names one by one.
//
// OIDC Core 3.1.2.4, 5.5: a claim that is named by itself is consented to as one of a scope is.
func (x *exchange) wanted() oidc.Scope {
	all := slices.Clone(x.request.Scope)
	for _, s := range x.claims.Scopes() {
		if !all.Has(s) {
			all = append(all, s)
		}
	}
	return reduced(all, x.app.Scopes)
}

// wish puts the claims that the claims parameter names into a grant: those of the ID token by value, those of userinfo by name. An
// application gets no claim that no scope would give it which it may have and the flow left to it.
func (e *Endpoint) wish(x *exchange, g *grant.Grant, left oidc.Scope) error {
	if len(x.claims.IDToken) == 0 && len(x.claims.UserInfo) == 0 {
		return nil
	}
	known, err := e.Users.UserClaims(x.r.Context(), g.EnvironmentID, g.UserID)
	if errors.Is(err, grant.ErrGone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read person: %w", err)
	}
	allowed := known.ForScope(left)
	members, err := allowed.Members(oidc.Names(x.claims.IDToken))
	if err != nil {
		return err
	}
	if g.IDTokenClaims, err = joined(g.IDTokenClaims, members); err != nil {
		return err
	}
	shown, err := allowed.Members(oidc.Names(x.claims.UserInfo))
	if err != nil || len(shown) == 0 {
		return err
	}
	names := make([]string, 0, len(shown))
	for name := range shown {
		names = append(names, name)
	}
	slices.Sort(names)
	listed, err := json.Marshal(names)
	if err != nil {
		return err
	}
	g.AccessTokenClaims, err = joined(g.AccessTokenClaims, map[string]json.RawMessage{grant.UserInfoClaims: listed})
	return err
}

// joined adds members to a JSON object; what is there already stays.
func joined(object []byte, members map[string]json.RawMessage) ([]byte, error) {
	if len(members) == 0 {
		return object, nil
	}
	if len(object) > 0 {
		if err := json.Unmarshal(object, &members); err != nil {
			return nil, fmt.Errorf("claims of the flow: %w", err)
		}
	}
	return json.Marshal(members)
}
