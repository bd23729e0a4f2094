package server

import (
	"vigil/internal/clientauth"
	"vigil/internal/clientkeys"
	"vigil/internal/dpop"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/op/discovery"
	"vigil/internal/tenant"
)

// responseModes are all that authorize answers in, as they travel.
func responseModes() []string {
	modes := make([]string, 0, len(oidc.Modes()))
	for _, m := range oidc.Modes() {
		modes = append(modes, string(m))
	}
	return modes
}

// supports is what discovery says of this server, as it is configured.
func (s *Server) supports() discovery.Supported {
	all, certificates := supported(), s.options.Config.ClientCertificates
	if certificates == nil {
		return all
	}
	all.CertificateBoundTokens = true
	if certificates.Authorities != nil {
		all.TokenAuthMethods = append(all.TokenAuthMethods, "tls_client_auth")
	}
	all.TokenAuthMethods = append(all.TokenAuthMethods, "self_signed_tls_client_auth")
	return all
}

// supported is what discovery says. A line goes in with the endpoint that serves it.
func supported() discovery.Supported {
	return discovery.Supported{
		Authorize: "/as/authorize", Token: "/as/token", UserInfo: "/as/userinfo", JWKS: "/as/jwks",
		SignOff: "/as/signoff", IDPSignOff: "/as/idpSignoff", Logout: true, CheckSession: "/as/checksession",
		Revoke: "/as/revoke", Introspect: "/as/introspect", DeviceAuthorization: "/as/device_authorization", Push: "/as/par", Register: "/as/register", RequestAlgs: clientkeys.Algorithms(), ClaimsParameter: true,
		AssertionAlgs: append(clientkeys.Algorithms(), clientauth.SecretAlgorithms()...), ProofAlgs: dpop.Algorithms(),
		SubjectTypes:         []string{tenant.SubjectPublic, tenant.SubjectPairwise},
		Scopes:               []string{"openid", "profile", "email", "phone", "address", "offline_access"},
		ResponseTypes:        []string{"code", "id_token", "token id_token", "code id_token", "code token", "code token id_token", "none"},
		ResponseModes:        responseModes(),
		GrantTypes:           []string{"authorization_code", "implicit", "refresh_token", oidc.GrantClientCredentials, oidc.GrantDeviceCode, oidc.GrantTokenExchange},
		TokenAuthMethods:     []string{"none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"},
		CodeChallengeMethods: []string{"S256"},
		SigningAlgs:          keys.Algorithms(),
		RequestKeyAlgs:       keys.KeyManagement(), RequestContentAlgs: keys.ContentEncryption(),
		KeyAlgs: clientkeys.KeyManagement(), ContentAlgs: clientkeys.ContentEncryption(),
		Claims: []string{
			"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "amr", "at_hash", "c_hash",
			"name", "given_name", "family_name", "preferred_username", "updated_at", "email", "email_verified", "phone_number", "address",
		},
		Displays: []string{"page", "popup", "touch", "wap"},
		Prompts:  []string{"none", "login", "consent", "select_account"},
	}
}
