package config

import (
	"encoding/json"
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/internal/clientkeys"
	signing "vigil/internal/keys"
	"vigil/internal/outbound"
	"vigil/internal/tenant"
)

// tokenFields are how an application proves itself with keys, and what its tokens are like.
func tokenFields() []field[tenant.Application] {
	return []field[tenant.Application]{
		at("jwks", jwks(), func(a *tenant.Application) *[]byte { return &a.JWKS }, "the application's public keys as a JWK set: a mapping, or a text of JSON"),
		at("jwksUrl", jwksURL(), func(a *tenant.Application) *string { return &a.JWKSURL }, "where the application's public keys lie, as https"),
		at("tokenEndpointAuthSigningAlg", oneOf(assertionAlgorithms()...), func(a *tenant.Application) *string { return &a.TokenEndpointAuthSigningAlg },
			"the only algorithm that the application's assertions may be signed with").orElse("every one that fits tokenEndpointAuthMethod"),
		at("clientAssertionAudience", oneOf(tenant.AudienceIssuer, tenant.AudienceEndpoint), func(a *tenant.Application) *string { return &a.ClientAssertionAudience },
			"whom assertions may be made for: the issuer alone, or also the address that is called").or(tenant.AudienceIssuer),
		at("accessTokenFormat", oneOf(tenant.TokenJWT, tenant.TokenOpaque), func(a *tenant.Application) *string { return &a.AccessTokenFormat },
			"JWT, which resources verify themselves, or OPAQUE, which they introspect").or(tenant.TokenJWT),
		at("requestScopesForMultipleResourcesEnabled", flag(), func(a *tenant.Application) *bool { return &a.RequestScopesForMultipleResourcesEnabled },
			"one access token may be for several resources").or("false"),
		at("subjectType", oneOf(tenant.SubjectPublic, tenant.SubjectPairwise), func(a *tenant.Application) *string { return &a.SubjectType },
			"whether sub is the same for all applications, or another one in each sector").or(tenant.SubjectPublic),
		at("sectorIdentifierUri", uri(), func(a *tenant.Application) *string { return &a.SectorIdentifierURI },
			"its host names the sector of pairwise subjects").orElse("the host of the redirect URIs"),
		at("userinfoSignedResponseAlg", oneOf(signing.Algorithms()...), func(a *tenant.Application) *string { return &a.UserinfoSignedResponseAlg },
			"signs answers of userinfo").orElse("they are plain JSON"),
		at("dpopBoundAccessTokens", flag(), func(a *tenant.Application) *bool { return &a.DPoPBoundAccessTokens },
			"every access token is bound to a key of the application (RFC 9449)").or("false"),
		at("dpopNonceRequired", flag(), func(a *tenant.Application) *bool { return &a.DPoPNonceRequired },
			"DPoP proofs need a nonce that the server gave").or("false"),
		at("deviceTimeout", between(time.Second, time.Hour), func(a *tenant.Application) *time.Duration { return &a.DeviceTimeout },
			"how long a device waits for somebody to sign on elsewhere").or("10m"),
		at("devicePollingInterval", between(time.Second, time.Minute), func(a *tenant.Application) *time.Duration { return &a.DevicePollingInterval },
			"how long a device waits between two questions").or("5s"),
		at("devicePathId", that(text("a path"), environmentID, "1 to 64 letters, digits and hyphens: it stands in an address that people type"), func(a *tenant.Application) *string { return &a.DevicePathID },
			"the last part of the address that people type for a device of this application").orElse("the address ends in /as/device"),
		at("refreshTokenRollingDuration", duration(time.Minute), func(a *tenant.Application) *time.Duration { return &a.RefreshTokenRollingDuration },
			"how long refresh tokens may follow each other after one sign-on; each is good for refreshTokenDuration").orElse("refreshTokenDuration"),
		at("additionalRefreshTokenReplayProtectionEnabled", inverted(), func(a *tenant.Application) *bool { return &a.ToleratesRefreshTokenReuse },
			"a refresh token that comes back ends its whole line, with the access tokens of it").or("true"),
		at("refreshTokenType", ignored(oneOf("OPAQUE_TOKEN", "JSON_WEB_TOKEN")), func(a *tenant.Application) *struct{} { return &struct{}{} },
			"for configurations of PingOne: refresh tokens are always opaque").or("OPAQUE_TOKEN"),
		at("refreshTokenRollingGracePeriodDuration", between(0, 24*time.Hour), func(a *tenant.Application) *time.Duration { return &a.RefreshTokenRollingGracePeriodDuration },
			"how long the refresh token before the current one still gives the current one; 0 for never").or("10s"),
	}
}

func assertionAlgorithms() []string {
	return append(clientkeys.Algorithms(), "HS256", "HS384", "HS512")
}

// inverted reads a flag whose meaning is kept the other way round, so that the zero value is the default.
func inverted() kind[bool] {
	plain := flag()
	return kind[bool]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (bool, bool) {
		v, ok := plain.read(r, n, path)
		return !v, ok
	}}
}

// ignored reads a word and keeps nothing of it.
func ignored(plain kind[string]) kind[struct{}] {
	return kind[struct{}]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (struct{}, bool) {
		_, ok := plain.read(r, n, path)
		return struct{}{}, ok
	}}
}

// between reads a duration of at most longest.
func between(shortest, longest time.Duration) kind[time.Duration] {
	plain := duration(shortest)
	return kind[time.Duration]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (time.Duration, bool) {
		d, ok := plain.read(r, n, path)
		if ok && d > longest {
			r.fault(n, ruleDuration, "%s is too long: at most %s", shown(n.Value), longest)
			return 0, false
		}
		return d, ok
	}}
}

// jwks reads a JWK set, as a mapping or as PingOne's text of JSON.
func jwks() kind[[]byte] {
	const name = "a JWK set"
	return kind[[]byte]{name: name, read: func(r *reader, n *yaml.Node, path string) ([]byte, bool) {
		// Whoever puts a private key here by mistake is not to find it in a log.
		r.hidden = append(r.hidden, n)
		document := []byte(n.Value)
		if n.Kind == yaml.MappingNode {
			var value any
			err := n.Decode(&value)
			if err == nil {
				document, err = json.Marshal(value)
			}
			if err != nil {
				r.fault(n, ruleType, "wanted %s, got %s", name, what(n))
				return nil, false
			}
		}
		if _, err := clientkeys.ParseSet(document); err != nil {
			r.fault(n, ruleValue, "this is no JWK set that can be used").Hint = "it holds public keys only: RSA of 2048 bits or more, P-256 or Ed25519 to verify signatures with; RSA, P-256, P-384 or P-521 to encrypt to"
			return nil, false
		}
		return document, true
	}}
}

func jwksURL() kind[string] {
	return checked(uri(), func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		err := outbound.Check(v)
		if err == nil {
			return nil
		}
		return r.fault(n, ruleURI, "%s cannot be called: %v", shown(v), err)
	})
}
