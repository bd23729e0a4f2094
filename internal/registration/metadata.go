package registration

import (
	"encoding/json"
	"slices"
	"strings"

	"vigil/internal/oidc"
)

// Metadata are the members of a client's registration under their registered names, as they are answered.
//
// RFC 7591 2.
type Metadata map[string]json.RawMessage

// form is what a member looks like.
type form byte

const (
	text   form = iota // a string
	texts              // an array of strings
	flag               // a boolean
	number             // whole seconds
	object             // a JSON object, kept as it is
)

// member is one thing that clients may register.
type member struct {
	name string
	form form
	// key is the setting of an application in the configuration file that it becomes. Empty: translate knows, or it is information only.
	key string
	// words are the file's spellings of the protocol's words. Nil: they are spelled alike.
	words map[string]string
}

// members are all that is registered; what is not among them is ignored.
//
// RFC 7591 2: values that are not understood are ignored.
func members() []member {
	return []member{
		{name: "redirect_uris", form: texts, key: "redirectUris"},
		{name: "client_name", key: "name"},
		{name: "client_uri", key: "homePageUrl"},
		{name: "initiate_login_uri", key: "initiateLoginUri"},
		{name: "policy_uri", key: "policyUri"},
		{name: "tos_uri", key: "tosUri"},
		{name: "application_type"},
		{name: "token_endpoint_auth_method", key: "tokenEndpointAuthMethod", words: authMethods()},
		{name: "token_endpoint_auth_signing_alg", key: "tokenEndpointAuthSigningAlg"},
		{name: "grant_types", form: texts, key: "grantTypes", words: grantTypes()},
		{name: "response_types", form: texts},
		{name: "scope"},
		{name: "jwks", form: object, key: "jwks"},
		{name: "jwks_uri", key: "jwksUrl"},
		{name: "id_token_signed_response_alg", key: "idTokenSigningAlg"},
		{name: "userinfo_signed_response_alg", key: "userinfoSignedResponseAlg"},
		{name: "authorization_signed_response_alg", key: "authorizationSignedResponseAlg"}, // JARM 3
		{name: "introspection_signed_response_alg", key: "introspectionSignedResponseAlg"}, // RFC 9701 6
		{name: "id_token_encrypted_response_alg", key: "idTokenEncryptedResponseAlg"},
		{name: "id_token_encrypted_response_enc", key: "idTokenEncryptedResponseEnc"},
		{name: "userinfo_encrypted_response_alg", key: "userinfoEncryptedResponseAlg"},
		{name: "userinfo_encrypted_response_enc", key: "userinfoEncryptedResponseEnc"},
		{name: "authorization_encrypted_response_alg", key: "authorizationEncryptedResponseAlg"},
		{name: "authorization_encrypted_response_enc", key: "authorizationEncryptedResponseEnc"},
		{name: "introspection_encrypted_response_alg", key: "introspectionEncryptedResponseAlg"},
		{name: "introspection_encrypted_response_enc", key: "introspectionEncryptedResponseEnc"},
		{name: "default_max_age", form: number, key: "defaultMaxAge"},
		{name: "require_auth_time", form: flag}, // every ID token says it
		{name: "subject_type", key: "subjectType"},
		{name: "sector_identifier_uri", key: "sectorIdentifierUri"},
		{name: "require_signed_request_object", form: flag, key: "requireSignedRequestObject"}, // RFC 9101 10.5
		{name: "require_pushed_authorization_requests", form: flag},                            // RFC 9126 6
		{name: "dpop_bound_access_tokens", form: flag, key: "dpopBoundAccessTokens"},           // RFC 9449 5.2

		// RFC 8705 2.1.2, 3.4.
		{name: "tls_client_auth_subject_dn", key: "tlsClientAuthSubjectDn"},
		{name: "tls_client_auth_san_dns", key: "tlsClientAuthSanDns"},
		{name: "tls_client_auth_san_uri", key: "tlsClientAuthSanUri"},
		{name: "tls_client_auth_san_ip", key: "tlsClientAuthSanIp"},
		{name: "tls_client_auth_san_email", key: "tlsClientAuthSanEmail"},
		{name: "tls_client_certificate_bound_access_tokens", form: flag, key: "tlsClientCertificateBoundAccessTokens"},

		// OIDC RP-Initiated Logout 3.1, OIDC Front-Channel Logout 2, OIDC Back-Channel Logout 2.2.
		{name: "post_logout_redirect_uris", form: texts, key: "postLogoutRedirectUris"},
		{name: "frontchannel_logout_uri", key: "frontchannelLogoutUri"},
		{name: "frontchannel_logout_session_required", form: flag, key: "frontchannelLogoutSessionRequired"},
		{name: "backchannel_logout_uri", key: "backchannelLogoutUri"},
		{name: "backchannel_logout_session_required", form: flag, key: "backchannelLogoutSessionRequired"},

		// PingOne's names, for nobody else has any: seed 003, and what an application says of its own session.
		{name: "opSessionCheckEnabled", form: flag, key: "opSessionCheckEnabled"},
		{name: "clientSessionUri", key: "clientSessionUri"},
		{name: "idpSignoff", form: flag, key: "idpSignoff"},

		{name: "contacts", form: texts},
		{name: "software_id"},
		{name: "software_version"},
	}
}

