package directory

import (
	"context"
	"errors"
)

// Amend changes the profile of a user who proved to be that user at an epoch: what Update changes, and EmailVerified. Another address that is
// not verified is a claim.
// ErrNotFound, ErrChanged, ErrExists, *InvalidError.
func (d *Directory) Amend(ctx context.Context, environment, id string, epoch uint64, change func(*User)) (User, error) {
	return d.update(ctx, environment, id, func(u *User) error {
		if !u.Enabled || u.Epoch != epoch {
			return ErrChanged
		}
		before := *u
		change(u)
		u.ID, u.EnvironmentID, u.CreatedAt = before.ID, before.EnvironmentID, before.CreatedAt
		u.Enabled, u.Epoch, u.Newcomer, u.Leaving = before.Enabled, before.Epoch, before.Newcomer, before.Leaving
		u.PasswordHash, u.PasswordChanged, u.MustChangePassword = before.PasswordHash, before.PasswordChanged, before.MustChangePassword
		u.EmailClaimed = !u.EmailVerified && u.Email != "" && (before.EmailClaimed || u.Email != before.Email)
		return nil
	})
}

// ProveEmail notes that mail to an address reaches a user, if it is still theirs. One that is another user's name stays a claim. ErrNotFound.
func (d *Directory) ProveEmail(ctx context.Context, environment, id, email string) (User, error) {
	u, err := d.update(ctx, environment, id, func(u *User) error {
		if u.Email == email && email != "" {
			u.EmailVerified, u.EmailClaimed = true, false
		}
		return nil
	})
	if errors.Is(err, ErrExists) {
		return d.ByID(ctx, environment, id)
	}
	return u, err
}

// ChoosePassword lets a user who proved to be that user at an epoch choose another password. It bumps the epoch: what else was proved until now
// starts no session any more. ErrNotFound, ErrChanged, ErrWeakPassword.
func (d *Directory) ChoosePassword(ctx context.Context, environment, id string, epoch uint64, chosen string) (User, error) {
	u, err := d.ByID(ctx, environment, id)
	if err != nil {
		return User{}, err
	}
	if !u.Enabled || u.Epoch != epoch {
		return User{}, ErrChanged
	}
	hash, err := d.another(ctx, u, chosen)
	if err != nil {
		return User{}, err
	}
	now := d.now()
	return d.update(ctx, environment, id, func(u *User) error {
		if !u.Enabled || u.Epoch != epoch {
			return ErrChanged
		}
		u.PasswordHash, u.PasswordChanged, u.MustChangePassword = hash, now, false
		u.Epoch++
		return nil
	})
}

// another hashes a new password. Where one must be chosen, the present one is none.
func (d *Directory) another(ctx context.Context, u User, chosen string) (string, error) {
	if u.MustChangePassword && u.PasswordHash != "" {
		if same, _, err := d.Passwords.Verify(ctx, u.PasswordHash, chosen); err != nil {
			return "", err
		} else if same {
			return "", &WeakPasswordError{[]Weakness{IsPresent}}
		}
	}
	return d.hash(ctx, u, chosen)
}

// Weaknesses gives why a password would be refused for a user, without a hash. Nil: nothing is wrong with it.
func Weaknesses(u User, chosen string) []Weakness {
	var weak *WeakPasswordError
	if errors.As(weaknesses(u, chosen), &weak) {
		return weak.Reasons
	}
	return nil
}
