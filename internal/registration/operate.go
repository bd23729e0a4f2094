package registration

import (
	"context"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Remove is Delete for operators. False: there is none of that id.
func (d *Directory) Remove(ctx context.Context, environmentID, id string) (found bool, err error) {
	if !clientID.MatchString(id) {
		return false, nil
	}
	err = d.Store.Update(ctx, func(tx kv.Tx) error {
		c, err := readClient(tx, environmentID, id)
		if found = err == nil && c != nil; !found {
			return err
		}
		return drop(tx, c)
	})
	return found, err
}

// List gives a page of the applications of an environment by id, and where the next begins. Empty: this was the last.
func (d *Directory) List(ctx context.Context, environmentID, after string, limit int) (list []*Client, next string, err error) {
	prefix := clientKey(environmentID, "")
	from := append(clientKey(environmentID, after), 0)
	err = d.Store.View(ctx, func(r kv.Reader) error {
		list, next = nil, ""
		found, err := r.Scan(schema.Registered, from, append(prefix[:len(prefix)-1:len(prefix)-1], 1), limit)
		if err != nil {
			return err
		}
		for _, e := range found {
			c, err := decodeClient(environmentID, string(e.Key[len(prefix):]), e.Value)
			if err != nil {
				return err
			}
			list = append(list, c)
		}
		if len(found) == limit {
			next = list[len(list)-1].ID
		}
		return nil
	})
	return list, next, err
}
