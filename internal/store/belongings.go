package store

import (
	"context"
	"time"

	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// belongingsAtOnce bounds what one transaction removes.
const belongingsAtOnce = 500

// ForgetUser removes the consents, agreements and habits of a user, a part of them at once. More: there are others.
func ForgetUser(tx kv.Tx, environmentID, userID string) (more bool, err error) {
	prefix := userKey(environmentID, userID, nil)
	left := belongingsAtOnce
	for _, b := range []kv.Bucket{schema.Consent, schema.Agreement} {
		entries, err := tx.Scan(b, prefix, prefixEnd(prefix), left)
		if err != nil {
			return false, err
		}
		for _, e := range entries {
			if err := tx.Delete(b, e.Key); err != nil {
				return false, err
			}
		}
		if left -= len(entries); left == 0 {
			return true, nil
		}
	}
	return false, tx.Delete(schema.Habit, habitKey(environmentID, userID))
}

// EndForLeaver ends every session of a user who is being deleted, with the refresh tokens of all applications. It returns how many ended.
func (s *Sessions) EndForLeaver(ctx context.Context, environmentID, userID string, now time.Time) (int, error) {
	ending := s.Ending(Deleted, now)
	ending.Keep = func(string, string) bool { return false }
	return s.endAll(ctx, environmentID, userID, ending, nil)
}

// EndOthersOfUser ends every session of a user but for one. It returns how many ended. The user's record was changed first, as EndAllOfUser asks.
func (s *Sessions) EndOthersOfUser(ctx context.Context, environmentID, userID string, but session.ID, now time.Time) (int, error) {
	return s.endAll(ctx, environmentID, userID, s.Ending(Deleted, now), &but)
}
