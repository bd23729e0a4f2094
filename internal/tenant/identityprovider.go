package tenant

// IdentityProvider is another OpenID provider that people may sign on with.
type IdentityProvider struct {
	Name         string // as flows call it, and in the address that it sends people back to
	Issuer       string
	ClientID     string
	ClientSecret string // empty: a public client, with PKCE alone
	// TokenEndpointAuthMethod is how the secret is sent: client_secret_basic or client_secret_post.
	TokenEndpointAuthMethod string
	Scopes                  []string
	Claims                  IdentityClaims
	// AllowPrivateAddresses: the provider may be in a private network.
	AllowPrivateAddresses bool
}

// IdentityClaims are the names of the claims that say who somebody is. Empty: it is not asked for.
type IdentityClaims struct{ Username, Email, EmailVerified, GivenName, FamilyName string }

// IdentityProvider finds another provider by name. Nil: there is none.
func (e *Environment) IdentityProvider(name string) *IdentityProvider {
	for _, p := range e.IdentityProviders {
		if p.Name == name {
			return p
		}
	}
	return nil
}
