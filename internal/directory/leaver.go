package directory

import (
	"bytes"
	"context"
	"errors"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Leaver is somebody who is being deleted.
type Leaver struct{ EnvironmentID, UserID string }

// Leave begins to delete a user: from now on no name leads to the account, nothing proved earlier starts a session, and nobody can enable it.
// What belongs to the user is the caller's to remove; then Remove ends it. Leavers names those who are not removed yet. ErrNotFound.
func (d *Directory) Leave(ctx context.Context, environment, id string) error {
	now := d.now()
	return d.Store.Update(ctx, func(tx kv.Tx) error {
		u, err := Get(tx, environment, id)
		if err != nil || u.Leaving {
			return err
		}
		if err := leaveNames(tx, u); err != nil {
			return err
		}
		u.Leaving, u.Enabled, u.UpdatedAt, u.Newcomer = true, false, now, false
		u.Epoch++
		if err := tx.Put(schema.Leaver, key(environment, id), nil); err != nil {
			return err
		}
		return putAlone(tx, u)
	})
}

// leaveNames takes away what leads to a user.
func leaveNames(tx kv.Tx, u User) error {
	if u.Newcomer {
		return tx.Delete(schema.Newcomer, newcomerKey(u))
	}
	if name, err := fold(u.Username); err == nil {
		if err := tx.Delete(schema.UserByName, key(u.EnvironmentID, name)); err != nil {
			return err
		}
	}
	if email, err := fold(u.Email); err == nil {
		return tx.Delete(schema.UserByEmail, emailKey(u.EnvironmentID, email, u.ID))
	}
	return nil
}

// Remove ends what Leave began, in a transaction of the caller's. Somebody who is not leaving stays.
func Remove(tx kv.Tx, l Leaver) error {
	u, err := Get(tx, l.EnvironmentID, l.UserID)
	if errors.Is(err, ErrNotFound) {
		return tx.Delete(schema.Leaver, key(l.EnvironmentID, l.UserID))
	}
	if err != nil || !u.Leaving {
		return err
	}
	if err := tx.Delete(schema.Leaver, key(l.EnvironmentID, l.UserID)); err != nil {
		return err
	}
	return tx.Delete(schema.User, key(l.EnvironmentID, l.UserID))
}

// Leavers lists some of those who are being deleted.
func (d *Directory) Leavers(ctx context.Context, limit int) (leavers []Leaver, err error) {
	err = d.Store.View(ctx, func(r kv.Reader) error {
		entries, err := r.Scan(schema.Leaver, nil, nil, limit)
		if err != nil {
			return err
		}
		found := make([]Leaver, 0, len(entries))
		for _, e := range entries {
			environment, id, _ := bytes.Cut(e.Key, []byte{0})
			found = append(found, Leaver{string(environment), string(id)})
		}
		leavers = found
		return nil
	})
	return leavers, err
}
