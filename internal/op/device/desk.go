package device

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"vigil/internal/attempts"
	"vigil/internal/device"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// Desk is where codes that people type are looked up. All fields are required.
type Desk struct {
	KV kv.Store
	// Guesses brakes whoever tries codes. Its names are not used.
	Guesses Brake
	// Application finds an application of an environment. Nil: there is none.
	Application func(environmentID, clientID string) *tenant.Application
}

// Brake counts wrong guesses, see attempts.Counter.
type Brake interface {
	Reserve(ctx context.Context, g attempts.Guess) (attempts.Ticket, error)
	Failed(ctx context.Context, t attempts.Ticket) error
	Release(ctx context.Context, t attempts.Ticket) error
}

// Guess is a code that somebody typed.
type Guess struct {
	EnvironmentID string
	Code          string
	From          netip.Addr // invalid: not known
	// Ours reports whether devices of an issuer may be found here.
	Ours func(issuer string) bool
	Now  time.Time
}

// Found is a device that waits, and whose it is.
type Found struct {
	*device.Authorization
	Application *tenant.Application
}

// Look finds the device of a code. Nil without an error: none waits with it, or, if locked, too many wrong ones came from the same place.
//
// RFC 8628 5.1: user codes are short, so guessing is braked.
func (d *Desk) Look(ctx context.Context, g Guess) (found *Found, locked bool, err error) {
	ticket, err := d.Guesses.Reserve(ctx, attempts.Guess{Environment: "device codes of " + g.EnvironmentID, From: g.From})
	lock := (*attempts.LockedError)(nil)
	switch {
	case errors.As(err, &lock) || errors.Is(err, attempts.ErrBusy):
		return nil, true, nil
	case err != nil:
		return nil, false, fmt.Errorf("reserve guess: %w", err)
	}
	waits, err := d.waits(ctx, g)
	ctx = context.WithoutCancel(ctx)
	switch {
	case err != nil:
		return nil, false, errors.Join(err, d.Guesses.Release(ctx, ticket))
	case waits == nil:
		return nil, false, d.Guesses.Failed(ctx, ticket)
	}
	return waits, false, d.Guesses.Release(ctx, ticket)
}

func (d *Desk) waits(ctx context.Context, g Guess) (*Found, error) {
	code := device.Fold(g.Code)
	if code == "" {
		return nil, nil
	}
	a, err := device.Find(ctx, d.KV, g.EnvironmentID, code, g.Now)
	switch {
	case errors.Is(err, device.ErrUnknown):
		return nil, nil
	case err != nil:
		return nil, err
	case !g.Ours(a.Issuer):
		return nil, nil
	}
	app := d.Application(g.EnvironmentID, a.ClientID)
	if app == nil {
		return nil, nil
	}
	return &Found{a, app}, nil
}

// Deny tells a device that somebody said no. Nothing happens to one that waits no more, or to another environment's.
func (d *Desk) Deny(ctx context.Context, environmentID, id string, now time.Time) error {
	key, ok := device.ParseKey(id)
	if !ok {
		return errors.New("no device has this id")
	}
	found, err := device.Load(ctx, d.KV, key, now)
	if err == nil && found.EnvironmentID == environmentID {
		err = device.Answer(ctx, d.KV, key, nil, nil, now)
	}
	if known(err) {
		return nil
	}
	return err
}