func authMethods() map[string]string {
	return map[string]string{
		"none": "NONE", "client_secret_basic": "CLIENT_SECRET_BASIC", "client_secret_post": "CLIENT_SECRET_POST",
		"client_secret_jwt": "CLIENT_SECRET_JWT", "private_key_jwt": "PRIVATE_KEY_JWT",
		"tls_client_auth": "TLS_CLIENT_AUTH", "self_signed_tls_client_auth": "SELF_SIGNED_TLS_CLIENT_AUTH",
	}
}

func grantTypes() map[string]string {
	return map[string]string{
		oidc.GrantAuthorizationCode: "AUTHORIZATION_CODE", "implicit": "IMPLICIT", oidc.GrantRefreshToken: "REFRESH_TOKEN",
		oidc.GrantClientCredentials: "CLIENT_CREDENTIALS", oidc.GrantDeviceCode: "DEVICE_CODE", oidc.GrantTokenExchange: "TOKEN_EXCHANGE",
	}
}

// Limits of what is registered, beside those of the request as a whole.
const (
	maxTexts = 50   // members of a list
	maxText  = 2048 // bytes of one text
)

// Parse reads what a client wants to register, and makes what it left out explicit. The faults are those of RFC 7591 3.2.2.
func Parse(body []byte) (Metadata, *oidc.Error) {
	var given Metadata
	if err := json.Unmarshal(body, &given); err != nil || given == nil {
		return nil, invalid("the body is not a JSON object")
	}
	if fault := refuseStatement(given["software_statement"]); fault != nil {
		return nil, fault
	}
	kept := Metadata{}
	for _, m := range members() {
		value, there := given[m.name]
		if !there || string(value) == "null" { // RFC 7592 2.2: null is as good as omitted
			continue
		}
		if fault := m.check(value); fault != nil {
			return nil, fault
		}
		kept[m.name] = value
	}
	kept.complete()
	return kept, nil
}

// refuseStatement: no issuer of software statements is trusted, and what one says is not to be taken for unsaid.
//
// RFC 7591 2.3, 3.2.2.
func refuseStatement(value json.RawMessage) *oidc.Error {
	if value == nil {
		return nil
	}
	var statement string
	if json.Unmarshal(value, &statement) != nil || strings.Count(statement, ".") != 2 {
		return oidc.NewError(oidc.CodeInvalidSoftwareStatement, "software_statement is not a signed JWT")
	}
	return oidc.NewError(oidc.CodeUnapprovedSoftwareStatement, "no issuer of software statements is trusted here")
}

// check wants a value to be of the member's form.
func (m member) check(value json.RawMessage) *oidc.Error {
	var err error
	var list []string
	what := "a text"
	switch m.form {
	case text:
		var one string
		err = json.Unmarshal(value, &one)
		list = []string{one}
	case texts:
		what = "a list of texts"
		err = json.Unmarshal(value, &list)
	case flag:
		what = "true or false"
		err = json.Unmarshal(value, new(bool))
	case number:
		what = "a whole number of seconds"
		err = json.Unmarshal(value, new(uint32))
	case object:
		what = "an object"
		err = json.Unmarshal(value, &map[string]json.RawMessage{})
	}
	long := func(s string) bool { return len(s) > maxText }
	switch {
	case err != nil:
		return m.refuse("must be " + what)
	case len(list) > maxTexts || slices.ContainsFunc(list, long):
		return m.refuse("is too long")
	case m.words == nil:
		return nil
	}
	for _, word := range list {
		if m.words[word] == "" {
			return m.refuse("has a value that is not supported")
		}
	}
	return nil
}

func (m member) refuse(why string) *oidc.Error {
	if m.name == "redirect_uris" {
		return oidc.NewError(oidc.CodeInvalidRedirectURI, m.name+" "+why)
	}
	return invalid(m.name + " " + why)
}

// invalid says that a member is not one that can be registered.
func invalid(description string) *oidc.Error {
	return oidc.NewError(oidc.CodeInvalidClientMetadata, description)
}

// complete adds what absence means.
//
// RFC 7591 2; OIDC Registration 2: web, RS256.
func (m Metadata) complete() {
	for _, absent := range []struct {
		name  string
		value any
	}{
		{"token_endpoint_auth_method", "client_secret_basic"},
		{"grant_types", []string{oidc.GrantAuthorizationCode}},
		{"application_type", "web"},
		{"id_token_signed_response_alg", "RS256"},
		{"subject_type", "public"},
	} {
		if m[absent.name] == nil {
			m.set(absent.name, absent.value)
		}
	}
	if m["response_types"] == nil && m.grants(oidc.GrantAuthorizationCode) {
		m.set("response_types", []string{"code"})
	}
}

// set writes a value of a kind that always encodes.
func (m Metadata) set(name string, value any) {
	if encoded, err := json.Marshal(value); err == nil {
		m[name] = encoded
	}
}

// text gives a text. Empty: it is not there.
func (m Metadata) text(name string) (s string) {
	if json.Unmarshal(m[name], &s) != nil {
		return ""
	}
	return s
}

// texts gives a list. Nil: it is not there.
func (m Metadata) texts(name string) (list []string) {
	if json.Unmarshal(m[name], &list) != nil {
		return nil
	}
	return list
}

func (m Metadata) flag(name string) bool { return string(m[name]) == "true" }

// grants reports whether a grant type is among those to be registered.
func (m Metadata) grants(grant string) bool { return slices.Contains(m.texts("grant_types"), grant) }
