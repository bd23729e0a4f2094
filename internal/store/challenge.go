package store

import (
	"encoding/json"
	"fmt"
	"time"

	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// ChallengeID names a challenge. It begins with the milliseconds after which it is forgotten.
type ChallengeID = session.ID

// Challenge is what a link puts to whoever opens it. It is opened once and answered once.
type Challenge struct {
	ID            ChallengeID `json:"-"`
	EnvironmentID string      `json:"env"`
	Base          string      `json:"base"` // where the link leads
	// Run asked. What is answered when it is over comes too late.
	Run RunID `json:"run"`
	// Digest is SHA-256 of the secret in the link.
	Digest    [32]byte `json:"digest"`
	AccountID string   `json:"account,omitempty"` // empty: nobody is asked, and it cannot be opened
	// Part runs behind the link, with Inputs.
	Part     string          `json:"part"`
	PartHash string          `json:"hash"`
	Inputs   json.RawMessage `json:"in,omitempty"`
	// Proves is the method that opening proves. Empty: none.
	Proves    string           `json:"proves,omitempty"`
	ExpiresAt time.Time        `json:"exp"`
	Opened    bool             `json:"opened,omitempty"`
	Answer    *ChallengeAnswer `json:"answer,omitempty"` // nil: nobody answered
}

// ChallengeAnswer is what the run behind the link came to.
type ChallengeAnswer struct {
	Approved bool            `json:"ok,omitempty"`
	Proofs   []session.Proof `json:"proofs,omitempty"` // of the account
	Epoch    uint64          `json:"epoch,omitempty"`  // of the account when it was proved
}

// FindChallenge reads a challenge. Nil: there is none, or it is forgotten.
func FindChallenge(r kv.Reader, id ChallengeID) (*Challenge, error) {
	value, err := r.Get(schema.Challenge, id[:])
	if err != nil || value == nil {
		return nil, err
	}
	c := &Challenge{ID: id}
	if err := json.Unmarshal(value, c); err != nil {
		return nil, fmt.Errorf("decode challenge: %w", err)
	}
	return c, nil
}

// PutChallenge writes a challenge that is new, or was read in the same transaction.
func PutChallenge(tx kv.Tx, c *Challenge) error {
	value, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode challenge: %w", err)
	}
	return tx.Put(schema.Challenge, c.ID[:], value)
}
