package mint

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// Minter signs tokens.
type Minter struct {
	Keys   *keys.Set
	Grants grant.Environments
	Random io.Reader
}

// defaultTokenLifetime is that of applications that set none.
const defaultTokenLifetime = time.Hour

func lifetime(set time.Duration) time.Duration {
	if set > 0 {
		return set
	}
	return defaultTokenLifetime
}

// AccessLifetime is how long access tokens of an application are good.
func AccessLifetime(app *tenant.Application) time.Duration { return lifetime(app.AccessTokenLifetime) }

// algorithm is what an application's tokens are signed with.
func algorithm(app *tenant.Application) string {
	if app.IDTokenSigningAlg != "" {
		return app.IDTokenSigningAlg
	}
	return keys.ES256
}

// AccessToken signs an access token for a scope. It dies with its session unless the application's tokens outlive it.
//
// RFC 9068 2.
func (m *Minter) AccessToken(app *tenant.Application, f *grant.Family, scope string, now time.Time) (string, error) {
	var id [16]byte
	if _, err := io.ReadFull(m.Random, id[:]); err != nil {
		return "", fmt.Errorf("draw token id: %w", err)
	}
	reference := grant.Reference{Handle: f.Handle}
	c := grant.AccessClaims{
		Issuer: f.Issuer, Subject: f.UserID, Audience: f.Issuer, ClientID: f.ClientID, Scope: scope,
		IssuedAt: now.Unix(), Expires: now.Add(AccessLifetime(app)).Unix(),
		ID: base64.RawURLEncoding.EncodeToString(id[:]), AuthTime: f.AuthTime.Unix(), ACR: f.ACR, AMR: f.AMR,
	}
	if !app.RefreshTokensOutliveSession {
		reference.SessionID = f.SessionID
		c.SID = grant.PublicSessionID(f.SessionID)
	}
	var err error
	if c.Grant, err = m.Grants[f.EnvironmentID].SealReference(reference); err != nil {
		return "", err
	}
	members, err := extras(nil, f.AccessTokenClaims)
	if err != nil {
		return "", err
	}
	return m.sign(f, app, keys.TypeAccessToken, c, members)
}

// IDToken says what goes into an ID token beside what the grant knows.
type IDToken struct {
	Nonce string
	// AccessToken and Code travel with the ID token and are hashed into it. Empty: they do not.
	AccessToken, Code string
	// Person is what the scope or the claims parameter shows of the person in the ID token itself. Nil: nothing, userinfo tells.
	Person *oidc.Claims
}

// IDToken signs an ID token.
func (m *Minter) IDToken(app *tenant.Application, f *grant.Family, t IDToken, now time.Time) (string, error) {
	c := idClaims{
		Issuer: f.Issuer, Subject: f.UserID, Audience: f.ClientID,
		IssuedAt: now.Unix(), Expires: now.Add(lifetime(app.IDTokenLifetime)).Unix(),
		AuthTime: f.AuthTime.Unix(), Nonce: t.Nonce, ACR: f.ACR, AMR: f.AMR,
		SID: grant.PublicSessionID(f.SessionID), AccessTokenHash: leftHalf(t.AccessToken), CodeHash: leftHalf(t.Code),
	}
	members, err := extras(t.Person, f.IDTokenClaims)
	if err != nil {
		return "", err
	}
	return m.sign(f, app, keys.TypeIDToken, c, members)
}

// leftHalf is the value of at_hash and c_hash. Empty for nothing.
//
// OIDC Core 3.1.3.6, 3.3.2.11: base64url of the left half of the hash; both our algorithms hash with SHA-256.
func leftHalf(token string) string {
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:sha256.Size/2])
}

// sign encodes claims, adds members, and signs.
func (m *Minter) sign(f *grant.Family, app *tenant.Application, typ string, claims any, members map[string]json.RawMessage) (string, error) {
	encoded, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	if encoded, err = merge(encoded, members); err != nil {
		return "", err
	}
	return m.Keys.Ring(f.EnvironmentID).Sign(algorithm(app), typ, encoded)
}
