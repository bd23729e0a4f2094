package store

import (
	"encoding/json"
	"fmt"
	"time"

	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// AuditKept is how long lines of the audit trail are kept.
const AuditKept = 90 * 24 * time.Hour

// Line is one line of the audit trail.
type Line struct {
	At            time.Time `json:"at"`
	EnvironmentID string    `json:"env"`
	Event         string    `json:"event"`
	UserID        string    `json:"user,omitempty"`
	Text          string    `json:"text,omitempty"`
	Flow          string    `json:"flow,omitempty"`
	Node          string    `json:"node,omitempty"`
	ClientID      string    `json:"client,omitempty"`
	Address       string    `json:"address,omitempty"`
	RunID         string    `json:"run,omitempty"`
}

// maxLine bounds an encoded line, in bytes.
const maxLine = 8 << 10

// PutLine writes a line. Random makes two of one millisecond differ.
func PutLine(tx kv.Tx, l Line, random [16]byte) error {
	value, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode audit line: %w", err)
	}
	if len(value) > maxLine {
		return fmt.Errorf("audit line has %d bytes, at most %d", len(value), maxLine)
	}
	id := session.NewID(l.At.Add(AuditKept), random)
	// Blind: the id is new.
	return tx.Put(schema.Audit, id[:], value)
}

// Lines reads the trail from a moment on, in order, at most limit lines of all environments after a place (nil: the start).
// Next is the place to go on from, nil when there is no more.
func Lines(r kv.Reader, since time.Time, after []byte, limit int) (lines []Line, next []byte, err error) {
	from := millis(since.Add(AuditKept))
	if after != nil {
		from = append(append([]byte{}, after...), 0)
	}
	entries, err := r.Scan(schema.Audit, from, nil, limit)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		var l Line
		if err := json.Unmarshal(e.Value, &l); err != nil {
			return nil, nil, fmt.Errorf("decode audit line: %w", err)
		}
		lines = append(lines, l)
	}
	return lines, goOn(entries, limit), nil
}
