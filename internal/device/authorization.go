package device

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"vigil/internal/grant"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Status is what became of an authorization.
type Status string

// The states.
const (
	Pending  Status = "pending"
	Approved Status = "approved"
	Denied   Status = "denied"
)

// Authorization is a device that waits.
type Authorization struct {
	Key           Key           `json:"-"`
	EnvironmentID string        `json:"environment"`
	Issuer        string        `json:"issuer"`
	ClientID      string        `json:"client"`
	Scope         string        `json:"scope,omitempty"`
	Resources     []string      `json:"resources,omitempty"` // that the request named. Empty: none
	UserCode      string        `json:"userCode"`
	IP            string        `json:"ip,omitempty"`      // where the device asked from. Empty: unknown
	Interval      time.Duration `json:"interval"`          // between polls
	PolledAt      time.Time     `json:"polledAt,omitzero"` // the last time
	Status        Status        `json:"status"`
	// Family is what the person granted. Nil unless approved.
	Family *grant.Family `json:"family,omitempty"`
}

// Errors that callers tell apart.
var (
	// ErrUnknown: there is no such code, or it was used, or belongs to somebody else.
	ErrUnknown = errors.New("no such device code")
	// ErrExpired: nobody signed on in time.
	ErrExpired = errors.New("device code has expired")
	// ErrPending: nobody has answered yet.
	ErrPending = errors.New("nobody has answered yet")
	// ErrSlowDown: as ErrPending, and the device asked too soon.
	ErrSlowDown = errors.New("polled too soon")
	// ErrDenied: the person said no.
	ErrDenied = errors.New("the person said no")
	// ErrAnswered: somebody has answered already.
	ErrAnswered = errors.New("already answered")
)

// slower is by how much a device that polls too soon has to slow down.
//
// RFC 8628 3.5.
const slower = 5 * time.Second

// Begin completes an authorization that waits until a time, at most an hour away, and gives its device code.
func Begin(ctx context.Context, store kv.Store, a *Authorization, expires, now time.Time, random io.Reader) (deviceCode string, err error) {
	var secret [secretSize]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return "", fmt.Errorf("draw device code: %w", err)
	}
	deviceCode = encoding.EncodeToString(append(millis(expires), secret[:]...))
	a.Key, _ = keyOf(deviceCode)
	a.Status = Pending
	const tries = 8
	for range tries {
		if a.UserCode, err = newUserCode(random); err != nil {
			return "", err
		}
		taken := false
		err = store.Update(ctx, func(tx kv.Tx) (err error) {
			taken, err = begin(tx, a, now)
			return err
		})
		if err != nil || !taken {
			return deviceCode, err
		}
	}
	return "", errors.New("every user code drawn is taken")
}

func begin(tx kv.Tx, a *Authorization, now time.Time) (taken bool, err error) {
	values, err := tx.GetMany(schema.DeviceByCode, places(a.EnvironmentID, a.UserCode, now))
	if err != nil {
		return false, err
	}
	for _, value := range values {
		if value != nil {
			return true, nil
		}
	}
	hour := a.Key.Expires().Truncate(step).Add(step)
	if err := tx.Put(schema.DeviceByCode, byCode(a.EnvironmentID, a.UserCode, hour), a.Key[:]); err != nil {
		return false, err
	}
	return false, a.put(tx)
}

func (a *Authorization) put(tx kv.Tx) error {
	value, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode device authorization: %w", err)
	}
	return tx.Put(schema.Device, a.Key[:], value)
}

// end removes an authorization. Its user code leads nowhere then.
func (a *Authorization) end(tx kv.Tx) error {
	hour := a.Key.Expires().Truncate(step).Add(step)
	if err := tx.Delete(schema.DeviceByCode, byCode(a.EnvironmentID, a.UserCode, hour)); err != nil {
		return err
	}
	return tx.Delete(schema.Device, a.Key[:])
}

// read gives an authorization that has not expired. ErrUnknown, ErrExpired.
func read(r kv.Reader, k Key, now time.Time) (*Authorization, error) {
	value, err := r.Get(schema.Device, k[:])
	switch {
	case err != nil:
		return nil, err
	case !now.Before(k.Expires()):
		return nil, ErrExpired
	case value == nil:
		return nil, ErrUnknown
	}
	a := &Authorization{Key: k}
	if err := json.Unmarshal(value, a); err != nil {
		return nil, fmt.Errorf("decode device authorization: %w", err)
	}
	return a, nil
}

