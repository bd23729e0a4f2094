package config

import (
	"vigil/internal/clientkeys"
	signing "vigil/internal/keys"
	"vigil/internal/tenant"
)

// sealed is one thing that an application may want encrypted, by the beginning of its settings.
type sealed struct {
	key, what string
	place     func(*tenant.Application) *tenant.Encryption
}

func sealedThings() []sealed {
	return []sealed{
		{"idTokenEncryptedResponse", "ID tokens, and logout tokens,", func(a *tenant.Application) *tenant.Encryption { return &a.Encryptions.IDToken }},
		{"userinfoEncryptedResponse", "answers of userinfo", func(a *tenant.Application) *tenant.Encryption { return &a.Encryptions.Userinfo }},
		{"authorizationEncryptedResponse", "responses of authorize that are signed", func(a *tenant.Application) *tenant.Encryption { return &a.Encryptions.Authorization }},
		{"introspectionEncryptedResponse", "answers of introspection that are signed", func(a *tenant.Application) *tenant.Encryption { return &a.Encryptions.Introspection }},
	}
}

// encryptionFields are what an application wants encrypted to its own keys, and how else its answers are signed.
func encryptionFields() []field[tenant.Application] {
	fields := []field[tenant.Application]{
		at("authorizationSignedResponseAlg", oneOf(signing.Algorithms()...), func(a *tenant.Application) *string { return &a.AuthorizationSignedResponseAlg },
			"signs responses of the response modes that end in jwt").orElse("idTokenSigningAlg"),
		at("introspectionSignedResponseAlg", oneOf(signing.Algorithms()...), func(a *tenant.Application) *string { return &a.IntrospectionSignedResponseAlg },
			"signs answers of introspection that are asked for as JWT").orElse("idTokenSigningAlg"),
	}
	for _, s := range sealedThings() {
		fields = append(fields,
			at(s.key+"Alg", oneOf(clientkeys.KeyManagement()...), func(a *tenant.Application) *string { return &s.place(a).Alg },
				s.what+" are encrypted to a key of jwks or jwksUrl in this way").orElse("they are not encrypted"),
			at(s.key+"Enc", oneOf(clientkeys.ContentEncryption()...), func(a *tenant.Application) *string { return &s.place(a).Enc },
				"what the content is encrypted with").orElse("`"+tenant.DefaultContentEncryption+"`"),
		)
	}
	return fields
}

// checkEncryption wants a key for everything that is to be encrypted.
func (c registration) checkEncryption() {
	if !c.sound("jwks", "jwksUrl", "tokenEndpointAuthMethod") {
		return
	}
	set, err := clientkeys.ParseSet(c.a.JWKS)
	inline := len(c.a.JWKS) > 0 && err == nil
	if c.a.TokenEndpointAuthMethod == tenant.AuthPrivateKey && inline && !clientkeys.Signs(set) {
		c.r.fault(c.at("jwks"), ruleContradiction, "tokenEndpointAuthMethod is %s, but no key of jwks is for signatures", tenant.AuthPrivateKey)
	}
	for _, s := range sealedThings() {
		if !c.sound(s.key+"Alg", s.key+"Enc") {
			continue
		}
		e := s.place(c.a)
		switch {
		case !e.Wanted() && e.Enc != "":
			// OIDC Registration 2: with enc, alg must be there too.
			c.r.fault(c.at(s.key+"Enc"), ruleMissingKey, "%sEnc is given without %sAlg", s.key, s.key)
		case e.Wanted() && !inline && c.a.JWKSURL == "":
			c.r.fault(c.at(s.key+"Alg"), ruleMissingKey, "there is no key to encrypt to").Hint = "give jwks or jwksUrl"
		case e.Wanted() && inline && clientkeys.Recipient(set, e.Alg) == nil:
			c.r.fault(c.at(s.key+"Alg"), ruleContradiction, "no key of jwks is for %s", e.Alg).Hint = "add a public key with use enc: RSA for RSA-OAEP-256, else P-256, P-384 or P-521"
		}
	}
}
