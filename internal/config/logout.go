package config

import (
	"slices"

	"vigil/internal/tenant"
)

// logoutFields say how an application hears that a session ended.
func logoutFields() []field[tenant.Application] {
	return []field[tenant.Application]{
		at("backchannelLogoutUri", uri(), func(a *tenant.Application) *string { return &a.BackchannelLogoutURI },
			"gets a logout token whenever a session that the application joined ends, by sign-off, time-out or deletion (OpenID Connect Back-Channel Logout): https, or http on loopback"),
		at("backchannelLogoutSessionRequired", flag(), func(a *tenant.Application) *bool { return &a.BackchannelLogoutSessionRequired },
			"the application needs sid in logout tokens; Vigil always puts it there").or("false"),
		at("frontchannelLogoutUri", uri(), func(a *tenant.Application) *string { return &a.FrontchannelLogoutURI },
			"a page that is loaded in a hidden frame when the person signs off (OpenID Connect Front-Channel Logout), on the origin of one of the redirectUris"),
		at("frontchannelLogoutSessionRequired", flag(), func(a *tenant.Application) *bool { return &a.FrontchannelLogoutSessionRequired },
			"the application needs iss and sid there; Vigil always adds them").or("false"),
		at("idpSignoff", flag(), func(a *tenant.Application) *bool { return &a.IDPSignoff },
			"an ID token of this application alone ends its session at /as/idpSignoff, from any browser or server").or("false"),
	}
}

// checkLogout judges where news of an ending go.
func (c registration) checkLogout() {
	if c.given("backchannelLogoutUri") {
		c.r.checkWeb(c.at("backchannelLogoutUri"), c.a.BackchannelLogoutURI)
	}
	if c.given("frontchannelLogoutUri") && c.sound("redirectUris") {
		c.r.checkWeb(c.at("frontchannelLogoutUri"), c.a.FrontchannelLogoutURI)
		origin := originOf(c.a.FrontchannelLogoutURI)
		same := func(redirect string) bool { return originOf(redirect) == origin }
		// OIDC Front-Channel Logout 2: scheme, host and port are those of a registered redirect URI.
		if origin != "" && !slices.ContainsFunc(c.a.RedirectURIs, same) {
			c.r.fault(c.at("frontchannelLogoutUri"), ruleContradiction, "%s is on an origin that none of the redirectUris is on", shown(c.a.FrontchannelLogoutURI))
		}
	}
	for needs, key := range map[string]string{"backchannelLogoutSessionRequired": "backchannelLogoutUri", "frontchannelLogoutSessionRequired": "frontchannelLogoutUri"} {
		if c.given(needs) && !c.given(key) && c.sound(key) {
			c.r.warn(c.at(needs), ruleIneffective, "%s changes nothing without %s", needs, key)
		}
	}
}
