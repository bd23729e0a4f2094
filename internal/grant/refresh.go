package grant

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"time"

	"vigil/internal/store/kv"
)

// DefaultGrace is how long the token before the current one still gives the current one again: two tabs may refresh at the same moment.
const DefaultGrace = 10 * time.Second

// Refresher makes and rotates the refresh tokens of one environment.
type Refresher struct {
	Key    [32]byte // secret of the environment: successors are derived with it
	Random io.Reader
}

// A refresh token is base64url of the family id and 32 secret bytes, of which the store knows the SHA-256 only.
type token struct {
	family FamilyID
	secret [32]byte
}

func (t token) String() string {
	return encoding.EncodeToString(append(append(make([]byte, 0, 54), t.family[:]...), t.secret[:]...))
}

func (t token) digest() [sha256.Size]byte { return sha256.Sum256(t.secret[:]) }

// successor is the token after this one. It follows from this one and the key, so that whoever brings this one twice within the grace
// gets the same successor, and nobody without the key can follow the line.
func (t token) successor(key [32]byte) token {
	mac := hmac.New(sha256.New, key[:])
	mac.Write(t.family[:])
	mac.Write(t.secret[:])
	return token{family: t.family, secret: [32]byte(mac.Sum(nil))}
}

func parseToken(s string) (t token, err error) {
	raw, err := encoding.DecodeString(s)
	if err != nil || len(raw) != len(t.family)+len(t.secret) {
		return t, ErrInvalid
	}
	copy(t.secret[:], raw[copy(t.family[:], raw):])
	return t, nil
}

// Begin completes a family that lives until expires and gives its first token. Redeem writes it.
func (r *Refresher) Begin(f *Family, expires time.Time) (string, error) {
	var t token
	putMillis(t.family[:], expires)
	if _, err := io.ReadFull(r.Random, t.family[6:]); err != nil {
		return "", fmt.Errorf("draw family id: %w", err)
	}
	if _, err := io.ReadFull(r.Random, t.secret[:]); err != nil {
		return "", fmt.Errorf("draw refresh token: %w", err)
	}
	digest := t.digest()
	f.ID, f.Current, f.Previous, f.Rotations = t.family, digest[:], nil, 0
	return t.String(), nil
}

// Use is one attempt to use a refresh token.
type Use struct {
	Token         string
	EnvironmentID string
	Issuer        string
	ClientID      string
	Now           time.Time
	// Liveness asks for the session. Nil: the refresh token outlives it.
	Liveness Liveness
	// Sliding is how long each token of the family is good. Zero: as long as the family.
	Sliding time.Duration
	// Grace is how long the token before the current one gives the current one again. Zero: DefaultGrace. Negative: never.
	Grace time.Duration
	// Lenient: a token that comes back is refused, and the family goes on.
	Lenient bool
	// Check looks at the family before anything changes; its error is returned as it is and the token stays good. Nil: nothing to check.
	Check func(*Family) error
}

// Rotate uses a refresh token: it gives its family and the token that follows. ErrInvalid, ErrExpired, ErrWrongClient, ErrSessionEnded.
// ErrReplayed: an old token came back; the family has ended and its access tokens are revoked, unless the use is lenient.
//
// RFC 9700 4.14.2: rotation, and the end of the whole family when a used token appears.
func (r *Refresher) Rotate(ctx context.Context, store kv.Store, u Use) (*Family, string, error) {
	brought, err := parseToken(u.Token)
	if err != nil {
		return nil, "", err
	}
	alive, err := r.prepare(ctx, store, brought.family, u)
	if err != nil {
		return nil, "", err
	}
	next := brought.successor(r.Key)
	var found *Family
	var refusal error
	err = store.Update(ctx, func(tx kv.Tx) (err error) {
		found, refusal, err = r.rotate(tx, brought, next, alive, u)
		return err
	})
	switch {
	case err != nil:
		return nil, "", err
	case refusal != nil:
		return nil, "", refusal
	}
	return found, next.String(), nil
}

// prepare finds the session of a family, so that the question for it can be made ready outside the transaction that asks it.
func (r *Refresher) prepare(ctx context.Context, store kv.Store, id FamilyID, u Use) (Alive, error) {
	if u.Liveness == nil {
		return nil, nil
	}
	var found *Family
	err := store.View(ctx, func(reader kv.Reader) (err error) {
		found, err = readFamily(reader, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, ErrInvalid
	}
	return u.Liveness(found.SessionID), nil
}

// rotate gives a refusal beside which writes are kept, or an error beside which they are not.
func (r *Refresher) rotate(tx kv.Tx, brought, next token, alive Alive, u Use) (f *Family, refusal, err error) {
	f, err = readFamily(tx, brought.family)
	if err != nil {
		return nil, nil, err
	}
	digest := brought.digest()
	switch {
	case f == nil || f.EnvironmentID != u.EnvironmentID || f.Issuer != u.Issuer:
		return nil, ErrInvalid, nil
	case f.ClientID != u.ClientID:
		return nil, ErrWrongClient, nil
	case !u.Now.Before(f.Expires()) || !f.Until.IsZero() && !u.Now.Before(f.Until):
		return nil, ErrExpired, f.end(tx)
	}
	current := f.isCurrent(digest)
	if !current && !(f.isPrevious(digest) && u.Now.Sub(f.RotatedAt) < u.grace()) {
		if u.Lenient {
			return nil, ErrReplayed, nil
		}
		if err := Revoke(tx, f.Handle); err != nil {
			return nil, nil, err
		}
		return nil, ErrReplayed, f.end(tx)
	}
	if alive != nil {
		lives, err := alive(tx, u.Now)
		if err != nil {
			return nil, nil, err
		}
		if !lives {
			return nil, ErrSessionEnded, f.end(tx)
		}
	}
	if u.Check != nil {
		if refusal := u.Check(f); refusal != nil {
			return nil, refusal, nil
		}
	}
	if !current {
		return f, nil, nil
	}
	following := next.digest()
	f.Previous, f.Current, f.RotatedAt = digest[:], following[:], u.Now
	f.Rotations++
	f.Slide(u.Sliding, u.Now)
	return f, nil, f.put(tx)
}

func (u Use) grace() time.Duration {
	if u.Grace == 0 {
		return DefaultGrace
	}
	return u.Grace
}

// Slide lets the current token of a family expire after a while without use. Zero: it does not.
func (f *Family) Slide(by time.Duration, now time.Time) {
	if f.Until = (time.Time{}); by > 0 {
		f.Until = now.Add(by)
	}
}
