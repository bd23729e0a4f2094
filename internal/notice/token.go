package notice

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"vigil/internal/keys"
	"vigil/internal/store"
	"vigil/internal/tenant"
)

// event is the one member of a logout token's events.
const event = "http://schemas.openid.net/event/backchannel-logout"

// tokenLifetime is how long an application may take a logout token for fresh.
//
// OIDC Back-Channel Logout 4: two minutes at most, preferably.
const tokenLifetime = 2 * time.Minute

// claims of a logout token. There is no nonce, so that none passes for an ID token.
//
// OIDC Back-Channel Logout 2.4.
type claims struct {
	Issuer   string              `json:"iss"`
	Subject  string              `json:"sub"`
	Audience string              `json:"aud"`
	IssuedAt int64               `json:"iat"` // Unix seconds
	Expires  int64               `json:"exp"`
	ID       string              `json:"jti"`
	SID      string              `json:"sid"`
	Events   map[string]struct{} `json:"events"`
}

// token signs a logout token for one attempt, as the application's ID tokens are signed. sub is the person as the application knows them.
func token(ring *keys.Ring, app *tenant.Application, n *store.Notice, sub string, now time.Time) (string, error) {
	encoded, err := json.Marshal(claims{
		Issuer: n.Issuer, Subject: sub, Audience: n.ClientID, IssuedAt: now.Unix(), Expires: now.Add(tokenLifetime).Unix(),
		ID: n.ID.String(), SID: n.SID, Events: map[string]struct{}{event: {}},
	})
	if err != nil {
		return "", fmt.Errorf("encode logout token: %w", err)
	}
	alg := app.IDTokenSigningAlg
	if alg == "" {
		alg = keys.ES256
	}
	return ring.Sign(alg, keys.TypeLogoutToken, encoded)
}

// The times of attempts.
const (
	firstWait = 5 * time.Second
	longWait  = time.Hour
	// giveUp is how long a notice is tried.
	giveUp = 24 * time.Hour
)

// wait is how long a notice waits after a failed attempt: twice as long each time, a quarter more or less. Which it is follows from the notice, so
// that those of one moment spread.
func wait(id store.NoticeID, attempts int) time.Duration {
	base := longWait
	if doublings := attempts - 1; doublings < 10 {
		base = min(firstWait<<max(doublings, 0), longWait)
	}
	sum := sha256.Sum256(append(id[:], byte(attempts), byte(attempts>>8)))
	spread := time.Duration(sum[0])<<8 | time.Duration(sum[1]) // 0 to 65,535
	return base*3/4 + base/2*spread/(1<<16)
}
