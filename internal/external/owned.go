package external

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Linked is somebody at another provider who is an account's here.
type Linked struct {
	ID                        string // names the link among all of its account
	Provider, Issuer, Subject string
	LinkedAt                  time.Time
}

// ErrNotLinked: the account has no such link.
var ErrNotLinked = errors.New("no such link")

// mostLinks is how many links of one account are read or removed at once.
const mostLinks = 100

// LinksOf lists who is linked to an account, at most 100.
func LinksOf(r kv.Reader, environmentID, userID string) ([]Linked, error) {
	under := ownedKey(environmentID, userID, []byte(environmentID+"\x00"))
	entries, err := r.Scan(schema.ExternalByUser, under, append([]byte(environmentID+"\x00"+userID), 1), mostLinks)
	if err != nil {
		return nil, err
	}
	list := make([]Linked, 0, len(entries))
	for _, e := range entries {
		name := e.Key[len(under):]
		value, err := r.Get(schema.External, append([]byte(environmentID+"\x00"), name...))
		if err != nil {
			return nil, err
		}
		var l link
		if err := json.Unmarshal(value, &l); err != nil {
			return nil, fmt.Errorf("decode link: %w", err)
		}
		list = append(list, Linked{base64.RawURLEncoding.EncodeToString(name), l.Provider, l.Issuer, l.Subject, l.LinkedAt})
	}
	return list, nil
}

// Unlink takes a link from its account, in a transaction of the caller's. Whoever comes back from that provider is then nobody's. ErrNotLinked.
func Unlink(tx kv.Tx, environmentID, userID, id string) error {
	name, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return ErrNotLinked
	}
	at := append([]byte(environmentID+"\x00"), name...)
	owned := ownedKey(environmentID, userID, at)
	switch there, err := tx.Scan(schema.ExternalByUser, owned, append(owned[:len(owned):len(owned)], 0), 1); {
	case err != nil:
		return err
	case len(there) == 0:
		return ErrNotLinked
	}
	if err := tx.Delete(schema.External, at); err != nil {
		return err
	}
	return tx.Delete(schema.ExternalByUser, owned)
}
