package store

import (
	"encoding/json"
	"fmt"
	"slices"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Consent lists the scopes that a person let an application have. Nil: none.
func Consent(r kv.Reader, environmentID, userID, clientID string) ([]string, error) {
	value, err := r.Get(schema.Consent, consentKey(environmentID, userID, clientID))
	if err != nil || value == nil {
		return nil, err
	}
	var scopes []string
	if err := json.Unmarshal(value, &scopes); err != nil {
		return nil, fmt.Errorf("decode consent: %w", err)
	}
	return scopes, nil
}

// AddConsent remembers scopes beside those that are remembered.
func AddConsent(tx kv.Tx, environmentID, userID, clientID string, scopes []string) error {
	all, err := Consent(tx, environmentID, userID, clientID)
	if err != nil {
		return err
	}
	for _, s := range scopes {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return PutConsent(tx, environmentID, userID, clientID, all)
}

// PutConsent remembers scopes in the place of those that are remembered.
func PutConsent(tx kv.Tx, environmentID, userID, clientID string, scopes []string) error {
	value, err := json.Marshal(scopes)
	if err != nil {
		return fmt.Errorf("encode consent: %w", err)
	}
	// Blind: the last answer counts.
	return tx.Put(schema.Consent, consentKey(environmentID, userID, clientID), value)
}

func consentKey(environmentID, userID, clientID string) []byte {
	return userKey(environmentID, userID, []byte(clientID))
}
