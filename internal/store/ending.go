package store

import (
	"time"

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

// Ending is what the end of a session takes beside the session. See Sessions.Ending.
type Ending struct {
	Reason Reason
	At     time.Time
	// Keep names the applications whose refresh tokens outlive their session.
	Keep func(environmentID, clientID string) bool
	// Owed names the applications that are to be told of the end. Nil: nobody is.
	Owed func(*session.Session) []Addressee
}

// EndSession is the one way a session ends. In the caller's transaction it removes the session, its index and deadline entries, its flow runs
// and its refresh tokens, but for applications that keep theirs, and queues every notice that the end owes. Unredeemed codes name their session
// and die with it. It returns the session that ended, nil when there was none.
func EndSession(tx kv.Tx, id session.ID, e Ending) (*session.Session, error) {
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
	if err := grant.EndFamilies(tx, id[:], func(clientID string) bool { return e.Keep(s.EnvironmentID, clientID) }); err != nil {
		return nil, err
	}
	for _, n := range e.Notices(s) {
		if err := n.put(tx, e.At); err != nil {
			return nil, err
		}
	}
	return s, noteEnded(tx, s, e)
}

// Notices are what this ending owes for a session. Each waits at its Key of the ending's time.
func (e Ending) Notices(s *session.Session) []*Notice {
	if e.Owed == nil {
		return nil
	}
	var owed []*Notice
	for _, to := range e.Owed(s) {
		owed = append(owed, &Notice{
			ID: noticeID(s.ID, to.ClientID), EnvironmentID: s.EnvironmentID, ClientID: to.ClientID, Issuer: to.Issuer, UserID: s.UserID,
			SID: grant.PublicSessionID(s.ID[:]), Reason: e.Reason, EndedAt: e.At, Since: e.At,
		})
	}
	return owed
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
