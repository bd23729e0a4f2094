package builtin

import (
	"context"
	"errors"
	"time"
)

// The kinds of authenticators.
const (
	KindTOTP       = "totp"
	KindPasskey    = "passkey"
	KindRecovery   = "recovery"
	KindRemembered = "remembered" // a browser
)

// Authenticator is what somebody registered to prove themselves with.
type Authenticator struct {
	ID         string // given by Add
	Kind       string // one of the kinds above
	Name       string // what its owner calls it. May be empty
	CreatedAt  time.Time
	LastUsedAt time.Time // zero: never used
	// Counter is for what may only grow: the last time step of a code, the sign counter of a passkey.
	Counter uint64
	// Data is what the kind remembers, in a form of its own, such as a secret. At most 2 KiB. A host encrypts it at rest.
	Data []byte
}

// Errors of Authenticators that capabilities tell apart.
var (
	// ErrNoAuthenticator: the person has no such authenticator.
	ErrNoAuthenticator = errors.New("no such authenticator")
	// ErrTooMany: the person has as many as anybody may have, which is 20.
	ErrTooMany = errors.New("too many authenticators")
)

// Authenticators keeps what people registered. All of it is one person's: two people share nothing.
type Authenticators interface {
	// List gives somebody's, the oldest first.
	List(ctx context.Context, environmentID, userID string) ([]Authenticator, error)
	// Add gives the authenticator with its id. ErrTooMany.
	Add(ctx context.Context, environmentID, userID string, a Authenticator) (Authenticator, error)
	// Change makes of an authenticator what change makes of it, at once: of two changes one sees what the other wrote, so exactly one can use up
	// what may be used once. Change may be called several times, and only its last call counts; when it fails nothing is written, and its error
	// is handed on. ErrNoAuthenticator.
	Change(ctx context.Context, environmentID, userID, id string, change func(*Authenticator) error) error
	// Remove takes it away. ErrNoAuthenticator.
	Remove(ctx context.Context, environmentID, userID, id string) error
}
