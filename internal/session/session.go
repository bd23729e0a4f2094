package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"maps"
	"time"
)

// IDSize is the length of an ID: 6 bytes of milliseconds of its creation and 16 random bytes, so that ids grow with time.
const IDSize = 22

// ID names a session. It never leaves the server in the clear.
type ID [IDSize]byte

// NewID makes an id from a time and 16 random bytes.
func NewID(now time.Time, random [16]byte) ID {
	var id ID
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id[:6], ms[2:])
	copy(id[6:], random[:])
	return id
}

// Proof is an authentication method that the user passed, and when.
type Proof struct {
	Method string // RFC 8176 value: pwd, otp, …
	At     time.Time
}

// Session is what the server knows of one signed-on browser.
type Session struct {
	ID            ID
	EnvironmentID string
	Origin        string // the host that it belongs to; cookies of another host do not open it
	// Realm is the part of the environment that it belongs to; nowhere else it is seen. Empty: the environment itself.
	Realm    string
	UserID   string
	Username string // as shown to the person

	// Gen is the generation in the OPUAS cookie: 128 random bits, base64url.
	Gen string
	// BrowserBound: the session must not outlive the run of the browser.
	BrowserBound bool
	// SecretDigest is SHA-256 of the secret in the ST cookie. A new authentication makes a new secret.
	SecretDigest [32]byte

	CreatedAt    time.Time
	LastActivity time.Time
	// IdleTimeout ends the session after this long without human activity. Never zero.
	IdleTimeout time.Duration
	// MaxLifetime ends the session this long after CreatedAt. Zero: only idleness ends it.
	MaxLifetime time.Duration

	// Properties are what flows and applications noted on it, by name. None is empty. Nil: nothing.
	Properties map[string]string

	Proofs []Proof // the latest of each method, oldest first
	ACR    string
	// Applications are the client ids that received something of this session.
	Applications []string

	// Due is the time of the one deadline entry that this session owns; a lower bound of the deadline.
	Due time.Time
	// CountdownSent is when the countdown cookie was last re-sent because it was missing.
	CountdownSent time.Time
	// Repaired is when Gen was last replaced because the browser did not bring it. Zero: the browser brought it since.
	Repaired time.Time
}

// IdleDeadline is when idleness ends the session.
func (s *Session) IdleDeadline() time.Time { return s.LastActivity.Add(s.IdleTimeout) }

// Deadline is the nearer of the idle and the absolute deadline.
func (s *Session) Deadline() time.Time {
	idle := s.IdleDeadline()
	if s.MaxLifetime > 0 {
		if absolute := s.CreatedAt.Add(s.MaxLifetime); absolute.Before(idle) {
			return absolute
		}
	}
	return idle
}

// Live reports whether the session has not timed out.
func (s *Session) Live(now time.Time) bool { return now.Before(s.Deadline()) }

// Touch notes human activity. Time never runs backwards.
func (s *Session) Touch(now time.Time) {
	if now.After(s.LastActivity) {
		s.LastActivity = now
	}
}

// The bounds of Properties: they are read with the session at every silent check.
const (
	maxProperties     = 50
	maxPropertiesSize = 8 << 10 // bytes of names and values together
)

// Note sets properties and keeps the others; an empty text takes one away. False: they would be too many or too long, and nothing was set.
func (s *Session) Note(properties map[string]string) bool {
	after := make(map[string]string, len(s.Properties)+len(properties))
	maps.Copy(after, s.Properties)
	maps.Copy(after, properties)
	maps.DeleteFunc(after, func(_, value string) bool { return value == "" })
	size := 0
	for name, value := range after {
		size += len(name) + len(value)
	}
	if len(after) > maxProperties || size > maxPropertiesSize {
		return false
	}
	if s.Properties = after; len(after) == 0 {
		s.Properties = nil
	}
	return true
}

// Prove notes that the user passed a method.
func (s *Session) Prove(proofs ...Proof) {
	for _, p := range proofs {
		kept := s.Proofs[:0:0]
		for _, old := range s.Proofs {
			if old.Method != p.Method {
				kept = append(kept, old)
			} else if old.At.After(p.At) {
				p = old
			}
		}
		s.Proofs = append(kept, p)
	}
}

// AuthTime is when the user last proved anything.
//
// OIDC Core 2: auth_time is when the End-User authentication occurred.
func (s *Session) AuthTime() time.Time {
	latest := s.CreatedAt
	for i, p := range s.Proofs {
		if i == 0 || p.At.After(latest) {
			latest = p.At
		}
	}
	return latest
}

// Methods are the authentication methods passed in this session, oldest first.
func (s *Session) Methods() []string {
	methods := make([]string, len(s.Proofs))
	for i, p := range s.Proofs {
		methods[i] = p.Method
	}
	return methods
}

// Joined reports whether an application received something of this session.
func (s *Session) Joined(clientID string) bool {
	for _, a := range s.Applications {
		if a == clientID {
			return true
		}
	}
	return false
}

// HasSecret compares in constant time with the secret of the ST cookie.
func (s *Session) HasSecret(secret []byte) bool {
	digest := sha256.Sum256(secret)
	return subtle.ConstantTimeCompare(digest[:], s.SecretDigest[:]) == 1
}
