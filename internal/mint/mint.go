package mint

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"vigil/internal/clientkeys"
	"vigil/internal/grant"
	"vigil/internal/hint"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/sealed"
	"vigil/internal/subject"
	"vigil/internal/tenant"
)

// Minter signs tokens.
type Minter struct {
	Keys   *keys.Set
	Grants grant.Environments
	Random io.Reader
	// Recipients are the keys of applications that want their ID tokens encrypted.
	Recipients *clientkeys.Keys
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

// Algorithm is what an application's tokens are signed with.
func Algorithm(app *tenant.Application) string {
	if app.IDTokenSigningAlg != "" {
		return app.IDTokenSigningAlg
	}
	return keys.ES256
}

// AccessToken says what goes into an access token beside what the grant knows.
type AccessToken struct {
	Scope string // separated by spaces
	// KeyThumbprint is the key that the token is bound to. Empty: its bearer may use it.
	KeyThumbprint string
	// CertificateThumbprint is the certificate that the token is bound to. Empty: none.
	CertificateThumbprint string
	// Audience is whom the token is for. Empty: the issuer, whose userinfo is the resource.
	Audience grant.Audience
	// Actor acts for the person of the grant. Nil: nobody does.
	Actor *grant.Actor
}

// Type is the token_type of the token.
//
// RFC 6750 6.1.1, RFC 9449 5.
func (t AccessToken) Type() string {
	if t.KeyThumbprint != "" {
		return "DPoP"
	}
	return "Bearer"
}

// Access makes an access token: a JWT, or one that only we can read, as the application wants. It dies with its session unless the
// application's tokens outlive it.
//
// RFC 9068 2.
func (m *Minter) Access(app *tenant.Application, f *grant.Family, t AccessToken, now time.Time) (string, error) {
	var id [16]byte
	if _, err := io.ReadFull(m.Random, id[:]); err != nil {
		return "", fmt.Errorf("draw token id: %w", err)
	}
	reference := grant.Reference{Handle: f.Handle}
	c := grant.AccessClaims{
		Issuer: f.Issuer, Subject: m.subject(app, f), Audience: grant.Audience{f.Issuer}, ClientID: f.ClientID, Scope: t.Scope,
		IssuedAt: now.Unix(), Expires: now.Add(AccessLifetime(app)).Unix(),
		ID: base64.RawURLEncoding.EncodeToString(id[:]), ACR: f.ACR, AMR: f.AMR, Actor: t.Actor,
	}
	if len(t.Audience) > 0 {
		c.Audience = t.Audience
	}
	if !f.AuthTime.IsZero() {
		c.AuthTime = f.AuthTime.Unix()
	}
	c.Confirmation = grant.Confirm(t.KeyThumbprint, t.CertificateThumbprint)
	if !app.RefreshTokensOutliveSession && len(f.SessionID) > 0 {
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
	if app.AccessTokenFormat != tenant.TokenOpaque {
		return m.sign(f, app, keys.TypeAccessToken, c, members)
	}
	encoded, err := encode(c, members)
	if err != nil {
		return "", err
	}
	return m.Grants[f.EnvironmentID].SealAccess(encoded)
}

// subject is the person's name for the application; without a person the application itself.
//
// RFC 9068 2.2: without a resource owner, sub identifies the client.
func (m *Minter) subject(app *tenant.Application, f *grant.Family) string {
	if f.UserID == "" {
		return f.ClientID
	}
	return subject.Subjects{Secret: m.Keys.Secret}.Of(app, f.EnvironmentID, f.UserID)
}

// IDToken says what goes into an ID token beside what the grant knows.
type IDToken struct {
	Nonce string
	// AccessToken and Code travel with the ID token and are hashed into it. Empty: they do not.
	AccessToken, Code string
	// Person is what the scope or the claims parameter shows of the person in the ID token itself. Nil: nothing, userinfo tells.
	Person *oidc.Claims
}

// IDToken signs an ID token, and encrypts it if the application wants that.
//
// OIDC Core 2, 16.14: signed, then encrypted.
func (m *Minter) IDToken(ctx context.Context, app *tenant.Application, f *grant.Family, t IDToken, now time.Time) (string, error) {
	c := idClaims{
		Issuer: f.Issuer, Subject: m.subject(app, f), Audience: f.ClientID,
		IssuedAt: now.Unix(), Expires: now.Add(lifetime(app.IDTokenLifetime)).Unix(),
		AuthTime: f.AuthTime.Unix(), Nonce: t.Nonce, ACR: f.ACR, AMR: f.AMR,
		SID: grant.PublicSessionID(f.SessionID), AccessTokenHash: oidc.HalfHash(Algorithm(app), t.AccessToken), CodeHash: oidc.HalfHash(Algorithm(app), t.Code),
	}
	members, err := extras(t.Person, f.IDTokenClaims)
	if err != nil {
		return "", err
	}
	signed, err := m.sign(f, app, keys.TypeIDToken, c, members)
	if err != nil || !app.Encryptions.IDToken.Wanted() {
		return signed, err
	}
	nonce, err := sealed.NewNonce(m.Random)
	if err != nil {
		return "", err
	}
	note, err := hint.Note(m.Keys.Secret(f.EnvironmentID, hint.NotePurpose), nonce, signed)
	if err != nil {
		return "", err
	}
	// Whoever sends it back as id_token_hint cannot be understood otherwise (seed 004: client_id, "when the ID token is encrypted").
	return m.Recipients.EncryptToken(ctx, app, app.Encryptions.IDToken, signed, [2]string{hint.NoteHeader, note})
}

// sign encodes claims, adds members, and signs.
func (m *Minter) sign(f *grant.Family, app *tenant.Application, typ string, claims any, members map[string]json.RawMessage) (string, error) {
	encoded, err := encode(claims, members)
	if err != nil {
		return "", err
	}
	return m.Keys.Ring(f.EnvironmentID).Sign(Algorithm(app), typ, encoded)
}

func encode(claims any, members map[string]json.RawMessage) ([]byte, error) {
	encoded, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("encode claims: %w", err)
	}
	return merge(encoded, members)
}
