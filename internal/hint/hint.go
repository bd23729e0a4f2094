package hint

import (
	"encoding/json"
	"errors"
	"fmt"

	"vigil/internal/keys"
	"vigil/internal/subject"
	"vigil/internal/tenant"
)

// Hint is what an ID token says of a person and a session.
type Hint struct {
	Subject  string // the id of the person, whatever name the application knows
	ClientID string // its only audience
	// PublicSessionID is the sid claim, see grant.PublicSessionID. Empty: none.
	PublicSessionID string
}

// ErrNone: the token is no ID token that was issued at this base.
var ErrNone = errors.New("no ID token of this issuer")

// ErrEncrypted: the token is encrypted, and not to us. It is an ErrNone.
var ErrEncrypted = fmt.Errorf("%w: it is encrypted to somebody else", ErrNone)

// Reader verifies hints.
type Reader struct{ Keys *keys.Set }

// Read verifies a token. It must be signed by the environment, issued at this very base, and for an application that is there.
//
// OIDC RP-Initiated Logout 2: expired ID tokens are accepted; the issuer is the OP. OIDC Core 3.1.2.1: an application that got its ID token
// encrypted sends what was inside, as it is or encrypted to a key of ours. The token that is encrypted to the application we cannot read, but for the
// note in its header.
func (r Reader) Read(base tenant.Base, token string) (Hint, error) {
	ring := r.Keys.Ring(base.Environment.ID)
	if ring == nil {
		return Hint{}, ErrNone
	}
	if keys.Encrypted(token) {
		content, err := ring.Decrypt(token)
		if err != nil {
			c, ours := noteOf(r.Keys.Secret(base.Environment.ID, NotePurpose), token)
			if !ours {
				return Hint{}, ErrEncrypted
			}
			return r.named(base, c)
		}
		token = string(content)
	}
	verified, err := ring.Verify(token, keys.TypeIDToken)
	if err != nil {
		return Hint{}, fmt.Errorf("%w: %w", ErrNone, err)
	}
	var c claims
	if err := json.Unmarshal(verified.Claims, &c); err != nil {
		return Hint{}, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return r.named(base, c)
}

// named says whom claims of ours name here.
func (r Reader) named(base tenant.Base, claims claims) (Hint, error) {
	switch {
	case claims.Issuer != base.Issuer():
		return Hint{}, fmt.Errorf("%w: it was issued by another", ErrNone)
	}
	app := base.Environment.Application(claims.Audience)
	if app == nil {
		return Hint{}, fmt.Errorf("%w: its application is not there", ErrNone)
	}
	userID, ok := subject.Subjects{Secret: r.Keys.Secret}.User(app, base.Environment.ID, claims.Subject)
	if !ok {
		return Hint{}, fmt.Errorf("%w: it names nobody", ErrNone)
	}
	return Hint{Subject: userID, ClientID: claims.Audience, PublicSessionID: claims.Session}, nil
}
