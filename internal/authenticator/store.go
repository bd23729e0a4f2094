package authenticator

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"vigil/internal/sealed"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Authenticator is one of somebody's. Times are UTC, to the millisecond.
type Authenticator struct {
	ID         string // unique; never changes
	Kind       string // such as totp or passkey; never changes
	Name       string // what its owner calls it. May be empty
	CreatedAt  time.Time
	LastUsedAt time.Time // zero: never used
	// Counter is for what may only grow: the last time step of a code, the sign counter of a passkey.
	Counter uint64
	// Data is what the kind remembers, in a form of its own. Encrypted at rest. At most MaxData bytes.
	Data []byte
}

// Limits of one person.
const (
	Most    = 20   // authenticators
	MaxData = 2048 // bytes of Data
	maxText = 256  // bytes of Kind and Name
)

// Errors that callers tell apart.
var (
	// ErrNotFound: the person has no such authenticator.
	ErrNotFound = errors.New("no such authenticator")
	// ErrFull: the person has as many as anybody may have.
	ErrFull = fmt.Errorf("a person has at most %d authenticators", Most)
)

// Store keeps authenticators. All fields are required. Safe for concurrent use when Random is.
type Store struct {
	KV kv.Store
	// Secret derives a secret of an environment for a purpose, as package keys does.
	Secret func(environmentID, purpose string) [32]byte
	// Guard fails when there is no such person, inside the transaction that adds to theirs.
	Guard  func(r kv.Reader, environmentID, userID string) error
	Now    func() time.Time
	Random io.Reader
}

// stored is an Authenticator as it is written.
type stored struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Name       string `json:"name,omitempty"`
	CreatedAt  int64  `json:"created"`        // Unix milliseconds
	LastUsedAt int64  `json:"used,omitempty"` // Unix milliseconds
	Counter    uint64 `json:"n,omitempty"`
	Sealed     []byte `json:"data,omitempty"`
}

// List gives somebody's authenticators, the oldest first.
func (s *Store) List(ctx context.Context, environmentID, userID string) ([]Authenticator, error) {
	var all []stored
	err := s.KV.View(ctx, func(r kv.Reader) (err error) {
		all, err = read(r, environmentID, userID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read authenticators: %w", err)
	}
	v := s.vault(environmentID, userID)
	list := make([]Authenticator, len(all))
	for i := range all {
		if list[i], err = v.open(&all[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Add registers an authenticator and gives it with its id and time. ErrFull, and what Guard fails with.
func (s *Store) Add(ctx context.Context, environmentID, userID string, a Authenticator) (Authenticator, error) {
	var id [12]byte
	if _, err := io.ReadFull(s.Random, id[:]); err != nil {
		return Authenticator{}, fmt.Errorf("draw authenticator id: %w", err)
	}
	a.ID, a.CreatedAt = base64.RawURLEncoding.EncodeToString(id[:]), s.Now().UTC().Truncate(time.Millisecond)
	record, err := s.seal(s.vault(environmentID, userID), a)
	if err != nil {
		return Authenticator{}, err
	}
	err = s.KV.Update(ctx, func(tx kv.Tx) error {
		if err := s.Guard(tx, environmentID, userID); err != nil {
			return err
		}
		all, err := read(tx, environmentID, userID)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(all, func(b stored) bool { return b.ID == a.ID }):
			return nil // an update whose outcome was not known is tried again
		case len(all) >= Most:
			return ErrFull
		}
		return write(tx, environmentID, userID, append(all, record))
	})
	if err != nil {
		return Authenticator{}, fmt.Errorf("add authenticator: %w", err)
	}
	return a, nil
}

// Change replaces an authenticator by what change makes of it, at once: of two changes one sees what the other wrote. Id, kind and the time of
// its registration stay. Change may be called several times, each time on a fresh copy; when it fails nothing is written, and its error is
// handed on. ErrNotFound.
func (s *Store) Change(ctx context.Context, environmentID, userID, id string, change func(*Authenticator) error) error {
	v := s.vault(environmentID, userID)
	// Drawn before the transaction: its closure may run several times, and only one of its results is ever written.
	nonce, err := sealed.NewNonce(s.Random)
	if err != nil {
		return err
	}
	err = s.KV.Update(ctx, func(tx kv.Tx) error {
		all, err := read(tx, environmentID, userID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(b stored) bool { return b.ID == id })
		if at < 0 {
			return ErrNotFound
		}
		a, err := v.open(&all[at])
		if err != nil {
			return err
		}
		before := a
		if err := change(&a); err != nil {
			return err
		}
		a.ID, a.Kind, a.CreatedAt = before.ID, before.Kind, before.CreatedAt
		if all[at], err = v.seal(a, nonce); err != nil {
			return err
		}
		return write(tx, environmentID, userID, all)
	})
	if err != nil {
		return fmt.Errorf("change authenticator: %w", err)
	}
	return nil
}

// Remove takes an authenticator from its owner. ErrNotFound.
func (s *Store) Remove(ctx context.Context, environmentID, userID, id string) error {
	err := s.KV.Update(ctx, func(tx kv.Tx) error { return Take(tx, environmentID, userID, id) })
	if err != nil {
		return fmt.Errorf("remove authenticator: %w", err)
	}
	return nil
}

// RemoveAll takes all of a person's inside the transaction that removes the person.
func RemoveAll(tx kv.Tx, environmentID, userID string) error {
	return tx.Delete(schema.Authenticator, key(environmentID, userID))
}

func (s *Store) seal(v vault, a Authenticator) (stored, error) {
	nonce, err := sealed.NewNonce(s.Random)
	if err != nil {
		return stored{}, err
	}
	return v.seal(a, nonce)
}

func key(environmentID, userID string) []byte { return []byte(environmentID + "\x00" + userID) }

func read(r kv.Reader, environmentID, userID string) ([]stored, error) {
	value, err := r.Get(schema.Authenticator, key(environmentID, userID))
	if err != nil || value == nil {
		return nil, err
	}
	var all []stored
	if err := json.Unmarshal(value, &all); err != nil {
		return nil, fmt.Errorf("decode authenticators: %w", err)
	}
	return all, nil
}

func write(tx kv.Tx, environmentID, userID string, all []stored) error {
	value, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encode authenticators: %w", err)
	}
	return tx.Put(schema.Authenticator, key(environmentID, userID), value)
}
