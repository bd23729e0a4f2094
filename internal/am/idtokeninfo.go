package am

import (
	"encoding/json"
	"net/http"
	"strings"

	"vigil/internal/clientauth"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// idTokenInfo tells an application that proves itself what an ID token of its own says, while it is good (AM: /oauth2/idtokeninfo). One that is
// encrypted is not read.
func (e *Endpoint) idTokenInfo(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	form, fault := clientauth.ReadForm(w, r, maxForm)
	refusal := clientauth.Refusal{Log: e.Log, What: "ID token", Base: base}
	if fault == nil {
		refusal.Client, fault = oidc.ParseCredentials(form, r.Header.Get("Authorization"))
	}
	var app *tenant.Application
	if fault == nil {
		app, fault = e.Clients.Authenticate(r.Context(), base, base.URL(r.URL.Path), refusal.Client)
	}
	var claims map[string]json.RawMessage
	if fault == nil {
		if claims = e.read(base, app, form.Get("id_token")); claims == nil {
			fault = oidc.NewError(codeBadRequest, "id_token is not a good ID token of this application")
		}
	}
	if refusal.Fault = fault; fault != nil {
		refusal.Answer(r.Context(), w)
		return nil //nolint:nilerr // it was answered
	}
	if asked := form.Get("claims"); asked != "" {
		all := claims
		claims = map[string]json.RawMessage{}
		for _, name := range strings.Split(asked, ",") {
			if value, there := all[strings.TrimSpace(name)]; there {
				claims[strings.TrimSpace(name)] = value
			}
		}
	}
	return send(w, http.StatusOK, claims)
}

// read verifies an ID token. Nil: it is none of ours, not for this application, or its time is over.
//
// OIDC Core 3.1.3.7: issuer, audience, signature and expiry.
func (e *Endpoint) read(base tenant.Base, app *tenant.Application, token string) (claims map[string]json.RawMessage) {
	verified, err := e.Keys.Ring(base.Environment.ID).Verify(token, keys.TypeIDToken)
	var said struct {
		Issuer   string `json:"iss"`
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"`
	}
	if err != nil || json.Unmarshal(verified.Claims, &said) != nil || json.Unmarshal(verified.Claims, &claims) != nil {
		return nil
	}
	if said.Issuer != base.Issuer() || said.Audience != app.ClientID || e.Agents.Now().Unix() >= said.Expires {
		return nil
	}
	return claims
}
