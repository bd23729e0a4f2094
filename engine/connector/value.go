package connector

import "time"

// At run time a value is a Go value:
//
//	string string · bool bool · number float64 · duration time.Duration · time time.Time · list []any · object map[string]any
//	device, deviceRequest map[string]any with what expressions see of them, and an id
//	account AccountValue · user UserValue · session SessionValue · challenge ChallengeValue · secret SecretValue
//
// An absent optional value is nil.

// AccountValue is somebody found in the directory.
type AccountValue struct {
	ID              string            `json:"id" expr:"id"`
	Username        string            `json:"username" expr:"username"`
	Email           string            `json:"email,omitempty" expr:"email"`
	EmailVerified   bool              `json:"emailVerified,omitempty" expr:"emailVerified"`
	GivenName       string            `json:"givenName,omitempty" expr:"givenName"`
	FamilyName      string            `json:"familyName,omitempty" expr:"familyName"`
	Phone           string            `json:"phone,omitempty" expr:"phone"`
	Enabled         bool              `json:"enabled" expr:"enabled"`
	Groups          []string          `json:"groups,omitempty" expr:"groups"`
	Attributes      map[string]string `json:"attributes,omitempty" expr:"attributes"`
	PasswordChanged time.Time         `json:"passwordChanged,omitzero" expr:"passwordChanged"`
	CreatedAt       time.Time         `json:"createdAt,omitzero" expr:"createdAt"`
	// Epoch changes when earlier proofs of this account stop counting. Flows cannot see it; whoever signs the user on compares it.
	Epoch uint64 `json:"epoch,omitempty" expr:"-"`
}

// UserValue is an account whose owner proved it in this run or session. Only authenticators make one.
type UserValue struct{ AccountValue }

// SecretValue is a password, a code or a link. It prints as "(secret)" everywhere.
type SecretValue struct {
	reveal string
	lasts  bool
}

// NewSecret wraps text so that it cannot be printed by accident.
func NewSecret(text string) SecretValue { return SecretValue{reveal: text} }

// Lasting gives the secret as one that a run may keep, encrypted, from page to page. Capabilities need not: what they give lasts anyhow.
func (s SecretValue) Lasting() SecretValue { return SecretValue{reveal: s.reveal, lasts: true} }

// Lasts reports whether a run may keep it. What a person typed never lasts.
func (s SecretValue) Lasts() bool { return s.lasts }

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
	ID        string    `json:"id" expr:"id"`
	User      UserValue `json:"user" expr:"user"`
	Proofs    []Proof   `json:"proofs" expr:"proofs"` // latest of each method
	CreatedAt time.Time `json:"createdAt" expr:"createdAt"`
	// Properties are what flows noted on the session by session.set.
	Properties map[string]string `json:"properties,omitempty" expr:"properties"`
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
	// UserCode is the code of a device that the address of the page brought. Nobody typed it. Empty: none.
	UserCode string `json:"userCode,omitempty"`
	// Locale is the language of the pages' texts, one of those that the flows have. Empty: the flows' own.
	Locale  string  `json:"locale,omitempty"`
	Browser Browser `json:"browser"`
	// Reauthenticate wants a proof made in this very run: prompt=login, or max_age=0, which MaxAge cannot tell from unasked. What the session
	// brought then counts for nothing. For max_age above zero set MaxAge alone: session.check compares it with the age of each proof.
	Reauthenticate bool `json:"reauthenticate,omitempty"`
}

// Browser is what the user agent says of itself. Nothing in it is proof.
type Browser struct {
	Name     string `json:"name,omitempty" expr:"name"`
	Version  string `json:"version,omitempty" expr:"version"`
	Platform string `json:"platform,omitempty" expr:"platform"`
	Passkeys bool   `json:"passkeys,omitempty" expr:"passkeys"`
}

// ChallengeValue is a question that another device answers. Its id gives nobody the right to do so.
type ChallengeValue struct {
	ID        string    `json:"id"`
	AccountID string    `json:"account"` // who is asked. Empty: nobody, it only looks as if somebody was
	ExpiresAt time.Time `json:"expiresAt"`
}
