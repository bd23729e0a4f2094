package config

import (
	"regexp"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	signing "vigil/internal/keys"
	"vigil/internal/tenant"
)

// Application types as PingOne spells them.
const (
	typeWeb    = "WEB_APP"
	typeNative = tenant.TypeNative
	typeSPA    = "SINGLE_PAGE_APP"
	typeWorker = "WORKER"
)

var (
	clientID   = regexp.MustCompile(`^[!-~]{1,128}$`)       // RFC 6749 A.1, without the space that separates it from session_state (OIDC Session 3.1)
	scopeToken = regexp.MustCompile(`^[!#-\[\]-~]{1,128}$`) // RFC 6749 3.3
)

func applicationFields() []field[tenant.Application] {
	return slices.Concat(identityFields(), shownFields(), protocolFields(), authorizationFields(), logoutFields(), lifetimeFields(), tokenFields(), tlsFields(), encryptionFields())
}

func grantTypes() []string {
	return []string{
		tenant.GrantAuthorizationCode, tenant.GrantImplicit, tenant.GrantRefreshToken, tenant.GrantClientCredentials,
		tenant.GrantDeviceCode, tenant.GrantTokenExchange,
	}
}

func identityFields() []field[tenant.Application] {
	return []field[tenant.Application]{
		at("clientId", that(text("a client id"), clientID, "1 to 128 printable ASCII characters without a space"), func(a *tenant.Application) *string { return &a.ClientID },
			"the application's client_id").must(),
		at("name", text("a text"), func(a *tenant.Application) *string { return &a.Name }, "what people see").orElse("the client id"),
		at("enabled", flag(), func(a *tenant.Application) *bool { return &a.Enabled }, "a disabled application is unknown to every endpoint").or("true"),
		at("type", oneOf(typeWeb, typeNative, typeSPA, typeWorker), func(a *tenant.Application) *string { return &a.Type }, "decides the defaults below").must(),
		at("opSessionCheckEnabled", flag(), func(a *tenant.Application) *bool { return &a.OpSessionCheckEnabled },
			"puts session_state on authorization responses (OpenID Connect Session Management)").or("false"),
		at("clientSessionUri", uri(), func(a *tenant.Application) *string { return &a.ClientSessionURI },
			"the page that watches the session, if its origin differs from the redirect URI's").orElse("the origin of the redirect URI in use"),
		at("realm", realmNames(), func(a *tenant.Application) *string { return &a.Realm },
			"limits the application to one realm of AM's dialect").orElse("all realms have it"),
		at("redirectUris", set("a list of URIs", starredURI()), func(a *tenant.Application) *[]string { return &a.RedirectURIs },
			"where responses may go, compared character by character: https, http on loopback, or a private-use scheme of a native application"),
		at("allowWildcardInRedirectUris", flag(), func(a *tenant.Application) *bool { return &a.AllowWildcardInRedirectURIs },
			"one star in a redirect URI stands for a word, in the first label of the host or in a segment of the path; exact addresses are safer").or("false"),
		at("postLogoutRedirectUris", set("a list of URIs", uri()), func(a *tenant.Application) *[]string { return &a.PostLogoutRedirectURIs },
			"where a sign-off may lead, compared character by character"),
	}
}