// Find gives the pending authorization of a user code, folded. ErrUnknown.
func Find(ctx context.Context, store kv.Store, environmentID, userCode string, now time.Time) (*Authorization, error) {
	var found *Authorization
	err := store.View(ctx, func(r kv.Reader) error {
		found = nil
		values, err := r.GetMany(schema.DeviceByCode, places(environmentID, userCode, now))
		if err != nil {
			return err
		}
		for _, value := range values {
			if len(value) != len(Key{}) {
				continue
			}
			a, err := read(r, Key(value), now)
			if err != nil {
				return err
			}
			if a.EnvironmentID == environmentID && a.UserCode == userCode && a.Status == Pending {
				found = a
			}
		}
		return nil
	})
	if errors.Is(err, ErrExpired) || err == nil && found == nil {
		return nil, ErrUnknown
	}
	return found, err
}

// Load gives the authorization of a key in any state. ErrUnknown, ErrExpired.
func Load(ctx context.Context, store kv.Store, k Key, now time.Time) (a *Authorization, err error) {
	err = store.View(ctx, func(r kv.Reader) (err error) {
		a, err = read(r, k, now)
		return err
	})
	return a, err
}

// Answer writes what the person said: yes with what was granted, or no with nil. Alive asks for the session of a grant. Of any number of
// answers one counts. ErrUnknown, ErrExpired, ErrAnswered, grant.ErrSessionEnded.
func Answer(ctx context.Context, store kv.Store, k Key, granted *grant.Family, alive grant.Alive, now time.Time) error {
	return store.Update(ctx, func(tx kv.Tx) error {
		a, err := read(tx, k, now)
		if err != nil {
			return err
		}
		if a.Status != Pending {
			return ErrAnswered
		}
		a.Status, a.Family = Denied, granted
		if granted == nil {
			return a.put(tx)
		}
		a.Status = Approved
		lives, err := alive(tx, now)
		if err == nil && !lives {
			err = grant.ErrSessionEnded
		}
		if err != nil {
			return err
		}
		return a.put(tx)
	})
}

// Client says who polls.
type Client struct{ EnvironmentID, Issuer, ClientID string }

// Poll gives what was granted to a device, without redeeming it. ErrUnknown, ErrExpired, ErrPending, ErrSlowDown, ErrDenied.
//
// RFC 8628 3.5.
func Poll(ctx context.Context, store kv.Store, deviceCode string, c Client, now time.Time) (*Authorization, error) {
	k, ok := keyOf(deviceCode)
	if !ok {
		return nil, ErrUnknown
	}
	var a *Authorization
	var refusal error
	err := store.Update(ctx, func(tx kv.Tx) (err error) {
		a, refusal, err = poll(tx, k, c, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a, refusal
}

// poll gives a refusal beside which writes are kept, or an error beside which they are not.
func poll(tx kv.Tx, k Key, c Client, now time.Time) (a *Authorization, refusal, err error) {
	a, err = read(tx, k, now)
	switch {
	case errors.Is(err, ErrUnknown) || errors.Is(err, ErrExpired):
		return nil, err, nil
	case err != nil:
		return nil, nil, err
	case a.EnvironmentID != c.EnvironmentID || a.Issuer != c.Issuer || a.ClientID != c.ClientID:
		return nil, ErrUnknown, nil
	case a.Status == Approved:
		return a, nil, nil
	case a.Status == Denied:
		return nil, ErrDenied, a.end(tx)
	}
	refusal = ErrPending
	if !a.PolledAt.IsZero() && now.Sub(a.PolledAt) < a.Interval {
		refusal = ErrSlowDown
		a.Interval += slower
	}
	a.PolledAt = now
	return nil, refusal, a.put(tx)
}

// Redeem uses up an approved authorization and keeps its family, if it has refresh tokens: of any number of attempts one wins. ErrUnknown,
// ErrExpired, grant.ErrSessionEnded.
func Redeem(ctx context.Context, store kv.Store, k Key, family *grant.Family, alive grant.Alive, now time.Time) error {
	var refusal error
	err := store.Update(ctx, func(tx kv.Tx) (err error) {
		refusal, err = redeem(tx, k, family, alive, now)
		return err
	})
	if err != nil {
		return err
	}
	return refusal
}

func redeem(tx kv.Tx, k Key, family *grant.Family, alive grant.Alive, now time.Time) (refusal, err error) {
	a, err := read(tx, k, now)
	switch {
	case errors.Is(err, ErrUnknown) || errors.Is(err, ErrExpired):
		return err, nil
	case err != nil:
		return nil, err
	case a.Status != Approved:
		return ErrUnknown, nil
	}
	if err := a.end(tx); err != nil {
		return nil, err
	}
	lives, err := alive(tx, now)
	if err != nil {
		return nil, err
	}
	if !lives {
		return grant.ErrSessionEnded, nil
	}
	if family == nil {
		return nil, nil
	}
	return nil, grant.Keep(tx, family, now)
}
