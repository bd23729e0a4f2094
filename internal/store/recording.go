package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Bounds of what is kept of recorded runs.
const (
	// RecordingKept is how long a recording is kept.
	RecordingKept = 7 * 24 * time.Hour
	// MaxRecordings is how many are kept at once, of all environments: the oldest makes room for the newest.
	MaxRecordings = 200
	// MaxRecorded is how much is kept of one run, in bytes.
	MaxRecorded = 256 << 10

	maxChunks = 400      // of one recording, so that one transaction can delete them
	maxChunk  = 60 << 10 // bytes, below kv.MaxValue
)

// RecordingID names a recording: the ms after which it is forgotten, and the random bytes of its run's id.
type RecordingID = session.ID

// Recording is a run that an operator had written down. What happened in it lies beside, in pieces.
type Recording struct {
	ID            RecordingID  `json:"-"`
	EnvironmentID string       `json:"env"`
	Flow          string       `json:"flow"`
	FlowHash      string       `json:"hash"`
	First         *RecordingID `json:"first,omitempty"` // of the run whose link opened this one. Nil: no link did
	ClientID      string       `json:"client,omitempty"`
	Address       string       `json:"address,omitempty"`
	UserID        string       `json:"user,omitempty"` // whom it met last. Empty: nobody
	Username      string       `json:"name,omitempty"`
	Met           []string     `json:"met,omitempty"` // the users whom it met, in their order
	StartedAt     time.Time    `json:"at"`
	RunExpires    time.Time    `json:"exp"` // when the run is over whatever happens
	EndedAt       time.Time    `json:"end,omitzero"`
	Ending        string       `json:"how,omitempty"`  // success; behind a link approved or denied; or the code of the error. Empty: it did not end
	Node          string       `json:"node,omitempty"` // of the page that it shows, or showed last
	Events        int          `json:"n"`
	Bytes         int          `json:"b"`
	Chunks        int          `json:"c"`
	Full          bool         `json:"full,omitempty"` // it became too long: the rest is not in it
	Session       string       `json:"s,omitempty"`    // what tells whether the browser has another session than at the event before
}

// Tape is what one step of a recorded run did, to be written together with the step.
type Tape struct {
	Recording Recording // as it is with this step
	New       bool      // nothing of it was written before
	From      int       // chunks that were
	Lines     [][]byte  // further chunks
	At        time.Time
	Unwritten bool   // there is nothing to write
	Written   func() // to be called when the step is written. Nil: nobody waits for it
}

// RecordingOf names the recording of a run.
func RecordingOf(run *Run) RecordingID {
	return session.NewID(run.StartedAt.Add(RecordingKept), [16]byte(run.ID[6:]))
}

// RunID names the run.
func (r *Recording) RunID() RunID { return session.NewID(r.RunExpires, [16]byte(r.ID[6:])) }

// Room is how many bytes more there is room for.
func (r *Recording) Room() int {
	if r.Full || r.Chunks >= maxChunks-MaxRecorded/maxChunk {
		return 0
	}
	return MaxRecorded - r.Bytes
}

// Cut parts lines into chunks.
func Cut(lines []byte) (chunks [][]byte) {
	for len(lines) > maxChunk {
		at := maxChunk
		if end := bytes.LastIndexByte(lines[:maxChunk], '\n'); end >= 0 {
			at = end + 1
		}
		chunks, lines = append(chunks, lines[:at]), lines[at:]
	}
	if len(lines) > 0 {
		chunks = append(chunks, lines)
	}
	return chunks
}

// FindRecording reads what is known of a recording. Nil: there is none.
func FindRecording(r kv.Reader, id RecordingID) (*Recording, error) {
	value, err := r.Get(schema.Recording, id[:])
	if err != nil || value == nil {
		return nil, err
	}
	return decodeRecording(id[:], value)
}

func decodeRecording(id, value []byte) (*Recording, error) {
	found := &Recording{ID: RecordingID(id)}
	if err := json.Unmarshal(value, found); err != nil {
		return nil, fmt.Errorf("decode recording: %w", err)
	}
	return found, nil
}

