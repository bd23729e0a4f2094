package token

import (
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// methodOf translates the way a client came into the name under which applications register it. Empty: no such way.
func methodOf(m oidc.AuthMethod) string {
	switch m {
	case oidc.AuthNone:
		return tenant.AuthNone
	case oidc.AuthBasic:
		return tenant.AuthBasic
	case oidc.AuthPost:
		return tenant.AuthPost
	}
	return ""
}

// authenticate finds the application that a client says to be and has proved to be, by the one method it is registered for. An unknown
// client takes the same steps as one with a wrong secret, and gets the same answer.
//
// RFC 6749 2.3, 3.2.1.
func authenticate(env *tenant.Environment, c oidc.Credentials) (*tenant.Application, *oidc.Error) {
	app := env.Application(c.ClientID)
	known := app != nil
	if !known {
		app = &tenant.Application{
			TokenEndpointAuthMethod: tenant.AuthBasic,
			ClientSecrets:           []string{"nobody has this secret, since no client of this name is known"},
		}
	}
	proved := app.HasSecret(c.Secret)
	if c.Method == oidc.AuthNone {
		proved = true
	}
	if !known || !proved || app.TokenEndpointAuthMethod != methodOf(c.Method) {
		return nil, oidc.InvalidClient("client authentication failed")
	}
	return app, nil
}
