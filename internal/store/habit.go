package store

import (
	"encoding/json"
	"fmt"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Habit is where and with what somebody signed on. Addresses and browsers are digests.
type Habit struct {
	Networks []Seen      `json:"networks,omitempty"` // latest last
	Browsers []Seen      `json:"browsers,omitempty"` // latest last
	SignOns  []time.Time `json:"signOns,omitempty"`  // latest last
}

// Seen is one place or browser, and when it was seen last.
type Seen struct {
	Digest []byte    `json:"d"`
	At     time.Time `json:"at"`
}

// HabitOf reads somebody's habit. The zero value: nothing is known.
func HabitOf(r kv.Reader, environmentID, userID string) (h Habit, err error) {
	value, err := r.Get(schema.Habit, habitKey(environmentID, userID))
	if err != nil || value == nil {
		return h, err
	}
	if err := json.Unmarshal(value, &h); err != nil {
		return Habit{}, fmt.Errorf("decode habit: %w", err)
	}
	return h, nil
}

// PutHabit writes a habit that was read in the same transaction.
func PutHabit(tx kv.Tx, environmentID, userID string, h Habit) error {
	value, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode habit: %w", err)
	}
	return tx.Put(schema.Habit, habitKey(environmentID, userID), value)
}

func habitKey(environmentID, userID string) []byte {
	return append(append(append(make([]byte, 0, len(environmentID)+1+len(userID)), environmentID...), 0), userID...)
}
