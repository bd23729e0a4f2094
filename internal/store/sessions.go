package store

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sort"
	"sync"
	"time"

	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Sessions reads, touches and ends sessions.
type Sessions struct {
	KV kv.Store
	// Keep names the applications whose refresh tokens outlive their session.
	Keep func(environmentID, clientID string) bool
	// Owed names the applications that are told of the end of a session. Nil: nobody is.
	Owed func(*session.Session) []Addressee
	// Touched hears of activity before it is on disk. It must not wait. Nil: nobody does.
	Touched func(session.ID)

	mu      sync.Mutex
	touched map[session.ID]time.Time // activity that is not on disk yet
}

// touchesPerUpdate keeps a sign-on from waiting behind a large batch of touches.
const touchesPerUpdate = 500

// Load reads a session with all activity noted so far. Nil: there is none, or it has timed out.
func (s *Sessions) Load(ctx context.Context, id session.ID, now time.Time) (*session.Session, error) {
	var found *session.Session
	noted := s.noted(id)
	err := s.KV.View(ctx, func(r kv.Reader) (err error) {
		found, err = live(r, id, noted, now)
		return err
	})
	return found, err
}

// LivenessOf gives a question for a transaction: does this session live? The activity noted so far is taken now, since closures take no locks.
func (s *Sessions) LivenessOf(id session.ID) func(r kv.Reader, now time.Time) (*session.Session, error) {
	noted := s.noted(id)
	return func(r kv.Reader, now time.Time) (*session.Session, error) { return live(r, id, noted, now) }
}

// noted is the latest activity that is not on disk yet. Zero: none.
func (s *Sessions) noted(id session.ID) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.touched[id]
}

func live(r kv.Reader, id session.ID, noted, now time.Time) (*session.Session, error) {
	found, err := Session(r, id)
	if err != nil || found == nil {
		return nil, err
	}
	found.Touch(noted)
	if !found.Live(now) {
		return nil, nil
	}
	return found, nil
}

// Change reads a live session, lets change alter it and writes it. Nil: there is none to change.
func (s *Sessions) Change(ctx context.Context, id session.ID, now time.Time, change func(*session.Session)) (*session.Session, error) {
	var changed *session.Session
	noted := s.noted(id)
	err := s.KV.Update(ctx, func(tx kv.Tx) (err error) {
		if changed, err = live(tx, id, noted, now); err != nil || changed == nil {
			return err
		}
		change(changed)
		return ReplaceSession(tx, changed)
	})
	return changed, err
}

// Touch notes human activity. It reaches the disk with the next Flush; Load sees it at once.
func (s *Sessions) Touch(id session.ID, now time.Time) {
	if s.note(id, now) && s.Touched != nil {
		s.Touched(id)
	}
}

// note reports whether the activity is later than what was noted before.
func (s *Sessions) note(id session.ID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !now.After(s.touched[id]) {
		return false
	}
	if s.touched == nil {
		s.touched = map[session.ID]time.Time{}
	}
	s.touched[id] = now
	return true
}

