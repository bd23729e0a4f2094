package registration

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// InitialToken lets applications register. The token itself is shown once and never kept.
//
// RFC 7591 3.
type InitialToken struct {
	ID        string    `json:"-"` // what operators call it by
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
	Expires   time.Time `json:"expires"`
	// Left is how many may still register with it. Negative: any number.
	Left   int    `json:"left"`
	Digest []byte `json:"digest"` // SHA-256
}

// maxTokens is how many initial tokens an environment has at a time.
const maxTokens = 200

// Errors about tokens.
var (
	// ErrToken: the token lets nobody in, or not here, or not any more.
	ErrToken = errors.New("the token is not valid")
	// ErrTokens: there are too many initial tokens already.
	ErrTokens = fmt.Errorf("there are %d tokens already", maxTokens)
)

// secret draws a token.
func secret(random io.Reader) (string, error) {
	var raw [32]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("draw token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

func tokenKey(environmentID string, digest [sha256.Size]byte) []byte {
	return append(clientKey(environmentID, ""), digest[:digestSize]...)
}

// Mint makes an initial token of a name, an expiry and a number of uses, and gives it with what is kept of it. Left is negative for any number of registrations. ErrTokens.
func (d *Directory) Mint(ctx context.Context, environmentID string, t InitialToken) (made InitialToken, token string, err error) {
	if token, err = secret(d.Random); err != nil {
		return t, "", err
	}
	digest := sha256.Sum256([]byte(token))
	now := d.Now()
	t.CreatedAt, t.Digest, t.ID = now, digest[:], idOf(digest[:])
	value, err := json.Marshal(t)
	if err != nil {
		return t, "", fmt.Errorf("encode initial token: %w", err)
	}
	err = d.Store.Update(ctx, func(tx kv.Tx) error {
		known, err := readTokens(tx, environmentID)
		if err != nil {
			return err
		}
		left := 0
		for _, one := range known {
			if now.Before(one.Expires) {
				left++
				continue
			}
			if err := tx.Delete(schema.InitialToken, tokenKey(environmentID, [sha256.Size]byte(one.Digest))); err != nil {
				return err
			}
		}
		if left >= maxTokens {
			return ErrTokens
		}
		return tx.Put(schema.InitialToken, tokenKey(environmentID, digest), value)
	})
	return t, token, err
}

// tokenID is what idOf gives.
var tokenID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// idOf names a token without telling it.
func idOf(digest []byte) string { return hex.EncodeToString(digest[:digestSize]) }

// Tokens lists the initial tokens of an environment.
func (d *Directory) Tokens(ctx context.Context, environmentID string) (list []InitialToken, err error) {
	err = d.Store.View(ctx, func(r kv.Reader) (err error) {
		list, err = readTokens(r, environmentID)
		return err
	})
	return list, err
}

// Revoke takes an initial token back. False: there is none of that id.
func (d *Directory) Revoke(ctx context.Context, environmentID, id string) (found bool, err error) {
	var digest [digestSize]byte
	if !tokenID.MatchString(id) {
		return false, nil
	}
	if _, err := hex.Decode(digest[:], []byte(id)); err != nil {
		return false, err
	}
	key := append(clientKey(environmentID, ""), digest[:]...)
	err = d.Store.Update(ctx, func(tx kv.Tx) error {
		value, err := tx.Get(schema.InitialToken, key)
		if found = err == nil && value != nil; !found {
			return err
		}
		return tx.Delete(schema.InitialToken, key)
	})
	return found, err
}

func readTokens(r kv.Reader, environmentID string) ([]InitialToken, error) {
	from := clientKey(environmentID, "")
	found, err := r.Scan(schema.InitialToken, from, append(from[:len(from)-1:len(from)-1], 1), kv.MaxKeys)
	if err != nil {
		return nil, err
	}
	list := make([]InitialToken, 0, len(found))
	for _, e := range found {
		t, err := decodeToken(e.Value)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

func decodeToken(value []byte) (t InitialToken, err error) {
	if err := json.Unmarshal(value, &t); err != nil || len(t.Digest) != sha256.Size {
		return t, fmt.Errorf("decode initial token: %w", err)
	}
	t.ID = idOf(t.Digest)
	return t, nil
}

// admit reads the initial token that somebody brings. ErrToken.
func admit(r kv.Reader, environmentID, token string, now time.Time) (InitialToken, error) {
	digest := sha256.Sum256([]byte(token))
	value, err := r.Get(schema.InitialToken, tokenKey(environmentID, digest))
	switch {
	case err != nil:
		return InitialToken{}, err
	case value == nil:
		return InitialToken{}, ErrToken
	}
	t, err := decodeToken(value)
	switch {
	case err != nil:
		return t, err
	case subtle.ConstantTimeCompare(t.Digest, digest[:]) != 1 || !now.Before(t.Expires) || t.Left == 0:
		return t, ErrToken
	}
	return t, nil
}

// spend counts a registration with a token.
func (t InitialToken) spend(tx kv.Tx, environmentID string) error {
	if t.Left < 0 {
		return nil
	}
	t.Left--
	key := tokenKey(environmentID, [sha256.Size]byte(t.Digest))
	if t.Left == 0 {
		return tx.Delete(schema.InitialToken, key)
	}
	value, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode initial token: %w", err)
	}
	return tx.Put(schema.InitialToken, key, value)
}
