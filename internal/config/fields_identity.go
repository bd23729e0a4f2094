package config

import (
	"net/url"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/internal/outbound"
	"vigil/internal/tenant"
)

var (
	providerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
	domainName   = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

func domain() kind[string] {
	return that(text("a host name"), domainName, "write it without scheme and port, in small letters: example.com")
}

func identityProviderFields() []field[tenant.IdentityProvider] {
	return []field[tenant.IdentityProvider]{
		at("name", that(text("a name"), providerName, "small letters, digits and hyphens: it stands in an address"), func(p *tenant.IdentityProvider) *string { return &p.Name },
			"how flows call it; the provider sends people back to /as/callback/{name}").must(),
		at("issuer", issuer(), func(p *tenant.IdentityProvider) *string { return &p.Issuer }, "its issuer identifier, to the letter; what it supports is read from there").must(),
		at("clientId", text("a text"), func(p *tenant.IdentityProvider) *string { return &p.ClientID }, "what it calls this server").must(),
		at("clientSecret", secret(), func(p *tenant.IdentityProvider) *string { return &p.ClientSecret }, "what this server proves itself with").orElse("none: PKCE alone"),
		at("tokenEndpointAuthMethod", oneOf("client_secret_basic", "client_secret_post"), func(p *tenant.IdentityProvider) *string { return &p.TokenEndpointAuthMethod },
			"how the secret is sent").or("client_secret_basic"),
		at("scopes", set("a list of scopes", text("a scope")), func(p *tenant.IdentityProvider) *[]string { return &p.Scopes }, "what is asked for").or("[openid, profile, email]"),
		at("claims", mapping("a mapping", identityClaimFields(), nil), func(p *tenant.IdentityProvider) *tenant.IdentityClaims { return &p.Claims },
			"the names of the claims that say who somebody is").whole(),
		at("allowPrivateAddresses", flag(), func(p *tenant.IdentityProvider) *bool { return &p.AllowPrivateAddresses },
			"whether it may be in a private network").or("false"),
	}
}

func identityClaimFields() []field[tenant.IdentityClaims] {
	claim := func(key, standard string, place func(*tenant.IdentityClaims) *string, doc string) field[tenant.IdentityClaims] {
		return at(key, text("a claim's name"), place, doc).or(standard)
	}
	return []field[tenant.IdentityClaims]{
		claim("username", "preferred_username", func(c *tenant.IdentityClaims) *string { return &c.Username }, "the user name"),
		claim("email", "email", func(c *tenant.IdentityClaims) *string { return &c.Email }, "the e-mail address"),
		claim("emailVerified", "email_verified", func(c *tenant.IdentityClaims) *string { return &c.EmailVerified }, "whether the provider made sure of the address; only `true` counts"),
		claim("givenName", "given_name", func(c *tenant.IdentityClaims) *string { return &c.GivenName }, "the given name"),
		claim("familyName", "family_name", func(c *tenant.IdentityClaims) *string { return &c.FamilyName }, "the family name"),
	}
}

// issuer reads where a provider is.
//
// OIDC Discovery 3: an https URL without query and fragment.
func issuer() kind[string] {
	return checked(uri(), func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		u, err := url.Parse(v)
		if err == nil && u.RawQuery == "" && (u.Scheme == "https" || u.Scheme == "http" && outbound.IsLocal(u.Hostname())) {
			return nil
		}
		d := r.fault(n, ruleURI, "%s cannot be an issuer", shown(v))
		d.Hint = "it begins with https and has no query"
		return d
	})
}

// checkIdentityProvider wants what OpenID Connect wants.
func checkIdentityProvider(r *reader, n *yaml.Node, path string, p *tenant.IdentityProvider) {
	if !slices.Contains(p.Scopes, "openid") && r.sound(path+".scopes") {
		r.fault(r.at(path+".scopes", n), ruleValue, "without the scope openid nobody says who it is").Hint = "add openid" // OIDC Core 3.1.2.1
	}
}
