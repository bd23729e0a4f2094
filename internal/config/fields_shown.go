package config

import "vigil/internal/tenant"

// shownFields are where pages lead people who look for the application.
func shownFields() []field[tenant.Application] {
	return []field[tenant.Application]{
		at("homePageUrl", uri(), func(a *tenant.Application) *string { return &a.HomePageURL },
			"where people find the application; pages at which a sign-on or a sign-off ends lead there"),
		at("initiateLoginUri", uri(), func(a *tenant.Application) *string { return &a.InitiateLoginURI },
			"begins a sign-on at the application, with `iss` in its query (OpenID Connect Core 4); pages that cannot go on lead there").orElse("homePageUrl"),
		at("policyUri", uri(), func(a *tenant.Application) *string { return &a.PolicyURI },
			"what the application does with data of people, named where they are asked to agree"),
		at("tosUri", uri(), func(a *tenant.Application) *string { return &a.TOSURI }, "the terms of the application, named beside it"),
	}
}

// checkShown judges the addresses that people may follow.
func (c registration) checkShown() {
	for key, address := range map[string]string{
		"homePageUrl": c.a.HomePageURL, "initiateLoginUri": c.a.InitiateLoginURI, "policyUri": c.a.PolicyURI, "tosUri": c.a.TOSURI,
	} {
		if c.given(key) && c.sound(key) {
			c.r.checkWeb(c.at(key), address)
		}
	}
	for _, key := range []string{"policyUri", "tosUri"} {
		if c.given(key) && c.a.Consent == tenant.ConsentNone && c.sound("consent") {
			c.r.warn(c.at(key), ruleIneffective, "%s changes nothing while consent is %s, unless a request asks by prompt=consent", key, tenant.ConsentNone)
		}
	}
}
