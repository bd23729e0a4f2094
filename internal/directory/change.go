package directory

import (
	"context"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Update changes the profile of a user: names, addresses, phone, groups, attributes, MustChangePassword. What change does to
// the other fields is undone; the address counts as entered by an operator if it changed, or if change clears EmailClaimed. It may be called several times, each time on a fresh copy, and touches nothing else.
// ErrNotFound, ErrExists, *InvalidError.
func (d *Directory) Update(ctx context.Context, environment, id string, change func(*User)) (User, error) {
	return d.update(ctx, environment, id, func(u *User) error {
		before := *u
		change(u)
		u.ID, u.EnvironmentID, u.CreatedAt = before.ID, before.EnvironmentID, before.CreatedAt
		u.Enabled, u.Epoch, u.Newcomer, u.Leaving = before.Enabled, before.Epoch, before.Newcomer, before.Leaving
		u.PasswordHash, u.PasswordChanged = before.PasswordHash, before.PasswordChanged
		u.EmailVerified = before.EmailVerified && u.Email == before.Email
		u.EmailClaimed = before.EmailClaimed && u.EmailClaimed && u.Email == before.Email
		return nil
	})
}

// SetEnabled lets a user sign on or not. Disabling bumps the epoch; sessions are the caller's to end. ErrNotFound.
func (d *Directory) SetEnabled(ctx context.Context, environment, id string, enabled bool) (User, error) {
	return d.update(ctx, environment, id, func(u *User) error {
		if u.Leaving {
			return ErrNotFound
		}
		if u.Enabled && !enabled {
			u.Epoch++
		}
		u.Enabled = enabled
		return nil
	})
}

// BumpEpoch makes all proofs that the user gave so far useless for starting sessions. ErrNotFound.
func (d *Directory) BumpEpoch(ctx context.Context, environment, id string) (User, error) {
	return d.update(ctx, environment, id, func(u *User) error {
		u.Epoch++
		return nil
	})
}

// SetPassword gives a user another password and bumps the epoch. mustChange: it is good for choosing another only.
// ErrNotFound, ErrWeakPassword.
func (d *Directory) SetPassword(ctx context.Context, environment, id, chosen string, mustChange bool) (User, error) {
	u, err := d.ByID(ctx, environment, id)
	if err != nil {
		return User{}, err
	}
	hash, err := d.another(ctx, u, chosen)
	if err != nil {
		return User{}, err
	}
	now := d.now()
	return d.update(ctx, environment, id, func(u *User) error {
		u.PasswordHash, u.PasswordChanged, u.MustChangePassword = hash, now, mustChange
		u.Epoch++
		return nil
	})
}

// Unlock lets a user who was locked out try again. ErrNotFound.
func (d *Directory) Unlock(ctx context.Context, environment, id string) error {
	u, err := d.ByID(ctx, environment, id)
	if err != nil || d.Attempts == nil {
		return err
	}
	for _, name := range []string{u.Username, u.Email} {
		if err := d.Attempts.Unlock(ctx, environment, Guessed(name)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Directory) update(ctx context.Context, environment, id string, change func(*User) error) (after User, err error) {
	now := d.now()
	err = d.Store.Update(ctx, func(tx kv.Tx) error {
		before, err := Get(tx, environment, id)
		if err != nil {
			return err
		}
		u := before.clone()
		if err := change(&u); err != nil {
			return err
		}
		u.UpdatedAt = now
		if err := u.check(); err != nil {
			return err
		}
		if after = u; u.Newcomer || u.Leaving {
			return putAlone(tx, u)
		}
		return put(tx, before, u)
	})
	if err != nil {
		return User{}, err
	}
	return after, nil
}

// put writes a user that the caller has read, and what leads to him. The zero before: he is new.
func put(tx kv.Tx, before, after User) error {
	name, err := fold(after.Username)
	if err != nil {
		return err
	}
	if err := putName(tx, before, after, name); err != nil {
		return err
	}
	if err := putEmail(tx, before, after, name); err != nil {
		return err
	}
	return putAlone(tx, after)
}

// putAlone writes a user to whom no name leads.
func putAlone(tx kv.Tx, u User) error {
	value, err := u.encode()
	if err != nil {
		return err
	}
	return tx.Put(schema.User, key(u.EnvironmentID, u.ID), value)
}

func putName(tx kv.Tx, before, after User, name string) error {
	if old, err := fold(before.Username); err == nil {
		if old == name {
			return nil
		}
		if err := tx.Delete(schema.UserByName, key(after.EnvironmentID, old)); err != nil {
			return err
		}
	}
	owner, err := tx.Get(schema.UserByName, key(after.EnvironmentID, name))
	if err != nil {
		return err
	}
	others, err := usersOfEmail(tx, after.EnvironmentID, name, 2)
	if err != nil {
		return err
	}
	for _, id := range append(others, owner) {
		if id != nil && string(id) != after.ID {
			return ErrExists
		}
	}
	return tx.Put(schema.UserByName, key(after.EnvironmentID, name), []byte(after.ID))
}

func putEmail(tx kv.Tx, before, after User, name string) error {
	old, errOld := fold(before.leading())
	email, errNow := fold(after.leading())
	if old == email {
		return nil
	}
	if errOld == nil {
		if err := tx.Delete(schema.UserByEmail, emailKey(after.EnvironmentID, old, after.ID)); err != nil {
			return err
		}
	}
	if errNow != nil {
		return nil //nolint:nilerr // none leads to him: check has seen to it
	}
	if email != name {
		owner, err := tx.Get(schema.UserByName, key(after.EnvironmentID, email))
		if err != nil {
			return err
		}
		if owner != nil {
			return ErrExists
		}
	}
	return tx.Put(schema.UserByEmail, emailKey(after.EnvironmentID, email, after.ID), nil)
}
