package directory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"vigil/internal/attempts"
	"vigil/internal/password"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Directory is the users of all environments. All fields are required but Attempts. Safe for concurrent use when Random is.
type Directory struct {
	Store     kv.Store
	Passwords *password.Hasher
	Attempts  *attempts.Counter // nil: nobody is ever locked out
	Now       func() time.Time
	Random    io.Reader
}

// Errors that callers tell apart.
var (
	// ErrExists: the id or the name is taken. So is a name that is another user's e-mail address, and the reverse.
	ErrExists = errors.New("user exists")
	// ErrNotFound: there is no such user, or an e-mail address is several users'.
	ErrNotFound = errors.New("no such user")
	// ErrChanged: a user was deleted, disabled or given another password since the epoch that a caller holds.
	ErrChanged = errors.New("user changed")
)

func (d *Directory) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }

// Add stores a new user. It draws the ID when there is none, and sets Epoch and the times. A chosen password is judged and
// hashed; without one, u.PasswordHash is taken as it is. ErrExists, ErrWeakPassword, *InvalidError.
func (d *Directory) Add(ctx context.Context, u User, chosen string) (User, error) {
	u, err := d.fresh(ctx, u, chosen)
	if err != nil {
		return User{}, err
	}
	err = d.Store.Update(ctx, func(tx kv.Tx) error {
		taken, err := tx.Get(schema.User, key(u.EnvironmentID, u.ID))
		if err != nil {
			return err
		}
		if taken != nil {
			return ErrExists
		}
		return put(tx, User{}, u)
	})
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// fresh makes a record of somebody new, who is in no store yet.
func (d *Directory) fresh(ctx context.Context, u User, chosen string) (User, error) {
	u = u.clone()
	u.Epoch, u.CreatedAt = 1, d.now()
	u.UpdatedAt, u.PasswordChanged = u.CreatedAt, time.Time{}
	u.Newcomer, u.Leaving, u.EmailClaimed = false, false, false
	var err error
	if u.ID == "" {
		if u.ID, err = d.newID(); err != nil {
			return User{}, err
		}
	}
	if err := u.check(); err != nil {
		return User{}, err
	}
	switch {
	case chosen != "":
		if u.PasswordHash, err = d.hash(ctx, u, chosen); err != nil {
			return User{}, err
		}
	case u.PasswordHash != "":
		if _, err := password.Parse(u.PasswordHash); err != nil {
			return User{}, &InvalidError{"passwordHash", err.Error()}
		}
	}
	if u.PasswordHash != "" {
		u.PasswordChanged = u.CreatedAt
	}
	return u, nil
}

// newID draws a random UUID: RFC 9562 5.4. It does not tell when the user was made.
func (d *Directory) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(d.Random, b[:]); err != nil {
		return "", fmt.Errorf("draw user id: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

// Get reads a user inside a transaction of the caller's. ErrNotFound.
func Get(r kv.Reader, environment, id string) (User, error) {
	if checkID("", environment) != nil || checkID("", id) != nil {
		return User{}, ErrNotFound
	}
	value, err := r.Get(schema.User, key(environment, id))
	if err != nil {
		return User{}, err
	}
	if value == nil {
		return User{}, ErrNotFound
	}
	return decode(environment, id, value)
}

// Guard makes the caller's transaction hold only while the user is enabled and still in the epoch in which he proved himself.
// ErrChanged. Whoever ends everything of a user calls BumpEpoch first and looks for what there is to end afterwards.
func Guard(r kv.Reader, environment, id string, epoch uint64) error {
	u, err := Get(r, environment, id)
	if errors.Is(err, ErrNotFound) || err == nil && (!u.Enabled || u.Newcomer || u.Epoch != epoch) {
		return ErrChanged
	}
	return err
}

// ByID gives a user. ErrNotFound.
func (d *Directory) ByID(ctx context.Context, environment, id string) (u User, err error) {
	err = d.Store.View(ctx, func(r kv.Reader) error {
		u, err = Get(r, environment, id)
		return err
	})
	return u, err
}

// List gives at most limit (1 to 1,000) users in the order of their folded names, and the place to go on from; "" is the
// start, and as next the end.
func (d *Directory) List(ctx context.Context, environment, after string, limit int) (users []User, next string, err error) {
	if err := checkID("environment id", environment); err != nil {
		return nil, "", err
	}
	prefix := key(environment, "")
	from := append(append(bytes.Clone(prefix), after...), 0) // the first key behind; no name begins with 0x00
	err = d.Store.View(ctx, func(r kv.Reader) error {
		users, next = nil, ""
		entries, err := r.Scan(schema.UserByName, from, append([]byte(environment), 1), limit)
		if err != nil || len(entries) == 0 {
			return err
		}
		keys := make([][]byte, len(entries))
		for i, e := range entries {
			keys[i] = key(environment, string(e.Value))
		}
		values, err := r.GetMany(schema.User, keys)
		if err != nil {
			return err
		}
		users = make([]User, len(entries))
		for i, e := range entries {
			if users[i], err = decode(environment, string(e.Value), values[i]); err != nil {
				return err
			}
		}
		if len(entries) == limit {
			next = string(entries[limit-1].Key[len(prefix):])
		}
		return nil
	})
	return users, next, err
}
