package config

import (
	"slices"

	"go.yaml.in/yaml/v4"

	"vigil/internal/tenant"
)

// checkApplication fills in what depends on the type and looks at the registration as a whole.
func checkApplication(r *reader, n *yaml.Node, path string, a *tenant.Application) {
	if a.Name == "" {
		a.Name = a.ClientID
	}
	if !slices.Contains(a.Scopes, "openid") {
		a.Scopes = append([]string{"openid"}, a.Scopes...)
	}
	if !r.sound(path + ".type") {
		return
	}
	public := a.Type != typeWeb && a.Type != typeWorker
	if a.TokenEndpointAuthMethod == "" && r.sound(path+".tokenEndpointAuthMethod") {
		a.TokenEndpointAuthMethod = tenant.AuthBasic
		if public {
			a.TokenEndpointAuthMethod = tenant.AuthNone
		}
	}
	if a.PKCEEnforcement == "" {
		a.PKCEEnforcement = tenant.PKCEOptional
		if public {
			a.PKCEEnforcement = tenant.PKCES256Required
		}
	}
	c := registration{r: r, n: n, path: path, a: a}
	c.checkSecrets()
	c.checkGrants()
	c.checkAddresses()
	c.checkLogout()
	c.checkShown()
	c.checkKeys()
	c.checkCertificate()
	c.checkTokens()
	c.checkEncryption()
	c.checkEffects()
}

// registration is one application under examination.
type registration struct {
	r    *reader
	n    *yaml.Node // the application's mapping
	path string
	a    *tenant.Application
}

// at is the value of a key, or the application if the key is not given.
func (c registration) at(key string) *yaml.Node { return c.r.at(c.path+"."+key, c.n) }

func (c registration) given(key string) bool { return c.r.given(c.path + "." + key) }

func (c registration) sound(keys ...string) bool {
	for _, k := range keys {
		if !c.r.sound(c.path + "." + k) {
			return false
		}
	}
	return true
}

func (c registration) checkSecrets() {
	if !c.sound("clientSecret", "clientSecrets", "tokenEndpointAuthMethod") {
		return
	}
	method, secret := c.a.TokenEndpointAuthMethod, "clientSecret"
	if c.given("clientSecrets") {
		secret = "clientSecrets"
	}
	switch {
	case c.given("clientSecret") && c.given("clientSecrets"):
		c.r.fault(c.at("clientSecrets"), ruleContradiction, "both clientSecret and clientSecrets are given").Hint = "list all of them under clientSecrets"
	case c.a.Type == typeSPA && method != tenant.AuthNone:
		c.r.fault(c.at("tokenEndpointAuthMethod"), ruleContradiction, "a %s cannot keep a secret from its users", typeSPA).Hint = "use NONE, or type WEB_APP if a server holds the secret"
	case method == tenant.AuthNone && len(c.a.ClientSecrets) > 0:
		c.r.fault(c.at(secret), ruleContradiction, "a secret is given, but tokenEndpointAuthMethod is NONE").Hint = "leave the secret out, or choose CLIENT_SECRET_BASIC or CLIENT_SECRET_POST"
	case byKey(method) && len(c.a.ClientSecrets) > 0:
		c.r.fault(c.at(secret), ruleContradiction, "a secret is given, but tokenEndpointAuthMethod is %s", method).Hint = "leave the secret out: the application proves itself with its keys"
	case method != tenant.AuthNone && !byKey(method) && len(c.a.ClientSecrets) == 0:
		c.r.fault(c.at(secret), ruleMissingKey, "tokenEndpointAuthMethod is %s, but there is no clientSecret", method).Hint = "give clientSecret: ${NAME}"
	case method == tenant.AuthNone && c.a.PKCEEnforcement == tenant.PKCEOptional && c.sound("pkceEnforcement"):
		// RFC 9700 2.1.1: public clients must use PKCE
		c.r.fault(c.at("pkceEnforcement"), ruleContradiction, "an application without a secret needs PKCE").Hint = "use S256_REQUIRED"
	}
}

// byKey: the application proves itself with a key of its own.
func byKey(method string) bool {
	return slices.Contains([]string{tenant.AuthPrivateKey, tenant.AuthTLS, tenant.AuthSelfSigned}, method)
}

func (c registration) checkGrants() {
	if !c.sound("grantTypes", "responseTypes", "redirectUris") {
		return
	}
	code, implicit := c.a.AllowsGrant(tenant.GrantAuthorizationCode), c.a.AllowsGrant(tenant.GrantImplicit)
	front := c.a.AllowsResponse(tenant.ResponseIDToken) || c.a.AllowsResponse(tenant.ResponseToken)
	switch {
	case len(c.a.GrantTypes) == 0:
		c.r.fault(c.at("grantTypes"), ruleValue, "an application without a grant type can do nothing")
	case !code && !c.a.AllowsGrant(tenant.GrantDeviceCode) && c.a.AllowsGrant(tenant.GrantRefreshToken): // RFC 6749 6: refresh tokens come from another grant
		c.r.fault(c.at("grantTypes"), ruleContradiction, "REFRESH_TOKEN needs AUTHORIZATION_CODE or DEVICE_CODE beside it")
	case code && !c.a.AllowsResponse(tenant.ResponseCode):
		c.r.fault(c.at("responseTypes"), ruleContradiction, "AUTHORIZATION_CODE needs the response type CODE")
	case implicit && !front:
		c.r.fault(c.at("responseTypes"), ruleContradiction, "IMPLICIT needs the response type ID_TOKEN or TOKEN")
	case front && !implicit:
		c.r.fault(c.at("grantTypes"), ruleContradiction, "the response types ID_TOKEN and TOKEN need IMPLICIT")
	case (code || implicit) && len(c.a.RedirectURIs) == 0:
		c.r.fault(c.at("redirectUris"), ruleMissingKey, "%s needs redirectUris: there is nowhere to send an answer", c.a.GrantTypes[0])
	}
}

func (c registration) checkAddresses() {
	for _, key := range []string{"redirectUris", "postLogoutRedirectUris"} {
		for i := 0; c.r.places[c.path+"."+item(key, i)] != nil; i++ {
			if c.given(item(key, i)) {
				n := c.at(item(key, i))
				if v, ok := c.checkStar(n, n.Value); ok {
					c.r.checkRedirect(n, v, c.a.Type == typeNative)
				}
			}
		}
	}
	if c.given("clientSessionUri") {
		c.r.checkWeb(c.at("clientSessionUri"), c.a.ClientSessionURI)
	}
}

// checkEffects warns of values that change nothing.
func (c registration) checkEffects() {
	if c.given("clientSessionUri") && !c.a.OpSessionCheckEnabled && c.sound("opSessionCheckEnabled") {
		c.r.warn(c.at("clientSessionUri"), ruleIneffective, "clientSessionUri changes nothing while opSessionCheckEnabled is false")
	}
	if !c.sound("grantTypes") || c.a.AllowsGrant(tenant.GrantRefreshToken) {
		return
	}
	for _, key := range []string{"refreshTokenDuration", "refreshTokensOutliveSession", "refreshTokenRollingDuration", "refreshTokenRollingGracePeriodDuration"} {
		if c.given(key) {
			c.r.warn(c.at(key), ruleIneffective, "%s changes nothing without the grant type REFRESH_TOKEN", key)
		}
	}
}
