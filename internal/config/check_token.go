package config

import (
	"net/url"
	"slices"
	"strings"

	"vigil/internal/clientkeys"
	"vigil/internal/tenant"
)

// minSecret is the least length of a secret that signs.
//
// RFC 7518 3.2: a key as long as the hash.
const minSecret = 32 // bytes

// checkKeys looks at how an application signs.
func (c registration) checkKeys() {
	if !c.sound("jwks", "jwksUrl", "tokenEndpointAuthMethod", "clientSecret", "clientSecrets") {
		return
	}
	method, alg := c.a.TokenEndpointAuthMethod, c.a.TokenEndpointAuthSigningAlg
	signs := method == tenant.AuthPrivateKey || method == tenant.AuthSecretJWT
	short := slices.ContainsFunc(c.a.ClientSecrets, func(s string) bool { return s != "" && len(s) < minSecret })
	secret := "clientSecret"
	if c.given("clientSecrets") {
		secret = "clientSecrets"
	}
	switch {
	case len(c.a.JWKS) > 0 && c.a.JWKSURL != "":
		c.r.fault(c.at("jwksUrl"), ruleContradiction, "both jwks and jwksUrl are given").Hint = "leave one out"
	case method == tenant.AuthPrivateKey && len(c.a.JWKS) == 0 && c.a.JWKSURL == "":
		c.r.fault(c.at("tokenEndpointAuthMethod"), ruleMissingKey, "tokenEndpointAuthMethod is %s, but there is neither jwks nor jwksUrl", method)
	case method == tenant.AuthSecretJWT && short:
		c.r.fault(c.at(secret), ruleSecret, "a secret that signs needs at least %d bytes", minSecret).Hint = "make one with: openssl rand -base64 48"
	case alg != "" && !signs:
		c.r.fault(c.at("tokenEndpointAuthSigningAlg"), ruleContradiction, "tokenEndpointAuthMethod is %s: nothing is signed", method)
	case alg != "" && slices.Contains(clientkeys.Algorithms(), alg) != (method == tenant.AuthPrivateKey):
		c.r.fault(c.at("tokenEndpointAuthSigningAlg"), ruleContradiction, "%s does not fit %s", alg, method)
	}
}

// checkTokens looks at names of people, lifetimes and grants of the application itself.
func (c registration) checkTokens() {
	if c.given("refreshTokenRollingGracePeriodDuration") && c.a.RefreshTokenRollingGracePeriodDuration == 0 {
		c.a.RefreshTokenRollingGracePeriodDuration = -1
	}
	if c.sound("subjectType", "sectorIdentifierUri", "redirectUris") && c.a.SubjectType == tenant.SubjectPairwise && c.a.SectorIdentifierURI == "" && len(c.hosts()) > 1 {
		// OIDC Core 8.1: with several hosts, sector_identifier_uri is needed.
		c.r.fault(c.at("subjectType"), ruleContradiction, "the redirect URIs have several hosts: which is the sector?").Hint = "give sectorIdentifierUri"
	}
	if c.sound("refreshTokenRollingDuration", "refreshTokenDuration") && c.given("refreshTokenRollingDuration") && c.a.RefreshTokenRollingDuration < c.a.RefreshTokenDuration {
		c.r.fault(c.at("refreshTokenRollingDuration"), ruleContradiction, "refreshTokenRollingDuration is shorter than refreshTokenDuration")
	}
	if c.a.ToleratesRefreshTokenReuse && c.a.TokenEndpointAuthMethod == tenant.AuthNone && c.sound("tokenEndpointAuthMethod") {
		// RFC 9700 2.2.2, 4.14.2: of a public client, reuse is detected and ends the line.
		c.r.fault(c.at("additionalRefreshTokenReplayProtectionEnabled"), ruleContradiction, "an application without a secret needs additionalRefreshTokenReplayProtectionEnabled")
	}
	if c.given("refreshTokenType") && c.at("refreshTokenType").Value == "JSON_WEB_TOKEN" {
		c.r.warn(c.at("refreshTokenType"), ruleIneffective, "refresh tokens are opaque, whatever refreshTokenType says")
	}
	if !c.sound("grantTypes", "tokenEndpointAuthMethod") || c.a.TokenEndpointAuthMethod != tenant.AuthNone {
		return
	}
	for _, grant := range []string{tenant.GrantClientCredentials, tenant.GrantTokenExchange} {
		if c.a.AllowsGrant(grant) {
			// RFC 6749 4.4: confidential clients only.
			c.r.fault(c.at("grantTypes"), ruleContradiction, "%s needs an application that proves itself", grant).Hint = "choose another tokenEndpointAuthMethod than NONE"
		}
	}
}

// hosts are those of the redirect URIs.
func (c registration) hosts() []string {
	var hosts []string
	for _, uri := range c.a.RedirectURIs {
		if u, err := url.Parse(uri); err == nil && !slices.Contains(hosts, strings.ToLower(u.Host)) {
			hosts = append(hosts, strings.ToLower(u.Host))
		}
	}
	return hosts
}
