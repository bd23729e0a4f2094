package config

import (
	"time"

	"vigil/internal/tenant"
)

// authorizationFields are what an application may want of authorization requests.
func authorizationFields() []field[tenant.Application] {
	return []field[tenant.Application]{
		at("parRequirement", oneOf(tenant.PAROptional, tenant.PARRequired), func(a *tenant.Application) *string { return &a.PARRequirement },
			"whether requests must be pushed to /as/par first (RFC 9126)").or(tenant.PAROptional),
		at("parTimeout", duration(time.Second), func(a *tenant.Application) *time.Duration { return &a.PARTimeout },
			"how long a pushed request waits to be used").or("60s"),
		at("requireSignedRequestObject", flag(), func(a *tenant.Application) *bool { return &a.RequireSignedRequestObject },
			"no request but one whose parameters the application signed (RFC 9101)").or("false"),
		at("supportUnsignedRequestObject", flag(), func(a *tenant.Application) *bool { return &a.SupportUnsignedRequestObject },
			"request objects of alg none are read; they prove nothing").or("false"),
		at("defaultMaxAge", duration(time.Second), func(a *tenant.Application) *time.Duration { return &a.DefaultMaxAge },
			"how old a sign-on may be for a request that has no max_age").orElse("as old as the session lets it be"),
		at("consent", oneOf(tenant.ConsentNone, tenant.ConsentRemembered, tenant.ConsentAlways), func(a *tenant.Application) *string { return &a.Consent },
			"whether people are asked before the application learns of them: never, once for each scope, or at every sign-on").or(tenant.ConsentNone),
	}
}
