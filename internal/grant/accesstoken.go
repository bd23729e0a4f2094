package grant

// AccessClaims are the claims of an access token.
//
// RFC 9068 2.2: a JWT of type at+jwt.
type AccessClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"` // the issuer: userinfo is the resource
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
}
