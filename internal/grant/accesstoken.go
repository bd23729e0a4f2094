package grant

// AccessClaims are the claims of an access token.
//
// RFC 9068 2.2: a JWT of type at+jwt.
type AccessClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience Audience `json:"aud"` // the issuer, whose userinfo it is for, and resources
	Expires  int64    `json:"exp"` // Unix seconds
	IssuedAt int64    `json:"iat"`
	ID       string   `json:"jti"`
	ClientID string   `json:"client_id"`
	Scope    string   `json:"scope,omitempty"`
	AuthTime int64    `json:"auth_time,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	SID      string   `json:"sid,omitempty"` // PublicSessionID. Empty: the token outlives its session
	Grant    string   `json:"gid"`           // a sealed Reference
	// Confirmation binds the token to a key. Nil: its bearer may use it.
	Confirmation *Confirmation `json:"cnf,omitempty"`
	// UserInfo names the claims that the claims parameter asked of userinfo, beyond the scope.
	UserInfo []string `json:"userinfo_claims,omitempty"`
	// Actor acts for the subject. Nil: nobody does.
	Actor *Actor `json:"act,omitempty"`
}

// UserInfoClaims is the name of AccessClaims.UserInfo among the claims that a grant hands to its access tokens.
const UserInfoClaims = "userinfo_claims"

// Confirmation names the key that whoever uses a token must prove to have.
//
// RFC 7800 3.1, RFC 9449 6.1, RFC 8705 3.1.
type Confirmation struct {
	KeyThumbprint         string `json:"jkt,omitempty"`      // RFC 7638, SHA-256
	CertificateThumbprint string `json:"x5t#S256,omitempty"` // SHA-256 of the DER encoding
}

// Confirm gives what binds a token. Nil: nothing does.
func Confirm(key, certificate string) *Confirmation {
	if key == "" && certificate == "" {
		return nil
	}
	return &Confirmation{KeyThumbprint: key, CertificateThumbprint: certificate}
}

// Actor is an application that acts for somebody; its own Actor acted before it.
//
// RFC 8693 4.1.
type Actor struct {
	ClientID string `json:"client_id"`
	Subject  string `json:"sub"`
	Actor    *Actor `json:"act,omitempty"`
}

// SealAccess makes an opaque access token of its claims: nobody but us can read it, and nothing is stored.
func (s *Sealer) SealAccess(claims []byte) (string, error) { return s.seal(kindAccess, claims) }

// OpenAccess gives the claims of an opaque access token. ErrInvalid.
func (s *Sealer) OpenAccess(token string) ([]byte, error) { return s.open(kindAccess, token) }
