package am

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"vigil/internal/flowhost"
	"vigil/internal/store"
	"vigil/internal/tenant"
)

// What is wrong with an authId, in AM's words (OpenAM: AuthIdHelper).
const (
	noAuthID     = "Failed to parse JWT"
	badSignature = "AuthId JWT Signature not valid"
)

// authIDHeader is {"typ":"JWT","alg":"HS256"}: AM's authIds are such tokens, and there are clients that look into them.
const authIDHeader = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"

// authIDClaims name one step of a run.
type authIDClaims struct {
	SessionID string `json:"sessionId"` // the run
	Step      int    `json:"step"`
	Realm     string `json:"realm"`
	// Field is where the browser left for another provider. Empty: the form itself waits.
	Field string `json:"field,omitempty"`
}

// authID names one step of a run to the client. Nobody else can make one, and the next step has another.
func (e *Endpoint) authID(base tenant.Base, run *store.Run, field string) (string, error) {
	claims, err := json.Marshal(authIDClaims{flowhost.SpellRun(run.ID), run.Version, base.Realm.Name, field})
	if err != nil {
		return "", err
	}
	return e.sign(base, authIDHeader+"."+base64.RawURLEncoding.EncodeToString(claims)), nil
}

// readAuthID gives what an authId says, or what is wrong: it is none of this realm's.
func (e *Endpoint) readAuthID(base tenant.Base, authID string) (claims authIDClaims, wrong string) {
	parts := strings.Split(authID, ".")
	if len(parts) != 3 {
		return claims, noAuthID
	}
	// The header is not believed: there is one algorithm.
	if parts[0] != authIDHeader || !hmac.Equal([]byte(e.sign(base, parts[0]+"."+parts[1])), []byte(authID)) {
		return claims, badSignature
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return claims, noAuthID
	}
	return claims, ""
}

func (e *Endpoint) sign(base tenant.Base, text string) string {
	key := e.Secret(base.Environment.ID, "authentication ids")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(base.Issuer() + " " + text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
