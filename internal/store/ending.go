package store

import (
	"vigil/internal/grant"
	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Reason tells why a session ended.
type Reason string

// The reasons.
const (
	SignedOff  Reason = "signed-off"
	TimedOut   Reason = "timed-out"
	Deleted    Reason = "deleted"
	Superseded Reason = "superseded" // another user signed on over it
)

// EndSession is the one way a session ends. In the caller's transaction it removes the session, its index and deadline entries, its flow runs
// and its refresh tokens, but for applications that keep names. Unredeemed codes name their session and die with it.
// It returns the session that ended, nil when there was none.
func EndSession(tx kv.Tx, id session.ID, keep func(environmentID, clientID string) bool) (*session.Session, error) {
	s, err := Session(tx, id)
	if err != nil || s == nil {
		return nil, err
	}
	if err := tx.Delete(schema.Session, id[:]); err != nil {
		return nil, err
	}
	if err := tx.Delete(schema.SessionByUser, userKey(s.EnvironmentID, s.UserID, id[:])); err != nil {
		return nil, err
	}
	if err := tx.Delete(schema.SessionDue, dueKey(s.Due, id)); err != nil {
		return nil, err
	}
	if err := endRuns(tx, id); err != nil {
		return nil, err
	}
	err = grant.EndFamilies(tx, id[:], func(clientID string) bool { return keep(s.EnvironmentID, clientID) })
	return s, err
}

// endRuns deletes the flow runs that began in a session.
func endRuns(tx kv.Tx, id session.ID) error {
	runs, err := tx.Scan(schema.RunBySession, id[:], prefixEnd(id[:]), maxRunsOfSession)
	if err != nil {
		return err
	}
	for _, e := range runs {
		if err := tx.Delete(schema.RunBySession, e.Key); err != nil {
			return err
		}
		if err := tx.Delete(schema.Run, e.Key[len(id):]); err != nil {
			return err
		}
	}
	return nil
}
