package directory

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// NewcomersStay is how long somebody who registered has to prove anything: the longest that a sign-on may take.
const NewcomersStay = 48 * time.Hour

// Register is Add for strangers. The user takes no name: until somebody proves to be this user and is admitted, everybody else may register the
// same name, and no password opens the account. So nobody can wait in an account for the owner of an address to fill it.
//
// Where the name or the address is somebody's already, it gives that user, whoever asks. Both ways judge the password first and cost one hash and one write.
// ErrWeakPassword, *InvalidError.
func (d *Directory) Register(ctx context.Context, u User, chosen string) (registered User, exists bool, err error) {
	u, err = d.fresh(ctx, u, chosen)
	if err != nil {
		return User{}, false, err
	}
	for _, name := range []string{u.Username, u.Email} {
		other, err := d.Find(ctx, u.EnvironmentID, name)
		switch {
		case err == nil:
			return other, true, d.asIfAdded(ctx, u)
		case !errors.Is(err, ErrNotFound):
			return User{}, false, err
		}
	}
	u.Newcomer, u.EmailVerified, u.EmailClaimed = true, false, u.Email != ""
	err = d.Store.Update(ctx, func(tx kv.Tx) error {
		taken, err := tx.Get(schema.User, key(u.EnvironmentID, u.ID))
		if err != nil {
			return err
		}
		if taken != nil {
			return ErrExists
		}
		if err := tx.Put(schema.Newcomer, newcomerKey(u), nil); err != nil {
			return err
		}
		return putAlone(tx, u)
	})
	return u, false, err
}

// asIfAdded writes as Register does for a free name, so that its time tells nobody that a name is taken: ForgetNewcomers finds nobody there.
func (d *Directory) asIfAdded(ctx context.Context, u User) error {
	return d.Store.Update(ctx, func(tx kv.Tx) error { return tx.Put(schema.Newcomer, newcomerKey(u), nil) })
}

// Admit is Guard for whoever starts a session: somebody who registered and proved to be that user takes the name now. ErrChanged, and ErrExists
// when another was faster.
func Admit(tx kv.Tx, environment, id string, epoch uint64) error {
	u, err := Get(tx, environment, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrChanged
	case err != nil:
		return err
	case !u.Newcomer:
		return Guard(tx, environment, id, epoch)
	case !u.Enabled || u.Epoch != epoch:
		return ErrChanged
	}
	if err := tx.Delete(schema.Newcomer, newcomerKey(u)); err != nil {
		return err
	}
	u.Newcomer = false
	return put(tx, User{}, u)
}

// ForgetNewcomers removes those whose time is over, at most limit. More: there may be others.
func (d *Directory) ForgetNewcomers(ctx context.Context, limit int) (more bool, err error) {
	now := binary.BigEndian.AppendUint64(nil, uint64(max(d.now().UnixMilli(), 0)))[2:]
	err = d.Store.Update(ctx, func(tx kv.Tx) error {
		entries, err := tx.Scan(schema.Newcomer, nil, now, limit)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := tx.Delete(schema.Newcomer, e.Key); err != nil {
				return err
			}
			if err := tx.Delete(schema.User, e.Key[6:]); err != nil {
				return err
			}
		}
		more = len(entries) == limit
		return nil
	})
	return more, err
}

func newcomerKey(u User) []byte {
	ms := binary.BigEndian.AppendUint64(nil, uint64(max(u.CreatedAt.Add(NewcomersStay).UnixMilli(), 0)))[2:]
	return append(ms, key(u.EnvironmentID, u.ID)...)
}
