package token

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"

	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
)

// idClaims are the claims of an ID token.
//
// OIDC Core 2, 3.1.3.6; sid: OIDC Back-Channel Logout 2.1.
type idClaims struct {
	Issuer          string   `json:"iss"`
	Subject         string   `json:"sub"`
	Audience        string   `json:"aud"`
	Expires         int64    `json:"exp"` // Unix seconds
	IssuedAt        int64    `json:"iat"`
	AuthTime        int64    `json:"auth_time"`
	Nonce           string   `json:"nonce,omitempty"`
	ACR             string   `json:"acr,omitempty"`
	AMR             []string `json:"amr,omitempty"`
	SID             string   `json:"sid,omitempty"`
	AccessTokenHash string   `json:"at_hash,omitempty"`
}

// mint signs the tokens that a redemption or a refresh gives.
func (x *exchange) mint(f *grant.Family, scope, nonce string) (*answer, error) {
	alg := x.app.IDTokenSigningAlg
	if alg == "" {
		alg = keys.ES256
	}
	access := lifetime(x.app.AccessTokenLifetime, defaultTokenLifetime)
	accessToken, err := x.accessToken(f, scope, alg)
	if err != nil {
		return nil, err
	}
	given := &answer{AccessToken: accessToken, TokenType: "Bearer", ExpiresIn: int64(access.Seconds()), Scope: scope}
	// OIDC Core 3.1.2.1: without openid it is plain OAuth and there is no ID token.
	if granted, _ := oidc.ParseScope(scope); !granted.Has(oidc.ScopeOpenID) {
		return given, nil
	}
	given.IDToken, err = x.idToken(f, nonce, accessToken, alg)
	return given, err
}

func (x *exchange) accessToken(f *grant.Family, scope, alg string) (string, error) {
	var id [16]byte
	if _, err := io.ReadFull(x.Random, id[:]); err != nil {
		return "", fmt.Errorf("draw token id: %w", err)
	}
	reference := grant.Reference{Handle: f.Handle}
	c := grant.AccessClaims{
		Issuer: f.Issuer, Subject: f.UserID, Audience: f.Issuer, ClientID: f.ClientID, Scope: scope,
		IssuedAt: x.now.Unix(), Expires: x.now.Add(lifetime(x.app.AccessTokenLifetime, defaultTokenLifetime)).Unix(),
		ID: base64.RawURLEncoding.EncodeToString(id[:]), AuthTime: f.AuthTime.Unix(), ACR: f.ACR, AMR: f.AMR,
	}
	if !x.app.RefreshTokensOutliveSession {
		reference.SessionID = f.SessionID
		c.SID = grant.PublicSessionID(f.SessionID)
	}
	var err error
	if c.Grant, err = x.Grants[f.EnvironmentID].SealReference(reference); err != nil {
		return "", err
	}
	return x.sign(f, alg, keys.TypeAccessToken, c, f.AccessTokenClaims)
}

func (x *exchange) idToken(f *grant.Family, nonce, accessToken, alg string) (string, error) {
	c := idClaims{
		Issuer: f.Issuer, Subject: f.UserID, Audience: f.ClientID,
		IssuedAt: x.now.Unix(), Expires: x.now.Add(lifetime(x.app.IDTokenLifetime, defaultTokenLifetime)).Unix(),
		AuthTime: f.AuthTime.Unix(), Nonce: nonce, ACR: f.ACR, AMR: f.AMR,
		SID: grant.PublicSessionID(f.SessionID), AccessTokenHash: leftHalf(accessToken),
	}
	return x.sign(f, alg, keys.TypeIDToken, c, f.IDTokenClaims)
}

// leftHalf is the value of at_hash.
//
// OIDC Core 3.1.3.6: base64url of the left half of the hash of the token; both our algorithms hash with SHA-256.
func leftHalf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:sha256.Size/2])
}

// sign encodes claims, adds what a flow wants to say, and signs.
func (x *exchange) sign(f *grant.Family, alg, typ string, claims any, extra []byte) (string, error) {
	encoded, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	if encoded, err = merge(encoded, extra); err != nil {
		return "", err
	}
	return x.Keys.Ring(f.EnvironmentID).Sign(alg, typ, encoded)
}

// protocolClaims lists what only the protocol says: a flow can neither change nor add them.
//
// RFC 8725 3.11: `events`, for one, would let an ID token pass as a logout token.
func protocolClaims() []string {
	return []string{
		"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "nonce", "acr", "amr", "azp", "sid", "at_hash", "c_hash", "s_hash",
		"client_id", "scope", "gid", "cnf", "act", "may_act", "events", "sub_jwk",
	}
}

// merge adds the members of a JSON object to encoded claims, but for those that belong to the protocol.
func merge(claims, extra []byte) ([]byte, error) {
	if len(extra) == 0 {
		return claims, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(extra, &members); err != nil {
		return nil, fmt.Errorf("claims of the flow: %w", err)
	}
	for _, name := range protocolClaims() {
		delete(members, name)
	}
	if len(members) == 0 {
		return claims, nil
	}
	added, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("claims of the flow: %w", err)
	}
	return append(append(claims[:len(claims)-1], ','), added[1:]...), nil
}
