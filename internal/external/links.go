package external

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/directory"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// link says whose account somebody's is.
type link struct {
	UserID   string    `json:"user"`
	Provider string    `json:"provider"` // its name when they were linked
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"subject"`
	LinkedAt time.Time `json:"linkedAt"`
}

// linkKey is the place of an identity: its issuer and subject, whatever the provider is called.
func linkKey(environmentID string, identity builtin.Identity) []byte {
	digest := sha256.Sum256([]byte(identity.Issuer + "\x00" + identity.Subject))
	return append([]byte(environmentID+"\x00"), digest[:]...)
}

// ownedKey lists a link under its owner.
func ownedKey(environmentID, userID string, at []byte) []byte {
	return append([]byte(environmentID+"\x00"+userID+"\x00"), at[len(environmentID)+1:]...)
}

// find reads a link whose owner is still there. Nil: none.
func find(r kv.Reader, environmentID string, at []byte) (*link, error) {
	value, err := r.Get(schema.External, at)
	if err != nil || value == nil {
		return nil, err
	}
	var l link
	if err := json.Unmarshal(value, &l); err != nil {
		return nil, fmt.Errorf("decode link: %w", err)
	}
	if _, err := directory.Get(r, environmentID, l.UserID); errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return &l, nil
}

// Owner implements builtin.Externals.
func (s *Service) Owner(ctx context.Context, environmentID string, identity builtin.Identity) (*connector.AccountValue, error) {
	var l *link
	err := s.KV.View(ctx, func(r kv.Reader) (err error) {
		l, err = find(r, environmentID, linkKey(environmentID, identity))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read link: %w", err)
	}
	if l == nil {
		return nil, nil
	}
	account, err := s.Account(ctx, environmentID, l.UserID)
	if account == nil && err == nil {
		// Somebody disabled is not nobody: they get no second account.
		return &connector.AccountValue{ID: l.UserID}, nil
	}
	return account, err
}

// Link implements builtin.Externals.
func (s *Service) Link(ctx context.Context, environmentID, userID string, identity builtin.Identity, now time.Time) error {
	err := s.KV.Update(ctx, func(tx kv.Tx) error { return put(tx, environmentID, userID, identity, now) })
	if err != nil {
		return fmt.Errorf("link an external identity: %w", err)
	}
	return nil
}

// put writes a link. Of two that link one identity at once the second finds the first.
func put(tx kv.Tx, environmentID, userID string, identity builtin.Identity, now time.Time) error {
	at := linkKey(environmentID, identity)
	before, err := find(tx, environmentID, at)
	switch {
	case err != nil:
		return err
	case before != nil && before.UserID == userID:
		return nil
	case before != nil:
		return builtin.ErrTaken
	}
	if _, err := directory.Get(tx, environmentID, userID); err != nil {
		return err
	}
	value, err := spelled(link{UserID: userID, Provider: identity.Provider, Issuer: identity.Issuer, Subject: identity.Subject, LinkedAt: now.UTC()})
	if err != nil {
		return err
	}
	if err := tx.Put(schema.External, at, value); err != nil {
		return err
	}
	return tx.Put(schema.ExternalByUser, ownedKey(environmentID, userID, at), nil)
}

// Register implements builtin.Externals. The account takes its name when its owner is signed on for the first time.
func (s *Service) Register(ctx context.Context, environmentID, username string, identity builtin.Identity, now time.Time) (*connector.AccountValue, error) {
	if !identity.EmailVerified {
		identity.Email = "" // its owner would be led by it into an account that is not theirs
	}
	u, exists, err := s.Directory.Register(ctx, directory.User{
		EnvironmentID: environmentID, Username: username, Email: identity.Email, GivenName: identity.GivenName, FamilyName: identity.FamilyName, Enabled: true,
	}, "")
	var invalid *directory.InvalidError
	switch {
	case errors.As(err, &invalid), err == nil && exists:
		return nil, builtin.ErrTaken
	case err != nil:
		return nil, fmt.Errorf("register somebody from %q: %w", identity.Provider, err)
	}
	if identity.EmailVerified {
		if u, err = s.Directory.ProveEmail(ctx, environmentID, u.ID, identity.Email); err != nil {
			return nil, fmt.Errorf("note a proved address: %w", err)
		}
	}
	if err := s.Link(ctx, environmentID, u.ID, identity, now); err != nil {
		return nil, err
	}
	account, err := s.Account(ctx, environmentID, u.ID)
	if err == nil && account == nil {
		err = errors.New("somebody who was just registered is gone")
	}
	return account, err
}

// RemoveAll takes the links of a person inside the transaction that removes them. More: there are others; call it again.
func RemoveAll(tx kv.Tx, environmentID, userID string) (more bool, err error) {
	under := []byte(environmentID + "\x00" + userID + "\x00")
	end := append([]byte(environmentID+"\x00"+userID), 1)
	entries, err := tx.Scan(schema.ExternalByUser, under, end, mostLinks)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		at := append([]byte(environmentID+"\x00"), e.Key[len(under):]...)
		if err := tx.Delete(schema.External, at); err != nil {
			return false, err
		}
		if err := tx.Delete(schema.ExternalByUser, e.Key); err != nil {
			return false, err
		}
	}
	return len(entries) == mostLinks, nil
}
