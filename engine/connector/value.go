package connector

import "time"

// At run time a value is a Go value:
//
//	string string · bool bool · number float64 · duration time.Duration · time time.Time · list []any · object map[string]any
//	account AccountValue · user UserValue · session SessionValue · secret SecretValue
//
// An absent optional value is nil.

// AccountValue is somebody found in the directory.
type AccountValue struct {
	ID              string            `json:"id"`
	Username        string            `json:"username"`
	Email           string            `json:"email,omitempty"`
	GivenName       string            `json:"givenName,omitempty"`
	FamilyName      string            `json:"familyName,omitempty"`
	Phone           string            `json:"phone,omitempty"`
	Enabled         bool              `json:"enabled"`
	Groups          []string          `json:"groups,omitempty"`
	Attributes      map[string]string `json:"attributes,omitempty"`
	PasswordChanged time.Time         `json:"passwordChanged,omitzero"`
	CreatedAt       time.Time         `json:"createdAt,omitzero"`
}

// UserValue is an account whose owner proved it in this run or session. Only authenticators make one.
type UserValue struct{ AccountValue }

// SecretValue is a password, a code or a link. It prints as "(secret)" everywhere.
type SecretValue struct{ reveal string }

// NewSecret wraps text so that it cannot be printed by accident.
func NewSecret(text string) SecretValue { return SecretValue{reveal: text} }

// Reveal gives the text to the one capability that needs it.
func (s SecretValue) Reveal() string { return s.reveal }

// String keeps the secret out of texts and logs.
func (s SecretValue) String() string { return "(secret)" }

// GoString keeps the secret out of %#v.
func (s SecretValue) GoString() string { return "(secret)" }

// MarshalJSON keeps the secret out of stored states.
func (s SecretValue) MarshalJSON() ([]byte, error) { return []byte(`"(secret)"`), nil }

// Proof says that the owner of an account passed an authenticator.
type Proof struct {
	AccountID string    `json:"account"`
	Method    string    `json:"method"` // RFC 8176 value: pwd, otp, …
	At        time.Time `json:"at"`
}

// SessionValue is the live session of the browser that runs the flow.
type SessionValue struct {
	ID        string    `json:"id"`
	User      UserValue `json:"user"`
	Proofs    []Proof   `json:"proofs"` // latest of each method
	CreatedAt time.Time `json:"createdAt"`
}

// Request is what a flow may know of the authorization request and of the browser.
type Request struct {
	ClientID  string        `json:"clientId"`
	LoginHint string        `json:"loginHint"`
	Scopes    []string      `json:"scopes"`
	ACRValues []string      `json:"acrValues"`
	MaxAge    time.Duration `json:"maxAge,omitempty"` // zero: not asked for
	IP        string        `json:"ip"`
	Country   string        `json:"country,omitempty"`
	Language  string        `json:"language,omitempty"`
	Browser   Browser       `json:"browser"`
	// Reauthenticate: prompt=login or max_age wants a fresh proof; session.check then answers none unless the proof is fresh enough.
	Reauthenticate bool `json:"reauthenticate,omitempty"`
}

// Browser is what the user agent says of itself. Nothing in it is proof.
type Browser struct {
	Name     string `json:"name,omitempty"`
	Version  string `json:"version,omitempty"`
	Platform string `json:"platform,omitempty"`
	Passkeys bool   `json:"passkeys,omitempty"`
}
