package grant

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"vigil/internal/store/kv"
)

// CodeLifetime is how long an authorization code may wait for its redemption.
//
// RFC 6749 4.1.2: ten minutes at most; the shorter the better.
const CodeLifetime = 60 * time.Second

// ID names a grant: the ms of its expiry as a code and 16 random bytes.
type ID [22]byte

// Grant is what an authorization code stands for. Times keep milliseconds, AuthTime seconds.
type Grant struct {
	ID                  ID
	EnvironmentID       string
	Issuer              string // the base on which it was asked for; it is redeemed there only
	ClientID            string
	RedirectURI         string
	SessionID           []byte
	UserID              string
	Scope               string // granted, separated by spaces
	Nonce               string
	CodeChallenge       string
	CodeChallengeMethod string // S256, plain; empty without a challenge
	KeyThumbprint       string // of the key that the redemption must prove (RFC 9449 10); empty: any or none
	AuthTime            time.Time
	ACR                 string
	AMR                 []string
	Resources           []string // that the request named (RFC 8707); empty: none
	IDTokenClaims       []byte   // a JSON object merged into the ID token; empty: nothing
	AccessTokenClaims   []byte   // the same for the access token
	IssuedAt            time.Time
	Expires             time.Time // of the code
}

// New begins a grant that may be redeemed for CodeLifetime.
func New(now time.Time, random io.Reader) (*Grant, error) {
	g := &Grant{IssuedAt: now, Expires: now.Add(CodeLifetime)}
	putMillis(g.ID[:], g.Expires)
	if _, err := io.ReadFull(random, g.ID[6:]); err != nil {
		return nil, fmt.Errorf("draw grant id: %w", err)
	}
	return g, nil
}

// Errors that callers tell apart.
var (
	// ErrInvalid: a code, reference or refresh token is malformed or was not made here.
	ErrInvalid = errors.New("not a valid grant")
	// ErrExpired: its time is over.
	ErrExpired = errors.New("grant has expired")
	// ErrReplayed: it was used before; what the first use gave was revoked.
	ErrReplayed = errors.New("grant was used before")
	// ErrSessionEnded: the session that it belongs to lives no more.
	ErrSessionEnded = errors.New("session of the grant has ended")
	// ErrWrongClient: it was given to another client.
	ErrWrongClient = errors.New("grant belongs to another client")
	// ErrGone: the user was disabled or deleted.
	ErrGone = errors.New("user is gone")
)

// Alive answers inside a transaction whether a session lives at a time. It takes no lock and does no I/O but through the reader.
type Alive func(r kv.Reader, now time.Time) (bool, error)

// Liveness prepares the question for one session, outside any transaction.
type Liveness func(sessionID []byte) Alive

// PublicSessionID is the name of a session that applications see: the same for all of them, and it leads nowhere.
//
// OIDC Back-Channel Logout 2.1: sid is unique per session and opaque to the application.
func PublicSessionID(sessionID []byte) string {
	sum := sha256.Sum256(sessionID)
	return base64.RawURLEncoding.EncodeToString(sum[:])[:22]
}
