package grant

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// FamilyID names a family of refresh tokens: ms of its absolute expiry and 16 random bytes.
type FamilyID [22]byte

// Family is the line of refresh tokens that began with one redemption. At any time one token of it is current.
type Family struct {
	ID            FamilyID  `json:"-"`
	EnvironmentID string    `json:"environment"`
	Issuer        string    `json:"issuer"`
	ClientID      string    `json:"client"`
	SessionID     []byte    `json:"session"`
	UserID        string    `json:"user"`
	Scope         string    `json:"scope"`
	Resources     []string  `json:"resources,omitempty"` // that the request named. Empty: none
	AuthTime      time.Time `json:"authTime"`
	ACR           string    `json:"acr,omitempty"`
	AMR           []string  `json:"amr,omitempty"`
	// KeyThumbprint is the key that a refresh must prove to have. Empty: none.
	KeyThumbprint string `json:"jkt,omitempty"`
	// CertificateThumbprint is the certificate that a refresh must come with. Empty: any or none.
	CertificateThumbprint string `json:"x5t,omitempty"`
	// IDTokenClaims and AccessTokenClaims are JSON objects. Empty: nothing.
	IDTokenClaims     json.RawMessage `json:"idTokenClaims,omitempty"`
	AccessTokenClaims json.RawMessage `json:"accessTokenClaims,omitempty"`

	Handle    Handle    `json:"handle"`             // of everything the grant gave
	Current   []byte    `json:"current"`            // SHA-256 of the token that is good
	Previous  []byte    `json:"previous"`           // SHA-256 of the one before. Empty: there was none
	RotatedAt time.Time `json:"rotatedAt,omitzero"` // when Previous gave way to Current
	// Until is when Current expires by itself. Zero: with the family.
	Until     time.Time `json:"until,omitzero"`
	Rotations int       `json:"rotations"`
}

// Begin makes the first state of what a grant becomes when it is redeemed. It has no id and no token before Refresher.Begin.
func (g *Grant) Begin() *Family {
	return &Family{
		EnvironmentID: g.EnvironmentID, Issuer: g.Issuer, ClientID: g.ClientID, SessionID: g.SessionID, UserID: g.UserID,
		Scope: g.Scope, Resources: g.Resources, AuthTime: g.AuthTime, ACR: g.ACR, AMR: g.AMR,
		IDTokenClaims: g.IDTokenClaims, AccessTokenClaims: g.AccessTokenClaims,
	}
}

// Expires is the absolute end of the family.
func (f *Family) Expires() time.Time { return millis(f.ID[:]) }

// isCurrent and isPrevious compare digests in constant time.
func (f *Family) isCurrent(digest [sha256.Size]byte) bool {
	return subtle.ConstantTimeCompare(digest[:], f.Current) == 1
}

func (f *Family) isPrevious(digest [sha256.Size]byte) bool {
	return subtle.ConstantTimeCompare(digest[:], f.Previous) == 1
}

func readFamily(r kv.Reader, id FamilyID) (*Family, error) {
	value, err := r.Get(schema.Family, id[:])
	if err != nil || value == nil {
		return nil, err
	}
	f := &Family{ID: id}
	if err := json.Unmarshal(value, f); err != nil {
		return nil, fmt.Errorf("decode refresh token family: %w", err)
	}
	return f, nil
}

func (f *Family) put(tx kv.Tx) error {
	value, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode refresh token family: %w", err)
	}
	return tx.Put(schema.Family, f.ID[:], value)
}

func (f *Family) indexKey() []byte {
	return append(append(make([]byte, 0, len(f.SessionID)+len(f.ID)), f.SessionID...), f.ID[:]...)
}

// Keep writes a family that Refresher.Begin completed, in the transaction that uses up what it was given for.
func Keep(tx kv.Tx, f *Family, now time.Time) error { return putNewFamily(tx, f, now) }

// putNewFamily writes a family with its index entry, and drops entries of the same session that time has overtaken. The id is fresh,
// so nothing can be overwritten.
func putNewFamily(tx kv.Tx, f *Family, now time.Time) error {
	const atOnce = 8
	old, err := tx.Scan(schema.FamilyBySession, f.SessionID, after(f.SessionID), atOnce)
	if err != nil {
		return err
	}
	for _, e := range old {
		if now.Before(millis(e.Key[len(f.SessionID):])) {
			break
		}
		if err := tx.Delete(schema.FamilyBySession, e.Key); err != nil {
			return err
		}
	}
	if err := tx.Put(schema.FamilyBySession, f.indexKey(), []byte(f.ClientID)); err != nil {
		return err
	}
	return f.put(tx)
}

// end deletes a family that was read in this transaction.
func (f *Family) end(tx kv.Tx) error {
	if err := tx.Delete(schema.FamilyBySession, f.indexKey()); err != nil {
		return err
	}
	return tx.Delete(schema.Family, f.ID[:])
}

// familiesPerEnding bounds the writes of an ending. Families beyond it are dead too, since a refresh asks for the session; time removes them.
const familiesPerEnding = 300

// EndFamilies ends the refresh tokens of a session inside the transaction that ends the session, but for clients that keep names.
func EndFamilies(tx kv.Tx, sessionID []byte, keep func(clientID string) bool) error {
	entries, err := tx.Scan(schema.FamilyBySession, sessionID, after(sessionID), familiesPerEnding)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !keep(string(e.Value)) {
			if err := tx.Delete(schema.Family, e.Key[len(sessionID):]); err != nil {
				return err
			}
		}
		// Of a session that has ended nobody asks for the families again.
		if err := tx.Delete(schema.FamilyBySession, e.Key); err != nil {
			return err
		}
	}
	return nil
}
