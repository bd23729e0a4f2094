package store

import (
	"time"

	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Session reads a session. Nil: there is none. It may have timed out: ask Live.
func Session(r kv.Reader, id session.ID) (*session.Session, error) {
	value, err := r.Get(schema.Session, id[:])
	if err != nil || value == nil {
		return nil, err
	}
	return decodeSession(id, value)
}

// PutNewSession writes a session with its index and its deadline entry.
func PutNewSession(tx kv.Tx, s *session.Session) error {
	s.Due = s.Deadline()
	if err := tx.Put(schema.SessionByUser, userKey(s.EnvironmentID, s.UserID, s.ID[:]), nil); err != nil {
		return err
	}
	if err := tx.Put(schema.SessionDue, dueKey(s.Due, s.ID), nil); err != nil {
		return err
	}
	return putSession(tx, s)
}

// ReplaceSession writes a changed session. The caller read it in the same transaction, so it cannot bring an ended one back.
// The deadline entry is a lower bound: it moves only when the deadline came nearer.
func ReplaceSession(tx kv.Tx, s *session.Session) error {
	if deadline := s.Deadline(); deadline.Before(s.Due) {
		if err := moveDue(tx, s, deadline); err != nil {
			return err
		}
	}
	return putSession(tx, s)
}

func moveDue(tx kv.Tx, s *session.Session, to time.Time) error {
	if err := tx.Delete(schema.SessionDue, dueKey(s.Due, s.ID)); err != nil {
		return err
	}
	s.Due = to
	return tx.Put(schema.SessionDue, dueKey(to, s.ID), nil)
}

func putSession(tx kv.Tx, s *session.Session) error {
	return tx.Put(schema.Session, s.ID[:], encodeSession(s))
}

// SessionsOfUser gives the ids of a user's sessions, at most limit.
func SessionsOfUser(r kv.Reader, environmentID, userID string, limit int) ([]session.ID, error) {
	prefix := userKey(environmentID, userID, nil)
	entries, err := r.Scan(schema.SessionByUser, prefix, prefixEnd(prefix), limit)
	if err != nil {
		return nil, err
	}
	ids := make([]session.ID, len(entries))
	for i, e := range entries {
		copy(ids[i][:], e.Key[len(prefix):])
	}
	return ids, nil
}
