package authenticator

import (
	"slices"

	"vigil/internal/store/kv"
)

// Held gives somebody's authenticators without their Data, the oldest first: for who may see them and not use them.
func Held(r kv.Reader, environmentID, userID string) ([]Authenticator, error) {
	all, err := read(r, environmentID, userID)
	if err != nil {
		return nil, err
	}
	list := make([]Authenticator, len(all))
	for i := range all {
		list[i] = all[i].bare()
	}
	return list, nil
}

// Take is Remove inside a transaction of the caller's. ErrNotFound.
func Take(tx kv.Tx, environmentID, userID, id string) error {
	all, err := read(tx, environmentID, userID)
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(b stored) bool { return b.ID == id })
	switch len(rest) {
	case len(all):
		return ErrNotFound
	case 0:
		return RemoveAll(tx, environmentID, userID)
	}
	return write(tx, environmentID, userID, rest)
}
