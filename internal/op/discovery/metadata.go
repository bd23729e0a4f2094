package discovery

import (
	"slices"

	"vigil/internal/tenant"
)

// Supported is what the server serves. The wiring fills it beside the endpoints it mounts; an empty path or list is left out of documents.
type Supported struct {
	// Paths below the host of an environment, such as /as/authorize.
	Authorize, Token, UserInfo, JWKS, SignOff, IDPSignOff, CheckSession string
	Revoke, Introspect, DeviceAuthorization, Push                       string
	// Register is named where an environment lets applications register.
	Register string
	// Logout: applications are told of an ending, in front and back channel, with sid.
	Logout bool

	Scopes               []string // openid is among them
	ResponseTypes        []string
	ResponseModes        []string
	GrantTypes           []string
	TokenAuthMethods     []string
	CodeChallengeMethods []string
	SigningAlgs          []string // of ID tokens, of userinfo and of introspection
	AssertionAlgs        []string // of client assertions
	RequestAlgs          []string // of request objects. Empty: there are none
	RequestKeyAlgs       []string // that request objects may be encrypted with
	RequestContentAlgs   []string
	KeyAlgs              []string // that ID tokens, userinfo, responses and introspection are encrypted with
	ContentAlgs          []string
	ClaimsParameter      bool
	ProofAlgs            []string // of DPoP proofs
	// CertificateBoundTokens: access tokens can be bound to the certificate of their client.
	CertificateBoundTokens bool
	SubjectTypes           []string
	Claims                 []string
	Prompts                []string
	Displays               []string
	UILocales              []string // BCP 47
}