func protocolFields() []field[tenant.Application] {
	return []field[tenant.Application]{
		at("grantTypes", set("a list of grant types", oneOf(grantTypes()...)), func(a *tenant.Application) *[]string { return &a.GrantTypes },
			"AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE, TOKEN_EXCHANGE, and IMPLICIT for tokens on the front channel").or("[AUTHORIZATION_CODE]"),
		at("responseTypes", set("a list of response types", oneOf(tenant.ResponseCode, tenant.ResponseIDToken, tenant.ResponseToken, tenant.ResponseNone)), func(a *tenant.Application) *[]string { return &a.ResponseTypes },
			"CODE, ID_TOKEN, TOKEN, and NONE for checks of the session that bring nothing; requests may combine the first three").or("[CODE]"),
		at("tokenEndpointAuthMethod", oneOf(tenant.AuthNone, tenant.AuthBasic, tenant.AuthPost, tenant.AuthSecretJWT, tenant.AuthPrivateKey, tenant.AuthTLS, tenant.AuthSelfSigned), func(a *tenant.Application) *string { return &a.TokenEndpointAuthMethod },
			"how the application proves itself").orElse("`CLIENT_SECRET_BASIC` for WEB_APP, else `NONE`"),
		at("clientSecret", oneSecret(), func(a *tenant.Application) *[]string { return &a.ClientSecrets }, "the secret, best as ${NAME}"),
		at("clientSecrets", secrets(), func(a *tenant.Application) *[]string { return &a.ClientSecrets }, "several secrets while one replaces the other: each is right"),
		at("pkceEnforcement", oneOf(tenant.PKCEOptional, tenant.PKCERequired, tenant.PKCES256Required), func(a *tenant.Application) *string { return &a.PKCEEnforcement },
			"whether a code challenge is required").orElse("`S256_REQUIRED` for SINGLE_PAGE_APP and NATIVE_APP, else `OPTIONAL`"),
		at("corsSettings", mapping("a mapping", corsFields(), checkCORS), func(a *tenant.Application) *tenant.CORS { return &a.CORS },
			"which origins may read answers").orElse("the origins of the application's own addresses"),
		at("scopes", set("a list of scopes", that(text("a scope"), scopeToken, "printable ASCII without space, quote or backslash")), func(a *tenant.Application) *[]string { return &a.Scopes },
			"what it may ask for; openid is always among them").or("[openid, profile, email]"),
		at("idTokenSigningAlg", oneOf(signing.Algorithms()...), func(a *tenant.Application) *string { return &a.IDTokenSigningAlg },
			"how ID tokens are signed; RS256 and PS256 cost the server far more").or("ES256"),
		at("flowPolicies", set("a list of flow names", flowNames()), func(a *tenant.Application) *[]string { return &a.FlowPolicies },
			"the flows that sign people on, or the policies that share among several, by priority; acr_values picks one of them").orElse("the environment's defaultFlow"),
	}
}

func lifetimeFields() []field[tenant.Application] {
	return []field[tenant.Application]{
		at("countsAsActivity", flag(), func(a *tenant.Application) *bool { return &a.CountsAsActivity },
			"silent checks, refreshes and userinfo requests of this application keep the session from idling").or("false"),
		at("refreshTokensOutliveSession", flag(), func(a *tenant.Application) *bool { return &a.RefreshTokensOutliveSession },
			"the end of a session leaves this application's refresh tokens alone").or("false"),
		at("accessTokenLifetime", duration(time.Minute), func(a *tenant.Application) *time.Duration { return &a.AccessTokenLifetime },
			"how long an access token is good").or("1h"),
		at("idTokenLifetime", duration(time.Minute), func(a *tenant.Application) *time.Duration { return &a.IDTokenLifetime },
			"how long an ID token is good").or("1h"),
		at("refreshTokenDuration", duration(time.Minute), func(a *tenant.Application) *time.Duration { return &a.RefreshTokenDuration },
			"how long a refresh token is good").or("30d"),
	}
}

func corsFields() []field[tenant.CORS] {
	return []field[tenant.CORS]{
		at("behavior", oneOf(tenant.CORSSpecific, tenant.CORSNone), func(c *tenant.CORS) *string { return &c.Behavior }, "the listed origins, or none at all").must(),
		at("origins", set("a list of origins", corsOrigin()), func(c *tenant.CORS) *[]string { return &c.Origins },
			"at most 20; https://*.example.com stands for one label"),
	}
}

// oneSecret is a list of one.
func oneSecret() kind[[]string] {
	plain := secret()
	return kind[[]string]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) ([]string, bool) {
		v, ok := plain.read(r, n, path)
		return []string{v}, ok
	}}
}
