package directory

import (
	"bytes"
	"context"
	"strings"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Find gives the user of a name, or else of an e-mail address: the only one that it leads to, or of several the only one who proved it. ErrNotFound.
func (d *Directory) Find(ctx context.Context, environment, typed string) (u User, err error) {
	folded, err := fold(typed)
	if err != nil || checkID("", environment) != nil {
		return User{}, ErrNotFound
	}
	err = d.Store.View(ctx, func(r kv.Reader) error {
		id, err := r.Get(schema.UserByName, key(environment, folded))
		if err != nil {
			return err
		}
		if id == nil {
			if id, err = ofEmail(r, environment, folded); err != nil {
				return err
			}
		}
		u, err = Get(r, environment, string(id))
		return err
	})
	return u, err
}

// family is how many users may share an address and still be told apart.
const family = 20

// ofEmail gives the id of the user of an e-mail address, nil when there is none or it cannot be said which.
func ofEmail(r kv.Reader, environment, folded string) ([]byte, error) {
	users, err := usersOfEmail(r, environment, folded, family+1)
	if err != nil || len(users) == 0 || len(users) > family {
		return nil, err
	}
	if len(users) == 1 {
		return users[0], nil
	}
	var proved [][]byte
	for _, id := range users {
		u, err := Get(r, environment, string(id))
		if err != nil {
			return nil, err
		}
		if u.EmailVerified {
			proved = append(proved, id)
		}
	}
	if len(proved) != 1 {
		return nil, nil
	}
	return proved[0], nil
}

// usersOfEmail gives the ids of some users with an e-mail address that leads to them.
func usersOfEmail(r kv.Reader, environment, folded string, limit int) ([][]byte, error) {
	if !strings.Contains(folded, "@") {
		return nil, nil
	}
	from := emailKey(environment, folded, "")
	entries, err := r.Scan(schema.UserByEmail, from, append(bytes.Clone(from[:len(from)-1]), 1), limit)
	if err != nil {
		return nil, err
	}
	ids := make([][]byte, len(entries))
	for i, e := range entries {
		ids[i] = e.Key[len(from):]
	}
	return ids, nil
}
