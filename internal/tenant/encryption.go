package tenant

// Encryption is how something is encrypted to a key of the application. The zero value: it is not.
type Encryption struct {
	Alg string // key management, such as ECDH-ES
	Enc string // of the content. Empty: DefaultContentEncryption
}

// DefaultContentEncryption is what content is encrypted with where an application only names how its key is used.
//
// OIDC Registration 2: id_token_encrypted_response_enc.
const DefaultContentEncryption = "A128CBC-HS256"

// Wanted reports whether there is anything to encrypt.
func (e Encryption) Wanted() bool { return e.Alg != "" }

// Content is what the content is encrypted with.
func (e Encryption) Content() string {
	if e.Enc == "" {
		return DefaultContentEncryption
	}
	return e.Enc
}

// Encryptions are what an application wants encrypted.
type Encryptions struct {
	IDToken       Encryption // logout tokens too (OIDC Back-Channel Logout 2.6)
	Userinfo      Encryption
	Authorization Encryption // responses of the modes that end in jwt (JARM 3)
	Introspection Encryption // RFC 9701 6
}

// Any reports whether there is anything to encrypt.
func (e Encryptions) Any() bool {
	return e.IDToken.Wanted() || e.Userinfo.Wanted() || e.Authorization.Wanted() || e.Introspection.Wanted()
}