// metadata is a discovery document. Its members come in the order in which PingOne lists them.
//
// OIDC Discovery 3, OIDC Session 2.1 (check_session_iframe), OIDC RP-Initiated Logout 2.1 (end_session_endpoint), RFC 8414 2, RFC 9126 5, RFC 9207 3.
type metadata struct {
	Issuer               string   `json:"issuer"`
	Authorization        string   `json:"authorization_endpoint,omitempty"`
	Token                string   `json:"token_endpoint,omitempty"`
	UserInfo             string   `json:"userinfo_endpoint,omitempty"`
	JWKS                 string   `json:"jwks_uri,omitempty"`
	Registration         string   `json:"registration_endpoint,omitempty"`
	EndSession           string   `json:"end_session_endpoint,omitempty"`
	EndIDPSession        string   `json:"ping_end_idp_session_endpoint,omitempty"`
	CheckSession         string   `json:"check_session_iframe,omitempty"`
	FrontLogout          bool     `json:"frontchannel_logout_supported,omitempty"`
	FrontLogoutSession   bool     `json:"frontchannel_logout_session_supported,omitempty"`
	BackLogout           bool     `json:"backchannel_logout_supported,omitempty"`
	BackLogoutSession    bool     `json:"backchannel_logout_session_supported,omitempty"`
	Introspect           string   `json:"introspection_endpoint,omitempty"`
	Revoke               string   `json:"revocation_endpoint,omitempty"`
	DeviceAuthorization  string   `json:"device_authorization_endpoint,omitempty"`
	Push                 string   `json:"pushed_authorization_request_endpoint,omitempty"`
	PushRequired         bool     `json:"require_pushed_authorization_requests"`
	ClaimsParameter      bool     `json:"claims_parameter_supported"`
	RequestParameter     bool     `json:"request_parameter_supported"`
	RequestURIParameter  bool     `json:"request_uri_parameter_supported"`
	Scopes               []string `json:"scopes_supported,omitempty"`
	ResponseTypes        []string `json:"response_types_supported"`
	ResponseModes        []string `json:"response_modes_supported,omitempty"`
	GrantTypes           []string `json:"grant_types_supported,omitempty"`
	SubjectTypes         []string `json:"subject_types_supported"`
	IDTokenAlgs          []string `json:"id_token_signing_alg_values_supported"`
	IDTokenKeyAlgs       []string `json:"id_token_encryption_alg_values_supported,omitempty"`
	IDTokenContentAlgs   []string `json:"id_token_encryption_enc_values_supported,omitempty"`
	ResponseKeyAlgs      []string `json:"authorization_encryption_alg_values_supported,omitempty"`
	ResponseContentAlgs  []string `json:"authorization_encryption_enc_values_supported,omitempty"`
	RequestKeyAlgs       []string `json:"request_object_encryption_alg_values_supported,omitempty"`
	RequestContentAlgs   []string `json:"request_object_encryption_enc_values_supported,omitempty"`
	UserInfoKeyAlgs      []string `json:"userinfo_encryption_alg_values_supported,omitempty"`
	UserInfoContentAlgs  []string `json:"userinfo_encryption_enc_values_supported,omitempty"`
	LookKeyAlgs          []string `json:"introspection_encryption_alg_values_supported,omitempty"`
	LookContentAlgs      []string `json:"introspection_encryption_enc_values_supported,omitempty"`
	ResponseAlgs         []string `json:"authorization_signing_alg_values_supported,omitempty"`
	RequestAlgs          []string `json:"request_object_signing_alg_values_supported,omitempty"`
	UserInfoAlgs         []string `json:"userinfo_signing_alg_values_supported,omitempty"`
	TokenAuthMethods     []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	TokenAuthAlgs        []string `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	RevokeAuthMethods    []string `json:"revocation_endpoint_auth_methods_supported,omitempty"`
	RevokeAuthAlgs       []string `json:"revocation_endpoint_auth_signing_alg_values_supported,omitempty"`
	LookAuthMethods      []string `json:"introspection_endpoint_auth_methods_supported,omitempty"`
	LookAuthAlgs         []string `json:"introspection_endpoint_auth_signing_alg_values_supported,omitempty"`
	LookAlgs             []string `json:"introspection_signing_alg_values_supported,omitempty"`
	ProofAlgs            []string `json:"dpop_signing_alg_values_supported,omitempty"`
	CertificateBound     bool     `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	CertificateAliases   *aliases `json:"mtls_endpoint_aliases,omitempty"`
	ClaimTypes           []string `json:"claim_types_supported"`
	Claims               []string `json:"claims_supported,omitempty"`
	CodeChallengeMethods []string `json:"code_challenge_methods_supported,omitempty"`
	ACRValues            []string `json:"acr_values_supported,omitempty"`
	Prompts              []string `json:"prompt_values_supported,omitempty"`
	Displays             []string `json:"display_values_supported,omitempty"`
	UILocales            []string `json:"ui_locales_supported,omitempty"`
	ResponseIssuer       bool     `json:"authorization_response_iss_parameter_supported"`
}

// aliases are the addresses at which a certificate is asked for.
//
// RFC 8705 5.
type aliases struct {
	Token               string `json:"token_endpoint"`
	UserInfo            string `json:"userinfo_endpoint,omitempty"`
	Introspect          string `json:"introspection_endpoint,omitempty"`
	Revoke              string `json:"revocation_endpoint,omitempty"`
	DeviceAuthorization string `json:"device_authorization_endpoint,omitempty"`
	Push                string `json:"pushed_authorization_request_endpoint,omitempty"`
}

// aliases gives the addresses at which a base asks for certificates. Nil: at the usual ones, or nowhere.
func (s *Supported) aliases(base tenant.Base) *aliases {
	host := base.Environment.CertificateHost
	if !s.CertificateBoundTokens || host == "" || base.Realm != nil || base.Origin != base.Environment.Hosts[0] {
		return nil
	}
	return &aliases{
		Token: host + s.Token, UserInfo: host + s.UserInfo, Introspect: host + s.Introspect, Revoke: host + s.Revoke,
		DeviceAuthorization: host + s.DeviceAuthorization, Push: host + s.Push,
	}
}

