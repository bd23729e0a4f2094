package directory

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"vigil/internal/attempts"
	"vigil/internal/store/kv"
)

// Outcome is what came of a password.
type Outcome string

// The outcomes, in the words of the flow language.
const (
	Success    Outcome = "success"
	Failure    Outcome = "failure"
	Locked     Outcome = "locked"
	MustChange Outcome = "mustChange"
)

// Result is the answer of CheckPassword.
type Result struct {
	Outcome Outcome
	User    User      // of Success and MustChange only
	Until   time.Time // of Locked only
}

// CheckPassword says whether password is that of the user of a name or e-mail address. Unknown, disabled, password-less and
// locked users cost the same hash as a wrong password and are locked alike. from: where the person is; zero is not counted.
// A locked address costs none, for it says nothing about anybody: otherwise one stranger could keep every core busy.
// An error (of the store, of ctx, attempts.ErrBusy) says nothing about the password.
func (d *Directory) CheckPassword(ctx context.Context, environment, typed, password string, from netip.Addr) (Result, error) {
	ticket, err := d.reserve(ctx, attempts.Guess{Environment: environment, Name: Guessed(typed), From: from})
	if locked := (*attempts.LockedError)(nil); errors.As(err, &locked) {
		if locked.Address {
			return Result{Outcome: Locked, Until: locked.Until}, nil
		}
		return Result{Outcome: Locked, Until: locked.Until}, d.Passwords.VerifyNobody(ctx, password)
	}
	if err != nil {
		return Result{}, err
	}
	u, ok, rehash, err := d.verify(ctx, environment, typed, password)
	if err := errors.Join(err, d.settle(ctx, ticket, ok, err)); err != nil {
		return Result{}, err
	}
	switch {
	case !ok:
		return Result{Outcome: Failure}, nil
	case u.MustChangePassword:
		return Result{Outcome: MustChange, User: u}, nil
	}
	if rehash {
		if err := d.rehash(ctx, &u, password); err != nil {
			return Result{}, err
		}
	}
	return Result{Outcome: Success, User: u}, nil
}

// Guessed is the name under which guesses at what was typed are counted, however it is spelled. What cannot be a name is counted as it is, apart
// from all names.
func Guessed(typed string) string {
	if folded, err := fold(typed); err == nil {
		return folded
	}
	return "\x00" + typed
}

// verify computes exactly one hash, whoever is asked for.
func (d *Directory) verify(ctx context.Context, environment, typed, password string) (u User, ok, rehash bool, err error) {
	u, err = d.Find(ctx, environment, typed)
	if errors.Is(err, ErrNotFound) || err == nil && u.PasswordHash == "" {
		return User{}, false, false, d.Passwords.VerifyNobody(ctx, password)
	}
	if err != nil {
		return User{}, false, false, err
	}
	ok, rehash, err = d.Passwords.Verify(ctx, u.PasswordHash, password)
	return u, ok && u.Enabled, rehash, err
}

func (d *Directory) reserve(ctx context.Context, g attempts.Guess) (attempts.Ticket, error) {
	if d.Attempts == nil {
		return attempts.Ticket{}, nil
	}
	return d.Attempts.Reserve(ctx, g)
}

// settle tells the outcome even when the person has gone away meanwhile.
func (d *Directory) settle(ctx context.Context, t attempts.Ticket, ok bool, failed error) error {
	ctx = context.WithoutCancel(ctx)
	switch {
	case d.Attempts == nil:
		return nil
	case failed != nil:
		return d.Attempts.Release(ctx, t)
	case ok:
		return d.Attempts.Succeeded(ctx, t)
	default:
		return d.Attempts.Failed(ctx, t)
	}
}

// rehash replaces a hash of other costs, unless the password was changed meanwhile. The epoch stays: it is the same password.
func (d *Directory) rehash(ctx context.Context, u *User, password string) error {
	hash, err := d.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	verified := u.PasswordHash
	after, err := d.update(ctx, u.EnvironmentID, u.ID, func(u *User) error {
		if u.PasswordHash != verified {
			return ErrChanged
		}
		u.PasswordHash = hash
		return nil
	})
	switch {
	case err == nil:
		*u = after
	case errors.Is(err, ErrChanged), errors.Is(err, ErrNotFound), errors.Is(err, kv.ErrConflict):
		return nil // the session's Guard judges the first two; the next sign-on tries again after the third
	default:
		return err
	}
	return nil
}
