package clientauth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"vigil/internal/clientkeys"
	"vigil/internal/tenant"
)

const (
	// skew is how far clocks may differ.
	skew = 10 * time.Second
	// longest is how far ahead an assertion may expire: so long its use is remembered.
	longest = 10 * time.Minute
	maxID   = 256 // bytes of a jti
)

// assertion are the claims of a client assertion.
//
// RFC 7523 3.
type assertion struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	ID        string   `json:"jti"`
	Expires   *float64 `json:"exp"` // Unix seconds
	NotBefore *float64 `json:"nbf"`
	IssuedAt  *float64 `json:"iat"`
}

// audience is a text, or a list of texts.
type audience struct {
	values []string
	single bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		a.values, a.single = []string{one}, true
		return nil
	}
	return json.Unmarshal(b, &a.values)
}

// claimedSubject reads the client that an assertion says to be of, before anything of it is believed.
func claimedSubject(token string) (string, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", false
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	err = json.Unmarshal(payload, &claims)
	return claims.Subject, err == nil && claims.Subject != ""
}

func readAssertion(token clientkeys.Token) (assertion, error) {
	var claims assertion
	// RFC 8725 3.11: a token of another kind that the client signed, such as a request object, is no assertion.
	if !slices.Contains([]string{"", "jwt", "client-authentication+jwt"}, strings.ToLower(token.Type)) {
		return claims, errors.New("assertion is of another type")
	}
	if err := json.Unmarshal(token.Payload, &claims); err != nil {
		return claims, errors.New("assertion holds malformed claims")
	}
	return claims, nil
}

func (c assertion) expires() time.Time { return time.UnixMilli(int64(*c.Expires * 1000)) }

// check holds the claims against the client and the moment.
func (c assertion) check(app *tenant.Application, issuer, endpoint string, now time.Time) error {
	seconds := float64(now.UnixMilli()) / 1000
	margin := skew.Seconds()
	switch {
	case c.Issuer != app.ClientID || c.Subject != app.ClientID:
		// RFC 7523 3 (1, 2.B): issuer and subject are the client.
		return errors.New("iss and sub of the assertion are not the client")
	case !c.forUs(app, issuer, endpoint):
		return errors.New("aud of the assertion is not this server")
	case c.ID == "" || len(c.ID) > maxID:
		// OIDC Core 9: jti is required.
		return errors.New("assertion has no jti, or too long a one")
	case c.Expires == nil || seconds >= *c.Expires+margin:
		return errors.New("assertion has expired")
	case *c.Expires > seconds+longest.Seconds():
		return errors.New("assertion lives too long")
	case c.NotBefore != nil && *c.NotBefore > seconds+margin:
		return errors.New("assertion is not good yet")
	case c.IssuedAt != nil && *c.IssuedAt > seconds+margin:
		return errors.New("assertion is from the future")
	}
	return nil
}

// forUs compares the audience: the issuer as the only one, or, where the application may, the endpoint that was called or a list.
//
// FAPI 2.0 5.3.2.1 (8): the issuer as a string. OIDC Core 9: the token endpoint should be accepted.
func (c assertion) forUs(app *tenant.Application, issuer, endpoint string) bool {
	if c.Audience.single && c.Audience.values[0] == issuer {
		return true
	}
	return app.ClientAssertionAudience == tenant.AudienceEndpoint &&
		(slices.Contains(c.Audience.values, issuer) || slices.Contains(c.Audience.values, endpoint))
}
