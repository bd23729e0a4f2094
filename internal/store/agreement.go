package store

import (
	"encoding/json"
	"fmt"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Agreement is what somebody accepted last under a name, such as terms of use.
type Agreement struct {
	Version  string    `json:"version"`
	At       time.Time `json:"at"`
	ClientID string    `json:"client,omitempty"` // the application that was being signed on to
}

// AgreementOf reads what somebody accepted under a name. Nil: nothing.
func AgreementOf(r kv.Reader, environmentID, userID, name string) (*Agreement, error) {
	value, err := r.Get(schema.Agreement, userKey(environmentID, userID, []byte(name)))
	if err != nil || value == nil {
		return nil, err
	}
	a := &Agreement{}
	if err := json.Unmarshal(value, a); err != nil {
		return nil, fmt.Errorf("decode agreement: %w", err)
	}
	return a, nil
}

// MaxAgreementName is the longest name of an agreement, in bytes.
const MaxAgreementName = 64

// PutAgreement notes what somebody accepted, in place of an earlier version.
func PutAgreement(tx kv.Tx, environmentID, userID, name string, a Agreement) error {
	if name == "" || len(name) > MaxAgreementName {
		return fmt.Errorf("agreement: a name has 1 to %d bytes", MaxAgreementName)
	}
	value, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode agreement: %w", err)
	}
	// Blind: the last acceptance counts.
	return tx.Put(schema.Agreement, userKey(environmentID, userID, []byte(name)), value)
}
