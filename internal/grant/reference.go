package grant

import (
	"crypto/sha256"
	"time"
)

// Handle names everything that one grant gave, and says until when any of it may live: ms of that time, then the grant's id.
// It is the key under which a revocation is remembered, so that revocations are forgotten by time.
type Handle [28]byte

// NewHandle makes the handle of a grant of which nothing lives longer than until.
func NewHandle(id ID, until time.Time) Handle {
	var h Handle
	putMillis(h[:], until)
	copy(h[6:], id[:])
	return h
}

// TokenHandle names one access token, which expires at a time, by its jti.
func TokenHandle(expires time.Time, id string) Handle {
	var h Handle
	putMillis(h[:], expires)
	sum := sha256.Sum256([]byte(id))
	copy(h[6:], sum[:])
	return h
}

// MarshalText spells a handle as base64url.
func (h Handle) MarshalText() ([]byte, error) { return encoding.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads base64url. ErrInvalid.
func (h *Handle) UnmarshalText(text []byte) error {
	raw, err := encoding.DecodeString(string(text))
	if err != nil || len(raw) != len(h) {
		return ErrInvalid
	}
	copy(h[:], raw)
	return nil
}

// Reference is what an access token carries for us alone: what revokes it and the session it hangs on.
type Reference struct {
	Handle    Handle
	SessionID []byte // empty: the token outlives its session
}

// SealReference makes the private claim of an access token.
func (s *Sealer) SealReference(r Reference) (string, error) {
	plain := append(append(make([]byte, 0, len(r.Handle)+len(r.SessionID)), r.Handle[:]...), r.SessionID...)
	return s.seal(kindReference, plain)
}

// OpenReference reads what SealReference made. ErrInvalid.
func (s *Sealer) OpenReference(text string) (Reference, error) {
	plain, err := s.open(kindReference, text)
	if err != nil {
		return Reference{}, err
	}
	var r Reference
	if len(plain) < len(r.Handle) {
		return Reference{}, ErrInvalid
	}
	r.SessionID = plain[copy(r.Handle[:], plain):]
	return r, nil
}