// document makes the metadata of one base.
func (s *Supported) document(base tenant.Base) metadata {
	url := func(path string) string {
		if path == "" {
			return ""
		}
		return base.URL(path)
	}
	m := metadata{
		Issuer:        base.Issuer(),
		Authorization: url(s.Authorize), Token: url(s.Token), UserInfo: url(s.UserInfo), JWKS: url(s.JWKS),
		EndSession: url(s.SignOff), EndIDPSession: url(s.IDPSignOff),
		// OIDC Front-Channel Logout 3, OIDC Back-Channel Logout 2.1.
		FrontLogout: s.Logout, FrontLogoutSession: s.Logout, BackLogout: s.Logout, BackLogoutSession: s.Logout,
		CheckSession: url(s.CheckSession),
		// OIDC Discovery 3: request_uri_parameter_supported is true unless it is said to be false.
		ClaimsParameter: s.ClaimsParameter, RequestParameter: len(s.RequestAlgs) > 0, RequestURIParameter: false,
		// RFC 9126 5; what an application must do, its registration says. JARM 4.
		Push: url(s.Push), RequestAlgs: s.RequestAlgs, ResponseAlgs: s.SigningAlgs,
		Scopes: s.Scopes, ResponseTypes: s.ResponseTypes, ResponseModes: s.ResponseModes, GrantTypes: s.GrantTypes,
		SubjectTypes: s.SubjectTypes, IDTokenAlgs: s.SigningAlgs, TokenAuthMethods: s.TokenAuthMethods,
		ClaimTypes: []string{"normal"}, Claims: s.Claims, CodeChallengeMethods: s.CodeChallengeMethods,
		Prompts: s.Prompts, Displays: s.Displays, UILocales: s.UILocales,
		ResponseIssuer: true,
		Introspect:     url(s.Introspect), Revoke: url(s.Revoke), DeviceAuthorization: url(s.DeviceAuthorization),
		UserInfoAlgs: s.SigningAlgs, TokenAuthAlgs: s.AssertionAlgs, ProofAlgs: s.ProofAlgs,
	}
	m.CertificateBound, m.CertificateAliases = s.CertificateBoundTokens, s.aliases(base) // RFC 8705 3.3
	if base.Environment.Registration != nil {
		m.Registration = url(s.Register)
	}
	if base.Environment.RegistrationFlow != "" {
		m.Prompts = append(slices.Clone(s.Prompts), "create") // OIDC Prompt Create 4.2
	}
	s.encryption(&m)
	m.ACRValues = classes(base.Environment)
	// RFC 8414 2: without these, client_secret_basic alone would be meant.
	if s.Revoke != "" {
		m.RevokeAuthMethods, m.RevokeAuthAlgs = s.TokenAuthMethods, s.AssertionAlgs
	}
	if s.Introspect != "" {
		proved := func(method string) bool { return method != "none" }
		m.LookAuthMethods, m.LookAuthAlgs, m.LookAlgs = only(s.TokenAuthMethods, proved), s.AssertionAlgs, s.SigningAlgs
	}
	return m
}

// classes are the authentication classes that acr_values can ask for: the flows that applications may choose among.
//
// OIDC Discovery 3.
func classes(environment *tenant.Environment) []string {
	var names []string
	for _, a := range environment.Applications {
		if a.Enabled {
			names = append(names, a.FlowPolicies...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// encryption says what can be encrypted to applications, and by them.
//
// OIDC Discovery 3; JARM 4; RFC 9701 7.
func (s *Supported) encryption(m *metadata) {
	m.RequestKeyAlgs, m.RequestContentAlgs = s.RequestKeyAlgs, s.RequestContentAlgs
	m.IDTokenKeyAlgs, m.IDTokenContentAlgs = s.KeyAlgs, s.ContentAlgs
	m.ResponseKeyAlgs, m.ResponseContentAlgs = s.KeyAlgs, s.ContentAlgs
	m.UserInfoKeyAlgs, m.UserInfoContentAlgs = s.KeyAlgs, s.ContentAlgs
	if s.Introspect != "" {
		m.LookKeyAlgs, m.LookContentAlgs = s.KeyAlgs, s.ContentAlgs
	}
}

func only(list []string, keep func(string) bool) []string {
	var kept []string
	for _, one := range list {
		if keep(one) {
			kept = append(kept, one)
		}
	}
	return kept
}