// Recordings lists all of them, the oldest first.
func Recordings(r kv.Reader) ([]*Recording, error) {
	entries, err := r.Scan(schema.Recording, nil, nil, kv.MaxKeys)
	if err != nil {
		return nil, err
	}
	list := make([]*Recording, len(entries))
	for i, e := range entries {
		if list[i], err = decodeRecording(e.Key, e.Value); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Recorded reads what happened in a recorded run: events as JSON, one a line.
func Recorded(r kv.Reader, id RecordingID) ([]byte, error) {
	entries, err := r.Scan(schema.Recorded, id[:], prefixEnd(id[:]), kv.MaxKeys)
	if err != nil {
		return nil, err
	}
	var lines []byte
	for _, e := range entries {
		lines = append(lines, e.Value...)
	}
	return lines, nil
}

// PutTape writes what a step did. A recording that was deleted meanwhile stays deleted. Writing the same again changes nothing.
func PutTape(tx kv.Tx, t *Tape, outcome *Outcome) error {
	if t.Unwritten {
		return nil
	}
	recording := t.Recording
	var err error
	if t.New {
		err = makeRoom(tx, recording.ID)
	} else {
		var known []byte
		if known, err = tx.Get(schema.Recording, recording.ID[:]); err == nil && known == nil {
			return nil
		}
	}
	if err != nil {
		return err
	}
	if outcome != nil {
		recording.Ending, recording.EndedAt = outcome.ending(recording.First != nil), t.At
	}
	value, err := json.Marshal(recording)
	if err != nil {
		return fmt.Errorf("encode recording: %w", err)
	}
	if err := tx.Put(schema.Recording, recording.ID[:], value); err != nil {
		return err
	}
	for i, lines := range t.Lines {
		if err := tx.Put(schema.Recorded, chunkKey(recording.ID, t.From+i), lines); err != nil {
			return err
		}
	}
	return nil
}

// ending says how a run ended.
func (o *Outcome) ending(behindLink bool) string {
	switch {
	case o.Proved && behindLink:
		return "approved"
	case behindLink && o.ErrorCode == "access_denied":
		return "denied"
	case o.SessionID != nil, o.Proved:
		return "success"
	}
	return o.ErrorCode
}

// makeRoom deletes the oldest recording where there are too many for one more.
func makeRoom(tx kv.Tx, next RecordingID) error {
	entries, err := tx.Scan(schema.Recording, nil, nil, MaxRecordings)
	if err != nil || len(entries) < MaxRecordings {
		return err
	}
	oldest := RecordingID(entries[0].Key)
	known, err := tx.Get(schema.Recording, next[:])
	if err != nil || known != nil {
		return err
	}
	return deleteRecording(tx, oldest)
}

func deleteRecording(tx kv.Tx, id RecordingID) error {
	chunks, err := tx.Scan(schema.Recorded, id[:], prefixEnd(id[:]), kv.MaxKeys-1)
	if err != nil {
		return err
	}
	for _, e := range chunks {
		if err := tx.Delete(schema.Recorded, e.Key); err != nil {
			return err
		}
	}
	return tx.Delete(schema.Recording, id[:])
}

// DeleteRecording removes a recording. What its run does from now on is not written any more. False: there was none.
func DeleteRecording(ctx context.Context, s kv.Store, id RecordingID) (found bool, err error) {
	err = s.Update(ctx, func(tx kv.Tx) error {
		value, err := tx.Get(schema.Recording, id[:])
		if found = value != nil; err != nil || !found {
			return err
		}
		return deleteRecording(tx, id)
	})
	return found, err
}

// ForgetRecordings removes the recordings of runs that met a user, one at once. More: there are others.
func ForgetRecordings(tx kv.Tx, environmentID, userID string) (more bool, err error) {
	all, err := Recordings(tx)
	if err != nil {
		return false, err
	}
	for _, r := range all {
		if r.EnvironmentID == environmentID && slices.Contains(r.Met, userID) {
			return true, deleteRecording(tx, r.ID)
		}
	}
	return false, nil
}

func chunkKey(id RecordingID, n int) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, len(id)+4), id[:]...), uint32(n))
}
