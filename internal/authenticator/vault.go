package authenticator

import (
	"fmt"
	"time"

	"vigil/internal/sealed"
)

// vault encrypts the data of one person's authenticators.
type vault struct {
	place  string // environment and person
	secret [32]byte
}

func (s *Store) vault(environmentID, userID string) vault {
	return vault{place: string(key(environmentID, userID)), secret: s.Secret(environmentID, "authenticators")}
}

// bound is what a ciphertext is good for: this authenticator of this person, and no other.
func (v vault) bound(id, kind string) []byte { return []byte(v.place + "\x00" + id + "\x00" + kind) }

func (v vault) seal(a Authenticator, nonce sealed.Nonce) (stored, error) {
	switch {
	case len(a.Data) > MaxData:
		return stored{}, fmt.Errorf("an authenticator of %d bytes, at most %d", len(a.Data), MaxData)
	case a.Kind == "" || len(a.Kind) > maxText || len(a.Name) > maxText:
		return stored{}, fmt.Errorf("kind and name of an authenticator have at most %d bytes, and it has a kind", maxText)
	}
	data, err := sealed.Seal(v.secret, nonce, a.Data, v.bound(a.ID, a.Kind))
	if err != nil {
		return stored{}, err
	}
	r := stored{Sealed: data, ID: a.ID, Kind: a.Kind, Name: a.Name, CreatedAt: a.CreatedAt.UnixMilli(), Counter: a.Counter}
	if !a.LastUsedAt.IsZero() {
		r.LastUsedAt = a.LastUsedAt.UnixMilli()
	}
	return r, nil
}

func (v vault) open(r *stored) (Authenticator, error) {
	data, err := sealed.Open(v.secret, r.Sealed, v.bound(r.ID, r.Kind))
	if err != nil {
		return Authenticator{}, fmt.Errorf("open authenticator: %w", err)
	}
	a := r.bare()
	a.Data = data
	return a, nil
}

// bare is an authenticator without its data.
func (r *stored) bare() Authenticator {
	a := Authenticator{ID: r.ID, Kind: r.Kind, Name: r.Name, CreatedAt: time.UnixMilli(r.CreatedAt).UTC(), Counter: r.Counter}
	if r.LastUsedAt != 0 {
		a.LastUsedAt = time.UnixMilli(r.LastUsedAt).UTC()
	}
	return a
}