// Flush writes the activity noted so far, in one commit per 500 sessions. A session that ended meanwhile stays ended.
func (s *Sessions) Flush(ctx context.Context) error {
	s.mu.Lock()
	batch := make([]session.ID, 0, len(s.touched))
	for id := range s.touched {
		batch = append(batch, id)
	}
	s.mu.Unlock()
	sort.Slice(batch, func(i, j int) bool { return bytes.Compare(batch[i][:], batch[j][:]) < 0 })
	for len(batch) > 0 {
		n := min(len(batch), touchesPerUpdate)
		if err := s.flush(ctx, batch[:n]); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

func (s *Sessions) flush(ctx context.Context, ids []session.ID) error {
	times := make([]time.Time, len(ids))
	s.mu.Lock()
	for i, id := range ids {
		times[i] = s.touched[id]
	}
	s.mu.Unlock()
	err := s.KV.Update(ctx, func(tx kv.Tx) error { return writeTouches(tx, ids, times) })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, id := range ids {
		if s.touched[id].Equal(times[i]) {
			delete(s.touched, id)
		}
	}
	return nil
}

func writeTouches(tx kv.Tx, ids []session.ID, times []time.Time) error {
	extended := make([]session.ID, 0, len(ids))
	var last time.Time
	for i, id := range ids {
		found, err := Session(tx, id)
		if err != nil {
			return err
		}
		if found == nil || !times[i].After(found.LastActivity) {
			continue
		}
		found.Touch(times[i])
		if err := ReplaceSession(tx, found); err != nil {
			return err
		}
		extended = append(extended, id)
		if times[i].After(last) {
			last = times[i]
		}
	}
	return NoteExtended(tx, last, extended...)
}

// Ending is what EndSession takes to end a session of these.
func (s *Sessions) Ending(reason Reason, at time.Time) Ending {
	return Ending{Reason: reason, At: at, Keep: s.Keep, Owed: s.Owed}
}

// End ends a session, see EndSession. Nil: there was none. An unknown outcome of the commit is tried once more: ending twice is ending.
func (s *Sessions) End(ctx context.Context, id session.ID, e Ending) (*session.Session, error) {
	var ended *session.Session
	end := func(tx kv.Tx) (err error) {
		ended, err = EndSession(tx, id, e)
		return err
	}
	err := s.KV.Update(ctx, end)
	if errors.Is(err, kv.ErrUnknownOutcome) {
		err = s.KV.Update(ctx, end)
	}
	return ended, err
}

// OfUser finds a session among the first 1,000 of a user, whether or not it has timed out. False: it is not there.
func (s *Sessions) OfUser(ctx context.Context, environmentID, userID string, is func(session.ID) bool) (found session.ID, ok bool, err error) {
	err = s.KV.View(ctx, func(r kv.Reader) error {
		ids, err := SessionsOfUser(r, environmentID, userID, kv.MaxKeys)
		if i := slices.IndexFunc(ids, is); err == nil && i >= 0 {
			found, ok = ids[i], true
		}
		return err
	})
	return found, ok, err
}

// LiveOfUser gives the live ones among the first 1,000 sessions of a user, with all activity noted so far.
func (s *Sessions) LiveOfUser(ctx context.Context, environmentID, userID string, now time.Time) (sessions []*session.Session, err error) {
	var ids []session.ID
	err = s.KV.View(ctx, func(r kv.Reader) (err error) {
		ids, err = SessionsOfUser(r, environmentID, userID, kv.MaxKeys)
		return err
	})
	for _, id := range ids {
		if err != nil {
			break
		}
		var found *session.Session
		if found, err = s.Load(ctx, id, now); found != nil {
			sessions = append(sessions, found)
		}
	}
	return sessions, err
}

// EndAllOfUser deletes every session of a user, one transaction each. It returns how many ended.
// The caller first changed the user's record, which a sign-on under way reads: none slips in behind.
func (s *Sessions) EndAllOfUser(ctx context.Context, environmentID, userID string, now time.Time) (int, error) {
	return s.endAll(ctx, environmentID, userID, s.Ending(Deleted, now), nil)
}

// endAll ends the sessions of a user but for one. Nil: all.
func (s *Sessions) endAll(ctx context.Context, environmentID, userID string, ending Ending, but *session.ID) (int, error) {
	total := 0
	for {
		var ids []session.ID
		err := s.KV.View(ctx, func(r kv.Reader) (err error) {
			ids, err = SessionsOfUser(r, environmentID, userID, 200)
			return err
		})
		if but != nil {
			ids = slices.DeleteFunc(ids, func(id session.ID) bool { return id == *but })
		}
		if err != nil || len(ids) == 0 {
			return total, err
		}
		for _, id := range ids {
			ended, err := s.End(ctx, id, ending)
			if err != nil {
				return total, err
			}
			if ended != nil {
				total++
			}
		}
	}
}

// Sweep ends sessions whose deadline has passed, at most limit, and moves the entries of those that were extended.
// It returns how many entries it handled: fewer than limit means that nothing more is due.
func (s *Sessions) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	var due []kv.Entry
	err := s.KV.View(ctx, func(r kv.Reader) error {
		entries, err := r.Scan(schema.SessionDue, nil, millis(now), limit)
		due = copyEntries(entries)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, entry := range due {
		if err := s.settle(ctx, entry.Key, now); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// settle ends the session of a deadline entry, or moves the entry.
func (s *Sessions) settle(ctx context.Context, key []byte, now time.Time) error {
	id := session.ID(key[6:])
	noted := s.noted(id)
	return s.KV.Update(ctx, func(tx kv.Tx) error {
		found, err := Session(tx, id)
		if err != nil {
			return err
		}
		if found == nil {
			return tx.Delete(schema.SessionDue, key)
		}
		found.Touch(noted)
		if !found.Live(now) {
			_, err := EndSession(tx, id, s.Ending(TimedOut, now))
			return err
		}
		if err := moveDue(tx, found, found.Deadline()); err != nil {
			return err
		}
		return putSession(tx, found)
	})
}

func copyEntries(entries []kv.Entry) []kv.Entry {
	copied := make([]kv.Entry, len(entries))
	for i, e := range entries {
		copied[i] = kv.Entry{Key: bytes.Clone(e.Key), Value: bytes.Clone(e.Value)}
	}
	return copied
}
